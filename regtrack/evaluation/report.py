"""Evaluate trained networks on a split of a dataset, one batch of windows at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from regtrack.checkpoint import Checkpoint, check_assembly, load_checkpoint, style_checkpoints
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.loader import Batch, dense_labels, make_loader
from regtrack.dataset.store import Dataset
from regtrack.errors import MarkerError, nearest
from regtrack.evaluation.exact import ExactCurves
from regtrack.evaluation.metrics import Curves, StreamingCurves, centres
from regtrack.evaluation.scores import MarkerScores, Report, score_categories, score_markers
from regtrack.labels.marker import select_markers
from regtrack.measures.exact import check_exact
from regtrack.predict.device import pick_device
from regtrack.predict.forward import one_pass
from regtrack.predict.lending import borrowed
from regtrack.predict.precision import check_precision
from regtrack.progress import SILENT, Progress, Task

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Pairing:
    """Columns of a dataset and rows of a model that are the same markers, in the same order.

    Attributes:
        dataset: columns of the labels.
        model: rows of the last layer.
        width: total number of columns of the labels.
    """

    dataset: list[int]
    model: list[int]
    width: int


def evaluate(
    dataset: Dataset | str | Path,
    checkpoints: Sequence[Checkpoint | str | Path] | Checkpoint | str | Path,
    *,
    split: str = "test",
    markers: Sequence[str] = (),
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
    shares with the dataset, by name.

    Args:
        dataset: a dataset or its folder.
        checkpoints: the models, or their files; a single one may be given by itself.
        split: `train`, `valid` or `test`.
        markers: names or globs, as in `select_markers`; default: all.
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
        CheckpointError: no checkpoint, or one that cannot be read.
        DatasetError: no dataset, or a split without windows.
        MarkerError: no marker in common, or a glob that matches none.
        DeviceError: an unknown precision or device.
        OutOfMemoryError: too little memory for a batch or for `exact`.
    """
    dataset = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    total = len(dataset.window_ids(split)) * dataset.window
    if isinstance(checkpoints, str | Path | Checkpoint):
        checkpoints = [checkpoints]
    check_precision(precision)
    place = pick_device(device)
    selected = select_markers(dataset.markers, markers)
    models = style_checkpoints([_opened(checkpoint) for checkpoint in checkpoints])
    pairings = {style: _pair(dataset, model, selected) for style, model in models.items()}
    for style, model in models.items():
        check_assembly(
            model, dataset.assembly, str(dataset.path),
            any_assembly=any_assembly, unseen=any_assembly,
        )  # fmt: skip
        _note_provenance(dataset, style.title, model, split)
    loader = make_loader(
        dataset, split,
        batch_size=batch_size, seed=0, epoch=0, shuffle=False,
        workers=workers, pin_memory=place.type == "cuda",
    )  # fmt: skip
    if exact:
        check_exact(total, max(len(pairing.model) for pairing in pairings.values()))
    rows: list[tuple[MarkerScores, ...]] = []
    for style, model in models.items():
        scored = [dataset.markers[index] for index in pairings[style].dataset]
        with progress.task(f"Evaluating {style.title}", total, "bp") as task:
            curves = _curves_of(
                loader, model, pairings[style],
                device=place, precision=precision, exact=exact, task=task,
            )  # fmt: skip
            rows.append(score_markers(style.id, scored, curves))
        del curves  # exact ones hold every logit
    return Report(
        dataset=str(dataset.path),
        split=split,
        exact=exact,
        checkpoints={style.id: str(model.path or "") for style, model in models.items()},
        titles={style.id: style.title for style in models},
        markers=tuple(row for of_model in rows for row in of_model),
        categories=tuple(row for of_model in rows for row in score_categories(of_model)),
    )


def _curves_of(
    loader: Iterable[Batch],
    checkpoint: Checkpoint,
    pairing: _Pairing,
    *,
    device: torch.device,
    precision: str,
    exact: bool,
    task: Task,
) -> Curves:
    """The curves of one model over every window of a split."""
    columns = torch.tensor(pairing.dataset, device=device)
    with borrowed(checkpoint.model, device) as model, torch.inference_mode():
        curves: Curves
        curves = ExactCurves() if exact else StreamingCurves(centres(model)[pairing.model])
        for found in loader:
            with one_pass(model, device, precision=precision, shape=found.codes.shape):
                batch = found.to(device)
                labels = dense_labels(batch, pairing.width)[:, columns]
                curves.update(model.logits(batch.codes, pairing.model), labels, batch.known)
            task.advance(batch.codes.numel())
    return curves


def _opened(checkpoint: Checkpoint | str | Path) -> Checkpoint:
    return checkpoint if isinstance(checkpoint, Checkpoint) else load_checkpoint(checkpoint)


def _pair(dataset: Dataset, checkpoint: Checkpoint, selected: Sequence[int]) -> _Pairing:
    """The selected markers of the dataset that the checkpoint predicts.

    Raises:
        MarkerError: there are none.
    """
    rows = {marker.name: index for index, marker in enumerate(checkpoint.markers)}
    common = [index for index in selected if dataset.markers[index].name in rows]
    if not common:
        name = dataset.markers[selected[0]].name
        raise MarkerError(
            f"{_named(checkpoint)} predicts none of the {len(selected)} requested markers, such as "
            f'"{name}"; it predicts {len(rows)}, such as "{checkpoint.markers[0].name}"'
            f"{nearest(name, rows)}"
        )
    if len(common) < len(selected):
        _log.warning(
            "%s predicts %d of the %d markers; it is evaluated on these",
            _named(checkpoint), len(common), len(selected),
        )  # fmt: skip
    model_rows = [rows[dataset.markers[index].name] for index in common]
    return _Pairing(common, model_rows, len(dataset.markers))


def _note_provenance(dataset: Dataset, title: str, checkpoint: Checkpoint, split: str) -> None:
    """Warn if scores measure, or may measure, how well a model remembers its training data."""
    if checkpoint.header.trained_on != dataset_digest(dataset):
        _log.warning(
            "%s was not trained on this dataset: the %s split may contain windows of its training",
            title, split,
        )  # fmt: skip
    elif split == "train":
        _log.warning(
            "%s was trained on these windows: its scores on the train split do not measure how "
            "well it generalises", title,
        )  # fmt: skip


def _named(checkpoint: Checkpoint) -> str:
    return str(checkpoint.path or f"the {checkpoint.title} model")
