"""The record of a calibration, which a checkpoint keeps: what was fitted, and thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from regtrack.errors import RecordError
from regtrack.measures.thresholds import ThresholdTable


@dataclass(frozen=True)
class MarkerCalibration:
    """The calibration of one marker.

    Attributes:
        temperature, bias: of `logit / temperature + bias`, which are part of the weights now.
        error_before, error_after: expected calibration error; None without bases.
        loss_before, loss_after: log loss (nats per base); None without bases.
        thresholds: precision and recall of the calibrated scores; empty for a marker with fewer
            than 10 labelled bases.

    Raises:
        RecordError: a temperature that is not above 0.
    """

    temperature: float
    bias: float
    error_before: float | None
    error_after: float | None
    loss_before: float | None
    loss_after: float | None
    thresholds: ThresholdTable

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise RecordError(f"a temperature is {self.temperature}; expected one above 0")


@dataclass(frozen=True)
class Calibration:
    """The calibration of a checkpoint.

    Attributes:
        dataset: digest of the dataset.
        split: whose windows were counted.
        weights: SHA-256 of the weights before.
        markers: one per row of the last layer, in order.
    """

    dataset: str
    split: str
    weights: str
    markers: tuple[MarkerCalibration, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        return asdict(self)

    @property
    def name(self) -> Mapping[str, str]:
        """What identifies it, for the record of tracks; the weights do the rest."""
        return {"dataset": self.dataset, "split": self.split, "weights_before": self.weights}
