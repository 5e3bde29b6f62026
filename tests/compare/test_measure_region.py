"""The measures of a region, checked against scikit-learn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from small_tracks import write_sweep
from small_world import World

from regtrack.compare.measure_region import measure_region
from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources
from regtrack.errors import DatasetError, MarkerError, RegionError, TrackError
from regtrack.genome.interval import Interval

REGION = Interval("chr1", 100_000, 125_000)


def test_every_model_is_measured_on_every_marker(sources: Sources, world: World) -> None:
    rows = measure_region(sources, REGION)
    assert [(row.marker, row.model) for row in rows] == [
        (marker, model) for marker in world.labels for model in ("cnn7", "dilated")
    ]
    for row in rows:
        labels = world.labels[row.marker]["chr1"][100_000:125_000]
        scores = world.scores[row.model][row.marker]["chr1"][100_000:125_000]
        found = row.measures
        assert found is not None
        assert found.average_precision == pytest.approx(
            average_precision_score(labels, scores), abs=1e-12
        )
        assert found.roc_auc == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
        assert found.base_rate == pytest.approx(labels.mean())
        assert found.correlation == pytest.approx(np.corrcoef(labels, scores)[0, 1])


def test_only_requested_markers_and_models_are_measured(sources: Sources) -> None:
    rows = measure_region(sources, REGION, ["K562_DNase"], ["dilated"])
    assert [(row.marker, row.model) for row in rows] == [("K562_DNase", "dilated")]
    every = measure_region(sources, REGION)
    assert rows[0] == every[-1]


def test_logits_are_correlated_as_scores(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(1_000) % 7 == 0
    logits = (random.normal(-3, 1, 1_000) + 4 * labels).astype(np.float32)
    write_sweep(tmp_path / "s", "cnn7", {"a": {"c": logits}}, "logits")
    bed = "".join(f"c\t{at}\t{at + 1}\n" for at in np.flatnonzero(labels))
    (tmp_path / "a.bed").write_text(bed)
    with open_sources([tmp_path / "s"], labels=tmp_path / "a.bed") as sources:
        (row,) = measure_region(sources, Interval("c", 0, 1_000))
    assert row.measures is not None
    scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
    assert row.measures.correlation == pytest.approx(np.corrcoef(scores, labels)[0, 1], abs=1e-6)


def test_a_missing_track_is_a_row_with_the_problem(world: World, tmp_path: Path) -> None:
    write_sweep(tmp_path / "s", "cnn7", {"K562_CTCF": world.scores["cnn7"]["K562_CTCF"]})
    sources = open_sources([tmp_path / "s"], labels=world.folder / "data")
    sources.catalog.track("cnn7.K562_CTCF").path.unlink()
    (row,) = measure_region(sources, REGION)
    assert row.measures is None
    assert "CNN7 K562_CTCF can no longer be read" in row.problem


def test_requests_that_cannot_be_measured_are_refused_with_the_reason(sources: Sources) -> None:
    with pytest.raises(MarkerError, match="none of the chosen markers has labels"):
        measure_region(sources, REGION, [])
    with pytest.raises(TrackError, match="none of the chosen models predicts"):
        measure_region(sources, REGION, models=[])
    with pytest.raises(DatasetError, match="measures need labels"):
        measure_region(replace(sources, labels=None), REGION)


def test_a_region_over_the_limit_is_refused(sources: Sources) -> None:
    pair = ["K562_CTCF"]
    assert len(measure_region(sources, REGION, pair, most_bases=50_000)) == 2
    with pytest.raises(RegionError, match="a region of 20,000 bp or less for 2 tracks"):
        measure_region(sources, REGION, pair, most_bases=40_000)
