"""Calibrate a trained network: fold a temperature and bias per marker into its last layer."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from regtrack.checkpoint import Checkpoint, load_checkpoint, model_digest
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import CheckpointError
from regtrack.evaluation.candidate import Candidate, Pairing, open_candidates
from regtrack.evaluation.metrics import BINS, StreamingCurves
from regtrack.evaluation.passes import curves_of
from regtrack.evaluation.reads import Reader
from regtrack.files.shown import listed
from regtrack.measures.calibration import Calibration, MarkerCalibration
from regtrack.measures.curve import MIN_POSITIVES, Counts, Values
from regtrack.measures.reliability import Reliability
from regtrack.measures.temperature import Temperature, fit_temperature, log_loss, sigmoid
from regtrack.measures.thresholds import ThresholdTable
from regtrack.models.network import TrackModel
from regtrack.predict.device import pick_device
from regtrack.predict.precision import check_precision
from regtrack.progress import SILENT, Progress

_log = logging.getLogger(__name__)
_FITTED = (
    "temperature", "bias", "error_before", "error_after", "loss_before", "loss_after",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A calibrated checkpoint, and how reliable its scores were and are.

    Attributes:
        checkpoint: the new checkpoint.
        before: of the scores before, (M, bins), M markers in the order of the checkpoint; without
            bases for markers that the dataset lacks.
        after: of the calibrated scores, (M, bins).
    """

    checkpoint: Checkpoint
    before: Reliability
    after: Reliability

    @property
    def by_category(self) -> dict[str, list[int]]:
        """The markers of each category that were calibrated, by number."""
        found: dict[str, list[int]] = {}
        for row, marker in enumerate(self.checkpoint.markers):
            if len(self.record.markers[row].thresholds):
                found.setdefault(marker.category, []).append(row)
        return found

    @property
    def record(self) -> Calibration:
        """What the checkpoint keeps."""
        assert self.checkpoint.calibration is not None
        return self.checkpoint.calibration

    def to_dict(self) -> dict[str, Any]:
        """What was fitted, per marker and its mean per category, as JSON-serialisable values."""
        rows = [{name: getattr(one, name) for name in _FITTED} for one in self.record.markers]
        return {
            "dataset": self.record.dataset,
            "split": self.record.split,
            "categories": [
                {"category": category, "markers": len(numbers)}
                | {name: float(np.mean([rows[at][name] for at in numbers])) for name in _FITTED}
                for category, numbers in self.by_category.items()
            ],
            "markers": [
                {"marker": marker.name, "category": marker.category, **row}
                for marker, row in zip(self.checkpoint.markers, rows, strict=True)
            ],
        }


def calibrate(
    checkpoint: Checkpoint | str | Path,
    dataset: Dataset | str | Path,
    *,
    split: str = "valid",
    precision: str = "fp32",
    device: str = "auto",
    any_assembly: bool = False,
    progress: Progress = SILENT,
) -> Calibrated:
    """Fit a temperature and bias per marker, and fold them into the last layer.

    The network that is returned gives `logit / temperature + bias` for what gave `logit`, so that
    its scores are probabilities wherever they are computed. Windows are read with the bases beside
    them, as tracks are made. Logits are counted in bins, in memory that does not grow with the
    split: 164 kB per marker. The precision and recall of the new scores
    are kept in the checkpoint, for `call_peaks`.

    Args:
        checkpoint: a trained network, its file or its run's folder; it is left unchanged.
        dataset: a dataset or its folder.
        split: whose windows are counted; those of the training would make scores too sure.
        precision: `fp32` or `bf16`.
        device: `auto`, `cpu`, `cuda`, ...
        any_assembly: accept an assembly other than that of the training.
        progress: shows the bases counted.

    Raises:
        CheckpointError: it cannot be read, is calibrated already, or gives NaN.
        DatasetError: no dataset, or a split without windows.
        AssemblyError, MarkerError: the dataset is of another assembly, or has none of its markers.
        DeviceError, OutOfMemoryError: as `evaluate`.
    """
    dataset = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    opened = checkpoint if isinstance(checkpoint, Checkpoint) else load_checkpoint(checkpoint)
    _check(opened)
    check_precision(precision)
    place = pick_device(device)
    (candidate,) = open_candidates([opened])
    pairing = candidate.pair(dataset, list(range(len(dataset.markers))))
    candidate.check(dataset, split, any_assembly=any_assembly)
    rows = torch.tensor(pairing.rows, device=place)
    reader = Reader(candidate.network.model, rows, place, precision)
    total = len(dataset.window_ids(split)) * dataset.window
    with progress.task(f"Counting the {split} split", total, "bp") as task:
        read = reader.with_flanks(dataset, split)
        curves = curves_of(read, reader, candidate, pairing, exact=False, task=task)
    assert isinstance(curves, StreamingCurves)
    fitted = _fit(curves, candidate, pairing, progress)
    model = fold(opened.model, [temperature for temperature, *_ in fitted])
    record = Calibration(
        dataset=dataset_digest(dataset),
        split=split,
        weights=model_digest(opened.model),
        markers=tuple(record for _, record, *_ in fitted),
    )
    return Calibrated(
        checkpoint=replace(opened, model=model, calibration=record, path=None),
        before=Reliability.stack([before for _, _, before, _ in fitted]),
        after=Reliability.stack([after for *_, after in fitted]),
    )


def fold(model: TrackModel, temperatures: Sequence[Temperature]) -> TrackModel:
    """A copy of a network whose last layer gives calibrated logits.

    Args:
        model: left unchanged.
        temperatures: one per marker.
    """
    slopes, biases = (
        torch.tensor(column, dtype=torch.float64)
        for column in (
            [1 / one.temperature for one in temperatures],
            [one.bias for one in temperatures],
        )
    )
    folded = copy.deepcopy(model)
    output = folded.head.output
    with torch.no_grad():
        output.weight.copy_(output.weight.double().cpu() * slopes[:, None])
        output.bias.copy_(output.bias.double().cpu() * slopes + biases)
    return folded


_Fitted = tuple[Temperature, MarkerCalibration, Reliability, Reliability]


def _fit(
    curves: StreamingCurves, candidate: Candidate, pairing: Pairing, progress: Progress
) -> list[_Fitted]:
    """What is found for each marker of the checkpoint, in its order."""
    names = candidate.network.marker_names
    fitted: dict[int, _Fitted] = {}
    with progress.task("Fitting", len(pairing.rows), "markers") as task:
        places = curves.logits(BINS.middles), curves.logits(BINS.lowest)
        rows = zip(pairing.rows, *places, curves.histogram(), strict=True)
        for row, logits, lowest, counts in rows:
            fitted[row] = _fit_marker(logits, lowest, counts)
            task.advance()
    kept = [
        name for row, name in enumerate(names) if row not in fitted or not fitted[row][1].thresholds
    ]
    if kept:
        _log.warning(
            "%d of %d markers keep their scores and get no thresholds, with fewer than %d labelled "
            "bases in the split: %s", len(kept), len(names), MIN_POSITIVES, listed(kept, 5),
        )  # fmt: skip
    nothing = _fit_marker(np.zeros(1), np.zeros(1), np.zeros((2, 1), dtype=np.int64))
    return [fitted.get(row, nothing) for row in range(len(names))]


def _fit_marker(logits: Values, lowest: Values, counts: Counts) -> _Fitted:
    """The calibration of one marker.

    Args:
        logits: the middle of each bin, float64 (bins,).
        lowest: the lowest logit of each bin, float64 (bins,).
        counts: bases by label and bin, int64 (2, bins).
    """
    temperature = fit_temperature(logits, counts)
    before = Reliability.of_counts(sigmoid(logits), counts)
    after = Reliability.of_counts(temperature.scores(logits), counts)
    calibrated = logits / temperature.temperature + temperature.bias
    record = MarkerCalibration(
        temperature=temperature.temperature,
        bias=temperature.bias,
        error_before=_known(before.error()),
        error_after=_known(after.error()),
        loss_before=_known(log_loss(logits, counts)),
        loss_after=_known(log_loss(calibrated, counts)),
        thresholds=ThresholdTable.of_counts(temperature.scores(lowest), counts),
    )
    return temperature, record, before, after


def _known(value: Values | float) -> float | None:
    return None if math.isnan(value) else float(value)


def _check(checkpoint: Checkpoint) -> None:
    if checkpoint.calibration is not None:
        name = checkpoint.path or f"the {checkpoint.title} network"
        raise CheckpointError(
            f"{name} is calibrated already; calibrate the checkpoint that it was made from"
        )
