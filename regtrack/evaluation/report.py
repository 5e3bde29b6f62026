"""Evaluate trained networks on a split of a dataset, one batch of windows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch

from regtrack.dataset.loader import make_loader
from regtrack.dataset.store import Dataset
from regtrack.evaluation.candidate import Given, open_candidates
from regtrack.evaluation.passes import curves_of
from regtrack.evaluation.reads import TITLES, Reader, flanks_differ
from regtrack.evaluation.scores import (
    MarkerScores,
    ReliabilityRow,
    Report,
    score_categories,
    score_markers,
    score_reliability,
)
from regtrack.labels.marker import select_markers
from regtrack.measures.exact import check_exact
from regtrack.predict.device import pick_device
from regtrack.predict.opening import check_strands
from regtrack.predict.precision import check_precision
from regtrack.progress import SILENT, Progress


def evaluate(
    dataset: Dataset | str | Path,
    checkpoints: Sequence[Given | Sequence[Given]] | Given,
    *,
    split: str = "test",
    markers: Sequence[str] = (),
    reverse_complement: bool = False,
    flanks: bool = False,
    exact: bool = False,
    batch_size: int = 4,
    precision: str = "fp32",
    device: str = "auto",
    workers: int = 0,
    any_assembly: bool = False,
    progress: Progress = SILENT,
) -> Report:
    """PR AUC and ROC AUC of models on a split, per marker and per category.

    Every known base of the split counts once. Logits are counted in bins, so that memory does not
    grow with the split, unless `exact` is set. Each model is evaluated on the markers that it
    shares with the dataset, by name. Several checkpoints can be evaluated as one model, by the mean
    of their logits, on the markers that all of them predict.

    Args:
        dataset: a dataset or its folder.
        checkpoints: the models, or their files; a single one may be given by itself. A sequence
            in the sequence, or files joined by `+` (`"run1+run2"`), are averaged. Networks of your
            own are scored by themselves, and always as tracks are made (`flanks`).
        split: `train`, `valid` or `test`.
        markers: names or globs, as in `select_markers`; default: all.
        reverse_complement: score the mean of the logits of a window and of its reverse complement.
        flanks: also score the windows as tracks are made, each read together with the bases beside
            it; a report then has two rows where it had one, named by `reads`. Windows with a label
            for their middle alone are read as tracks are anyway, and once.
        exact: keep every logit and score them by scikit-learn, without bins; takes 5 bytes of
            memory per base and marker.
        batch_size: windows per batch.
        precision: `fp32` or `bf16`.
        device: `auto`, `cpu`, `cuda`, ...
        workers: processes that read the dataset; 0: read in this one.
        any_assembly: accept an assembly other than that of the training, such as another species
            or windows cut from another genome.
        progress: shows the bases evaluated of each model.

    Raises:
        AssemblyError: the dataset and a model's training have different assemblies, and
            `any_assembly` is off.
        CheckpointError: no checkpoint, one that cannot be read, or one that is named twice.
        DatasetError: no dataset, or a split without windows.
        MarkerError: no marker in common, or a glob that matches none.
        NetworkError: a network of your own that raises, is not as described, or gives a signal.
        PlanError: both strands of a network whose tracks have no partner on the other.
        DeviceError: an unknown precision or device.
        OutOfMemoryError: too little memory for a batch or for `exact`.
    """
    dataset = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    total = len(dataset.window_ids(split)) * dataset.window
    if not isinstance(checkpoints, list | tuple):
        checkpoints = [cast(Given, checkpoints)]
    check_precision(precision)
    place = pick_device(device)
    selected = select_markers(dataset.markers, markers)
    candidates = open_candidates(checkpoints, place)
    pairings = [candidate.pair(dataset, selected) for candidate in candidates]
    for candidate in candidates:
        candidate.check(dataset, split, any_assembly=any_assembly)
        check_strands(candidate.network.model, logits=False, both_strands=reverse_complement)
    loader = make_loader(
        dataset, split,
        batch_size=batch_size, seed=0, epoch=0, shuffle=False,
        workers=workers, pin_memory=place.type == "cuda",
    )  # fmt: skip
    if exact:
        check_exact(total, max(len(pairing.dataset) for pairing in pairings))
    flanks = flanks and flanks_differ(dataset)
    rows: list[tuple[MarkerScores, ...]] = []
    reliable: list[tuple[ReliabilityRow, ...]] = []
    for candidate, pairing in zip(candidates, pairings, strict=True):
        scored = [dataset.markers[index] for index in pairing.dataset]
        at = torch.tensor(pairing.rows, device=place)
        reader = Reader(candidate.network.model, at, place, precision, reverse_complement)
        for reads in candidate.reads(flanks=flanks):
            doing = f"Evaluating {candidate.title}" + f", windows {TITLES[reads]}" * flanks
            with progress.task(doing, total, "bp") as task:
                found = (
                    reader.alone(loader) if reads == "alone" else reader.with_flanks(dataset, split)
                )
                curves = curves_of(found, reader, candidate, pairing, exact=exact, task=task)
                rows.append(score_markers(candidate.id, scored, curves, reads=reads))
                reliable.append(score_reliability(rows[-1], curves.reliability()))
            del curves  # exact ones hold every logit
    return Report(
        dataset=str(dataset.path),
        split=split,
        exact=exact,
        reverse_complement=reverse_complement,
        checkpoints={candidate.id: candidate.paths for candidate in candidates},
        titles={candidate.id: candidate.title for candidate in candidates},
        markers=tuple(row for of_model in rows for row in of_model),
        categories=tuple(row for of_model in rows for row in score_categories(of_model)),
        reliability=tuple(row for of_model in reliable for row in of_model),
    )
