"""What figures of saliency say, whatever draws them: names, limits, notes, curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regtrack.figures.envelope import Values
from regtrack.genome.interval import Interval
from regtrack.saliency.values import METHODS, Curve, Saliency

Numbers = npt.NDArray[np.float64]

LONGEST = 200  # bp drawn as letters; more are too thin to read on a page
MEAN_LOSS = "Mean loss by substitution"
NEAR = 10  # bp; distances are linear up to here and logarithmic beyond
PERCENTS = np.concatenate([np.arange(1, 99), np.arange(99, 99.95, 0.1)])
_BINS_PER_DECADE = 12


def common_interval(saliencies: Sequence[Saliency]) -> Interval:
    """The region of all of them.

    Raises:
        ValueError: there is none, or they differ in region, method or marker.
    """
    if not saliencies:
        raise ValueError("a saliency figure needs at least one saliency")
    first = saliencies[0]
    for other in saliencies[1:]:
        for name in ("interval", "method", "marker"):
            if getattr(other, name) != getattr(first, name):
                raise ValueError(
                    f"{other.model} has {name} {getattr(other, name)}; expected "
                    f"{getattr(first, name)}, as {first.model} has"
                )
    return first.interval


def limits(values: Sequence[Values]) -> tuple[float, float]:
    """The lowest and highest of all values and 0."""
    lowest = min(float(np.nanmin(found)) for found in values)
    highest = max(float(np.nanmax(found)) for found in values)
    return min(lowest, 0.0), max(highest, 0.0)


def method_name(saliency: Saliency) -> str:
    """What the values are, as the name of an axis."""
    return METHODS[saliency.method].replace(" x ", " × ")


def panel_letter(number: int, count: int) -> str:
    """What stands before the name of a panel, counted from 0, where there are several.

    >>> panel_letter(1, 3), panel_letter(0, 1)
    ('(b) ', '')
    """
    return f"({chr(ord('a') + number)}) " if count > 1 else ""


def panel_note(saliency: Saliency, shown: Values) -> str:
    """What an output sees, and the range of what is shown: the scale may be too wide to tell."""
    field = saliency.receptive_field
    sees = "the window" if field is None else f"{field:,} bp"
    low, high = limits([shown])
    span = f"{_short(low)} to {_short(high)}" if low < 0 else f"max {_short(high)}"
    return f"sees {sees}, {span}"


def letter_heights(saliency: Saliency) -> Values:
    """The height of each base's letter, shape (L,).

    It is the value itself; of `ism` the mean loss over the three substitutions.
    """
    if saliency.values.ndim == 1:
        return saliency.values
    losses: Values = -saliency.values.sum(axis=1) / 3
    return losses


def density(curve: Curve) -> tuple[Numbers, Numbers]:
    """Distances (bp) and the gradient's mean share a bp about each, in logarithmic bins.

    Every distance to 10 bp has a bin of its own; beyond, bins grow by the same factor. A bin
    without any is NaN.
    """
    furthest = max(int(np.abs(curve.distance).max()), NEAR)
    decades = np.log10(furthest / NEAR)
    steps = np.geomspace(NEAR, furthest + 1, max(2, round(_BINS_PER_DECADE * decades) + 1))
    outer = np.unique(np.round(steps)).astype(np.int64)
    right = np.unique(np.concatenate([np.arange(NEAR), outer]))  # first distance of each bin
    edges = np.concatenate([1 - right[:0:-1], right])
    index = np.searchsorted(edges, curve.distance, side="right") - 1
    counts = np.bincount(index, minlength=len(edges) - 1)
    held = counts > 0
    sums = [np.bincount(index, of, len(counts))[held] for of in (curve.distance, curve.mass)]
    shares = sums[1] / counts[held]
    return sums[0] / counts[held], np.where(shares > 0, shares, np.nan)


def width_curve(curve: Curve) -> tuple[Numbers, Numbers]:
    """The widths (bp) that hold the shares `PERCENTS` (%)."""
    return np.array([curve.width(float(share)) for share in PERCENTS], np.float64), PERCENTS


def _short(value: float) -> str:
    """About three digits."""
    return (f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}").replace("-", "−")
