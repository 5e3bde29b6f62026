"""Models measured on several splits, with resampled scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from regtrack.dataset.loader import make_loader
from regtrack.dataset.store import Dataset
from regtrack.errors import NetworkError
from regtrack.evaluation.blocks import BlockCurves
from regtrack.evaluation.candidate import Candidate, Given, Pairing, open_candidates
from regtrack.evaluation.passes import curves_of
from regtrack.evaluation.reads import Reader
from regtrack.evaluation.scores import MarkerScores, score_markers
from regtrack.labels.marker import select_markers
from regtrack.measures.curve import Curve, Values
from regtrack.predict.device import pick_device
from regtrack.predict.precision import check_precision
from regtrack.progress import SILENT, Progress
from regtrack.tables.resample import draw, sample_scores

SPLITS = ("valid", "test")
RULES = ("average_precision", "pr_auc_trapezoid")
RECALLS = np.arange(1, 101) / 100


@dataclass(frozen=True, eq=False)
class SplitScores:
    """A model on one split.

    Attributes:
        markers: its scores per marker.
        samples: resampled scores by rule, float64 (1 + resamples, M).
        precisions: precision at `RECALLS`, float64 (M, 100); NaN without labelled bases.
    """

    markers: tuple[MarkerScores, ...]
    samples: dict[str, Values]
    precisions: Values


@dataclass(frozen=True, eq=False)
class Measured:
    """A model on all splits.

    Attributes:
        candidate: the model.
        parameters: the number of its weights.
        splits: by name.
    """

    candidate: Candidate
    parameters: int
    splits: dict[str, SplitScores] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class How:
    """How models are read: see `evaluate`, which has the same arguments."""

    reverse_complement: bool = False
    batch_size: int = 4
    precision: str = "fp32"
    device: str = "auto"
    workers: int = 0
    any_assembly: bool = False


def measure_models(
    dataset: Dataset | str | Path,
    checkpoints: Sequence[Given | Sequence[Given]],
    *,
    markers: Sequence[str] = (),
    how: How | None = None,
    progress: Progress = SILENT,
) -> list[Measured]:
    """Score models on the valid and the test split, window by window.

    Raises:
        RegtrackError: see `evaluate`.
    """
    dataset = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    how = how or How()
    check_precision(how.precision)
    selected = select_markers(dataset.markers, markers)
    candidates = open_candidates(checkpoints)
    for candidate in candidates:
        if candidate.foreign is not None:
            raise NetworkError(
                f"{candidate.title} is not a checkpoint of regtrack, of which tables are made; "
                "evaluate it without a table"
            )
    pairings = [candidate.pair(dataset, selected) for candidate in candidates]
    for split in SPLITS:
        dataset.window_ids(split)  # an empty one is refused
        for candidate in candidates:
            candidate.check(dataset, split, any_assembly=how.any_assembly)
    found = []
    for candidate, pairing in zip(candidates, pairings, strict=True):
        weights = sum(member.model.parameter_count for member in candidate.checkpoints)
        one = Measured(candidate, weights)
        for split in SPLITS:
            one.splits[split] = _measure(dataset, split, candidate, pairing, how, progress)
        found.append(one)
    return found


def _measure(  # noqa: PLR0917 - all of one thing
    dataset: Dataset,
    split: str,
    candidate: Candidate,
    pairing: Pairing,
    how: How,
    progress: Progress,
) -> SplitScores:
    place = pick_device(how.device)
    windows = len(dataset.window_ids(split))
    loader: Any = make_loader(
        dataset, split, batch_size=how.batch_size, seed=0, epoch=0, shuffle=False,
        workers=how.workers, pin_memory=place.type == "cuda",
    )  # fmt: skip
    rows = torch.tensor(pairing.rows, device=place)
    reader = Reader(candidate.network.model, rows, place, how.precision, how.reverse_complement)
    curves = BlockCurves(candidate.centres(pairing, place).to(place), windows)
    with progress.task(
        f"Evaluating {candidate.title}, {split}", windows * dataset.window, "bp"
    ) as task:
        curves_of(
            reader.alone(loader), reader, candidate, pairing, exact=False, task=task, into=curves
        )
        task.advance(0, "resampling windows")
        samples = sample_scores(curves.blocks, draw(len(curves.blocks)))
    named = [dataset.markers[index] for index in pairing.dataset]
    precisions = [Curve.of_counts(one).precision_at(RECALLS) for one in curves.histogram()]
    return SplitScores(
        score_markers(candidate.id, named, curves),
        dict(zip(RULES, samples, strict=True)),
        np.stack(precisions),
    )
