"""The demo is the sum of its parts: here on a short genome, with networks of a few channels."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from regtrack import demo
from regtrack.dataset.store import Dataset
from regtrack.demo import Demo, run_demo
from regtrack.errors import OutputError, TrainingError
from regtrack.genome.interval import Interval
from regtrack.models.registry import MODELS, default_settings
from regtrack.simulation.genome import simulate
from regtrack.tracks.bigwig.read import values


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    small = {
        model: demo._Training(1, {**training.settings, "hidden": 4, **narrow(model)})
        for model, training in demo._MODELS.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "_MODELS", small)
        patch.setattr(demo, "simulate", partial(simulate, length=300_000))
        return run_demo(tmp_path_factory.mktemp("demo") / "demo")


def narrow(model: str) -> dict[str, object]:
    if model == "bi-lstm":
        return {"channels": (4, 4), "lstm_hidden": 4}
    return {"channels": (4, 4, 4)}


def test_the_settings_are_those_of_the_models() -> None:
    for model, training in demo._MODELS.items():
        assert model in MODELS
        assert set(training.settings) <= set(default_settings(model))


def test_every_step_leaves_its_files(made: Demo) -> None:
    assert made.simulation.reference.is_file()
    assert Dataset.open(made.folder / "data").window_ids("test").size > 0
    assert set(made.trained) == set(made.sweeps) == {"cnn7", "dilated", "bi-lstm"}
    for run in made.trained.values():
        assert run.checkpoint.is_file()
    report = json.loads((made.folder / "scores" / "report.json").read_text())
    assert report["split"] == "test"
    assert len(report["markers"]) == 3 * 4
    assert made.picture.read_bytes().startswith(b"\x89PNG")
    assert not list(made.folder.rglob("*.partial"))


def test_the_test_chromosome_is_held_out(made: Demo) -> None:
    dataset = Dataset.open(made.folder / "data")
    for split, chroms in {"train": {"chr1", "chr2"}, "valid": {"chr3"}, "test": {"chr4"}}.items():
        assert {dataset.interval(window).chrom for window in dataset.window_ids(split)} == chroms
    assert made.shown.chrom == "chr4"


def test_tracks_cover_the_genome_and_lack_its_gaps(made: Demo) -> None:
    length = made.simulation.assembly.length("chr1")
    for sweep in made.sweeps.values():
        assert len(sweep.tracks) == 4
        track = values(sweep.out / sweep.tracks[0].file, Interval("chr1", 0, length))
        assert np.isnan(track[0])
        assert 0.9 < np.isfinite(track).mean() < 1
        assert np.nanmin(track) >= 0
        assert np.nanmax(track) <= 1


def test_the_picture_shows_every_marker_and_a_domain(made: Demo) -> None:
    dataset = Dataset.open(made.folder / "data")
    rows = dataset.labels(made.shown.chrom, made.shown.start, made.shown.end)
    assert set(rows.marker.tolist()) == {0, 1, 2, 3}
    pixels = int.from_bytes(made.picture.read_bytes()[16:20], "big")  # PNG: IHDR, width
    assert 1_500 <= pixels <= 1_700
    assert made.picture.stat().st_size < 200_000


def test_an_existing_folder_is_refused(made: Demo) -> None:
    with pytest.raises(OutputError, match="`overwrite=True`"):
        run_demo(made.folder)


def test_a_negative_seed_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="`seed` is -1; expected 0 or more"):
        run_demo(tmp_path / "demo", seed=-1)
    assert not list(tmp_path.iterdir())
