"""The whole path on a built-in example: a simulated genome, three models, tracks and a picture.

Everything here is a call that users can make. Only the settings are specific to the demo, chosen
so that one core learns the grammar in about two minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from regtrack.atomic import hold
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.dataset.summary import BuildSummary
from regtrack.destination import check_free
from regtrack.errors import TrainingError, check_seed
from regtrack.evaluation.report import evaluate
from regtrack.evaluation.scores import Report
from regtrack.figures.style import save_figure
from regtrack.figures.window import Row, window_figure
from regtrack.genome.interval import Interval
from regtrack.model_style import style_of
from regtrack.progress import SILENT, Progress
from regtrack.simulation.genome import Simulation, simulate
from regtrack.sweep.run import predict_genome
from regtrack.sweep.summary import SweepSummary
from regtrack.tracks.bigwig.read import values
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.fit import TrainingResult, train

# short windows give many steps per epoch; a 3-kb domain still fits well inside one
_SPEC = DatasetSpec(
    window=10_000,
    split=SplitSpec(kind="chrom", valid_chroms=("chr3",), test_chroms=("chr4",)),
)
_SHOWN = 20_000  # bp in the picture


@dataclass(frozen=True)
class _Training:
    """A model's number of epochs, and its settings that differ from the paper's."""

    epochs: int
    settings: dict[str, Any]


# Narrower than the paper's, and without dropout, which a minute of training does not need. DILATED
# pools because its dilations are multiples of 3: an output would see one 10-bp block in three.
_MODELS = {
    "dilated": _Training(
        20, {"channels": (128, 64, 32), "hidden": 32, "dropout": 0.0, "pooling": "max"}
    ),
    "cnn7": _Training(10, {"channels": (128, 64, 32), "hidden": 32, "dropout": 0.0}),
    "bi-lstm": _Training(
        10, {"channels": (128, 32), "hidden": 32, "dropout": 0.0, "lstm_hidden": 32}
    ),
}


def _config(epochs: int, seed: int) -> TrainingConfig:
    return TrainingConfig(
        epochs=epochs,
        patience=0,
        batch_size=1,
        learning_rate=0.008,
        warmup=0.2,
        positive_weight=3.0,
        shift=2_000,
        seed=seed,
    )


@dataclass(frozen=True)
class Demo:
    """The results of the demo.

    Attributes:
        folder: of all files.
        simulation: the genome and its peaks, in `genome/`.
        summary: of the dataset in `data/`.
        trained: the runs by model, in `models/`.
        report: the scores on the test split, in `scores/`.
        sweeps: the tracks by model, in `tracks/`.
        shown: the region in the picture.
        picture: the PNG.
    """

    folder: Path
    simulation: Simulation
    summary: BuildSummary
    trained: dict[str, TrainingResult]
    report: Report
    sweeps: dict[str, SweepSummary]
    shown: Interval
    picture: Path


def run_demo(
    out: str | Path, *, seed: int = 0, overwrite: bool = False, progress: Progress = SILENT
) -> Demo:
    """Simulate, build, train, evaluate, predict and draw, in one folder.

    Args:
        out: folder to write.
        seed: of genome and weights.
        overwrite: replace an earlier demo in `out`.
        progress: shows every step.

    Raises:
        TrainingError: a negative seed.
        OutputError: `out` exists, another process writes there, or it cannot be written.
    """
    check_seed(seed, TrainingError)
    out = Path(out)
    check_free(out, overwrite=overwrite)
    with hold(out):
        return _run(out, seed, progress, overwrite=overwrite)


def _run(out: Path, seed: int, progress: Progress, *, overwrite: bool) -> Demo:
    simulation = simulate(out / "genome", seed=seed, overwrite=overwrite, progress=progress)
    summary = build_dataset(
        simulation.reference,
        simulation.markers,
        out / "data",
        spec=_SPEC,
        progress=progress,
        overwrite=overwrite,
    )
    dataset = Dataset.open(out / "data")
    trained = {
        model: train(
            dataset,
            out / "models" / model,
            model=model,
            settings=training.settings,
            config=_config(training.epochs, seed),
            hardware=Hardware(devices=1),
            progress=progress,
            overwrite=overwrite,
        )
        for model, training in _MODELS.items()
    }
    report = evaluate(dataset, [run.checkpoint for run in trained.values()], progress=progress)
    report.write(out / "scores", overwrite=overwrite)
    sweeps = {
        model: predict_genome(
            run.checkpoint,
            simulation.reference,
            out / "tracks" / model,
            progress=progress,
            overwrite=overwrite,
        )
        for model, run in trained.items()
    }
    shown = _telling_interval(dataset)
    picture = out / "window.png"
    figure = window_figure(shown, _rows(dataset, sweeps, shown))
    save_figure(figure, picture, overwrite=overwrite)
    return Demo(out, simulation, summary, trained, report, sweeps, shown, picture)


def _telling_interval(dataset: Dataset) -> Interval:
    """The stretch of the test split with the most labelled stretches, of all markers."""
    best, found = (0, 0), None
    for window in dataset.window_ids("test"):
        _, high = dataset.extent(window)
        chrom, start = dataset.interval(window).chrom, dataset.interval(window).start
        if start + _SHOWN > high:
            continue
        rows = dataset.labels(chrom, start, start + _SHOWN)
        score = len(np.unique(rows.marker)), len(rows)
        if score > best:
            best, found = score, Interval(chrom, start, start + _SHOWN)
    assert found is not None, "expected a test chromosome longer than the picture"
    return found


def _rows(dataset: Dataset, sweeps: dict[str, SweepSummary], shown: Interval) -> list[Row]:
    labels = dataset.dense(shown.chrom, shown.start, shown.end)
    return [
        Row(
            name=marker.target,
            note=marker.category,
            labels=labels[index],
            tracks={
                style_of(model, _MODELS[model].settings): values(
                    sweep.out / sweep.tracks[index].file, shown
                )
                for model, sweep in sweeps.items()
            },
        )
        for index, marker in enumerate(dataset.markers)
    ]
