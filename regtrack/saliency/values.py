"""Results of saliency: plain values of NumPy arrays, for figures, tables and pages."""

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

SHARES = (50, 90, 99)  # % of the mass whose widths are reported


@dataclass(frozen=True)
class Completeness:
    """How nearly integrated gradients add up to what they explain.

    Attributes:
        added: the sum of the values of all bases read, including those outside the region.
        change: of the selected logits, from the start of the path to the sequence.
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
        """The numbers as JSON-serialisable values."""
        return {"sum": self.added, "change": self.change, "difference": self.difference}


@dataclass(frozen=True, eq=False)
class Saliency:
    """What one model looks at to predict one marker in one stretch of a chromosome.

    Attributes:
        chrom: the chromosome.
        start: its first base (bp, 0-based).
        codes: the bases, uint8 (L,), A C G T N = 0 1 2 3 4.
        values: one per base, float32 (L,); for a per-letter method one for each of A C G T that
            could
            be there, (L, 4), and 0 for the one that is. In units of the logit.
        outputs: the positions that are explained, bool (L,).
        method: how they were computed.
        marker: what is predicted.
        model: its label, such as `DILATED`.
        receptive_field: theoretical receptive field of one output (bp); None: the whole sequence.
        rule: what selected the outputs, for a legend, such as `Labelled GM12878_CTCF`.
        completeness: for a complete method, what the values add up to; otherwise None.

    Raises:
        ValueError: shapes that do not match.
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
        """The interval of the bases."""
        return Interval(self.chrom, self.start, self.start + len(self.codes))

    def to_dict(self) -> dict[str, Any]:
        """What it is, and the range of its values, as JSON-serialisable values."""
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
    """How far a model looks: the fraction of an output's gradient at each distance from it.

    Attributes:
        style: title and look of the model.
        marker: what is predicted.
        distance: of the input from the output (bp), ascending, negative before it, int64 (D,).
        mass: fraction of the gradient's norm there, a mean over outputs, float64 (D,); sums to 1.
        positives: number of outputs averaged.
        receptive_field: theoretical receptive field of one output (bp); None: the whole sequence.
        silent: further outputs without a gradient, around which the model is constant.

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
                "shape, with the output at distance 0"
            )

    @property
    def model(self) -> str:
        """The model's title."""
        return self.style.title

    def stretch(self, percent: float) -> tuple[int, int]:
        """First and last distance (bp) of the narrowest stretch around 0 with a percentage."""
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
        """The width (bp) of that stretch, both ends included."""
        first, last = self.stretch(percent)
        return last - first + 1

    @property
    def widths(self) -> dict[int, int]:
        """The widths that hold 50, 90 and 99 % of the gradient (bp)."""
        return {share: self.width(share) for share in SHARES}

    def to_dict(self) -> dict[str, Any]:
        """Everything but the curve itself, as JSON-serialisable values."""
        return {
            "model": self.model,
            "marker": self.marker.name,
            "positives": self.positives,
            "without_gradient": self.silent,
            "receptive_field": self.receptive_field,
            "widths": {str(share): width for share, width in self.widths.items()},
        }
