"""The measures of the window on screen, against scikit-learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from regtrack_app.callbacks.measures import number_text, table_of
from regtrack_app.state import default_view
from regtrack_app.view_data import choices_of
from regtrack_app.window_measures import MOST_BASES, measure_window
from sklearn.metrics import average_precision_score, roc_auc_score
from small_world import World

from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval

REGION = Interval("chr1", 100_000, 125_000)


def test_every_model_is_measured_on_every_marker(sources: Sources, world: World) -> None:
    view = replace(
        default_view(choices_of(sources)), region=REGION, markers=("K562_CTCF", "K562_DNase")
    )
    rows = measure_window(sources, view)
    assert [(row.marker, row.model) for row in rows] == [
        (marker, model) for marker in view.markers for model in ("cnn7", "dilated")
    ]
    for row in rows:
        labels = world.labels[row.marker]["chr1"][100_000:125_000]
        scores = world.scores[row.model][row.marker]["chr1"][100_000:125_000]
        found = row.measures
        assert found is not None
        assert found.average_precision == pytest.approx(average_precision_score(labels, scores))
        assert found.roc_auc == pytest.approx(roc_auc_score(labels, scores))
        assert found.base_rate == pytest.approx(labels.mean())
    text = str(table_of(rows, str(REGION)).to_plotly_json())
    assert number_text(rows[0].measures.average_precision) in text  # type: ignore[union-attr]


def test_what_cannot_be_measured_is_refused_with_the_reason(sources: Sources) -> None:
    view = replace(default_view(choices_of(sources)), region=REGION)
    with pytest.raises(RegtrackError, match="no marker on screen"):
        measure_window(sources, replace(view, markers=()))
    with pytest.raises(RegtrackError, match="none of the chosen models"):
        measure_window(sources, replace(view, models=()))
    with pytest.raises(RegtrackError, match="measures need labels"):
        measure_window(replace(sources, labels=None), view)


def test_a_chromosome_is_too_much(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_BASES < 250_000_000
    monkeypatch.setattr("regtrack_app.window_measures.MOST_BASES", 40_000)
    view = replace(default_view(choices_of(sources)), region=REGION)
    with pytest.raises(RegtrackError, match="zoom in to 20,000 bp"):
        measure_window(sources, view)


def test_numbers_are_short() -> None:
    assert [number_text(value) for value in (None, 0.0, 1.0, -0.25, 0.0004)] == [
        "–", "0.000", "1.000", "-0.250", "0.0004",
    ]  # fmt: skip
    assert not np.isnan(float(number_text(0.5)))
