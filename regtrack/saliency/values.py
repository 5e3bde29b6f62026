"""What saliency is made into: plain values of NumPy arrays, for figures, tables and pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.genome.interval import Interval
from regtrack.genome.sequence import Codes
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle
from regtrack.saliency.method import Method

Values = npt.NDArray[np.float32]
Outputs = npt.NDArray[np.bool_]

SHARES = (50, 90, 99)  # % of the mass whose widths are told


@dataclass(frozen=True)
class Completeness:
    """How nearly integrated gradients add up to what they explain.

    Attributes:
        added: the sum of the values of all bases that were read, beside the region too.
        change: of the chosen logits, from the start of the path to the sequence.
    """

    added: float
    change: float

    def __add__(self, other: Completeness) -> Completeness:
        return Completeness(self.added + other.added, self.change + other.change)

    @property
    def difference(self) -> float:
        """The error of the sum over steps."""
        return self.added - self.change

    def to_dict(self) -> dict[str, float]:
        """The numbers, for JSON."""
        return {"sum": self.added, "change": self.change, "difference": self.difference}


@dataclass(frozen=True, eq=False)
class Saliency:
    """What one model looks at to predict one marker in one stretch of a chromosome.

    Attributes:
        chrom: the chromosome.
        start: its first base (bp, 0-based).
        codes: the bases, A C G T N = 0 1 2 3 4, shape (L,).
        values: one per base, shape (L,); by a method per letter one for each of A C G T that might
            stand there, shape (L, 4), 0 for the one that does. Their unit is the logit.
        outputs: the positions that are explained, shape (L,).
        method: how they were computed.
        marker: what is predicted.
        model: its label, such as `DILATED`.
        receptive_field: bp that one output can see, as counted; None is the whole sequence.
        rule: what chose the outputs, in the words of a legend, such as `Labelled GM12878_CTCF`.
        completeness: of a method that is complete, what they add up to; None by another method.

    Raises:
        ValueError: shapes that do not fit.
    """

    chrom: str
    start: int
    codes: Codes
    values: Values
    outputs: Outputs
    method: Method
    marker: Marker
    model: str
    receptive_field: int | None
    rule: str = ""

    completeness: Completeness | None = None

    def __post_init__(self) -> None:
        length = len(self.codes)
        expected = self.method.shape(length)
        if self.values.shape != expected or self.outputs.shape != (length,):
            raise ValueError(
                f"values {self.values.shape} and outputs {self.outputs.shape} of {length} bases; "
                f"expected {expected} and {(length,)}"
            )

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def interval(self) -> Interval:
        """Where it lies."""
        return Interval(self.chrom, self.start, self.start + len(self.codes))

    def to_dict(self) -> dict[str, Any]:
        """What it is and how far its values go, for JSON."""
        return {
            "model": self.model,
            "marker": self.marker.name,
            "region": str(self.interval),
            "method": self.method.name,
            "outputs": int(self.outputs.sum()),
            "rule": self.rule,
            "receptive_field": self.receptive_field,
            "lowest": float(self.values.min()),
            "highest": float(self.values.max()),
            "completeness": self.completeness and self.completeness.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class Curve:
    """How far a model looks: the share of an output's gradient at each distance from it.

    Attributes:
        style: what the model is called, and how it is drawn.
        marker: what is predicted.
        distance: of the input from the output (bp), ascending, negative before it, shape (D,).
        mass: the share of the gradient's norm there, a mean over outputs; sums to 1, shape (D,).
        positives: outputs that were averaged.
        receptive_field: bp that one output can see, as counted; None is the whole sequence.
        silent: outputs beside these that have no gradient, as the model is constant about them.

    Raises:
        ValueError: shapes that differ, or distances without the output itself.
    """

    style: ModelStyle
    marker: Marker
    distance: npt.NDArray[np.int64]
    mass: npt.NDArray[np.float64]
    positives: int
    receptive_field: int | None
    silent: int = 0

    def __post_init__(self) -> None:
        if self.distance.shape != self.mass.shape or 0 not in self.distance:
            raise ValueError(
                f"distances {self.distance.shape} and masses {self.mass.shape}; expected the same "
                "shape, and the output at distance 0 among them"
            )

    @property
    def model(self) -> str:
        """What the model is called."""
        return self.style.title

    def stretch(self, percent: float) -> tuple[int, int]:
        """The first and last distance of the narrowest stretch around the output with a share."""
        output = int(np.searchsorted(self.distance, 0))
        below = np.concatenate([[0.0], np.cumsum(self.mass)])
        wanted = percent / 100 * below[-1]
        firsts = np.arange(output + 1)
        # the mass of [first, last] is below[last + 1] - below[first]
        lasts = np.searchsorted(below, below[firsts] + wanted * (1 - 1e-12)) - 1
        lasts = np.maximum(lasts, output)
        found = lasts < len(self.mass)
        best = int(np.argmin(np.where(found, lasts - firsts, len(self.mass))))
        return int(self.distance[firsts[best]]), int(self.distance[lasts[best]])

    def width(self, percent: float) -> int:
        """The bp of that stretch, both ends included."""
        first, last = self.stretch(percent)
        return last - first + 1

    @property
    def widths(self) -> dict[int, int]:
        """The widths that hold 50, 90 and 99 % of the gradient (bp)."""
        return {share: self.width(share) for share in SHARES}

    def to_dict(self) -> dict[str, Any]:
        """All but the curve itself, for JSON."""
        return {
            "model": self.model,
            "marker": self.marker.name,
            "positives": self.positives,
            "without_gradient": self.silent,
            "receptive_field": self.receptive_field,
            "widths": {str(share): width for share, width in self.widths.items()},
        }
