"""What figures of saliency say, whatever draws them: names, limits, notes, curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regtrack.figures.envelope import Values
from regtrack.genome.interval import Interval
from regtrack.saliency.values import METHODS, Curve, Saliency

Numbers = npt.NDArray[np.float64]

LONGEST = {"single": 60, "double": 200}  # bp drawn as letters; more are too thin to read
ALL_READ = "all that is read"  # what an output of a recurrent network sees
MEAN_LOSS = "Mean loss by substitution"
NEAR = 10  # bp; distances are linear up to here and logarithmic beyond
PERCENTS = np.concatenate([np.arange(1, 99), np.arange(99, 99.95, 0.1)])
_BINS_PER_DECADE = 12
_COMB = 30  # bp; DILATED without pooling reads about half the bases of each stretch this long


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


def output_name(saliency: Saliency) -> str:
    """What the legend says of the outputs: what chose them, where that is known."""
    return saliency.rule or f"Outputs, {saliency.marker.name}"


def panel_letter(number: int, count: int) -> str:
    """What stands before the name of a panel, counted from 0, where there are several.

    >>> panel_letter(1, 3), panel_letter(0, 1)
    ('(b) ', '')
    """
    return f"({chr(ord('a') + number)}) " if count > 1 else ""


def panel_note(saliency: Saliency, shown: Values) -> str:
    """What an output sees, and the range of what is shown: the scale may be too wide to tell."""
    field = saliency.receptive_field
    sees = ALL_READ if field is None else f"{field:,} bp"
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

    Every distance to 10 bp has a bin of its own; beyond, bins grow by the same factor. Of a model
    that skips bases all bins are multiples of 30 bp, so that its comb is averaged. A bin without
    any is NaN.
    """
    right = _bin_starts(int(np.abs(curve.distance).max()), comb=_skips(curve))
    edges = np.concatenate([1 - right[::-1], right])
    index = np.searchsorted(edges, curve.distance, side="right") - 1
    counts = np.bincount(index, minlength=len(edges) - 1)
    held = counts > 0
    sums = [np.bincount(index, of, len(counts))[held] for of in (curve.distance, curve.mass)]
    shares = sums[1] / counts[held]
    return sums[0] / counts[held], np.where(shares > 0, shares, np.nan)


def _bin_starts(furthest: int, *, comb: bool) -> npt.NDArray[np.int64]:
    """The first distance of each bin on the right of the output, and the end of the last."""
    near, multiple = (_COMB // 2, _COMB) if comb else (NEAR, 1)
    end = max(furthest + 1, near)
    count = max(2, round(_BINS_PER_DECADE * np.log10(end / near)) + 1)
    grown = np.ceil((np.geomspace(near, end, count) - near) / multiple).astype(np.int64)
    inner = np.arange(1, near, dtype=np.int64)[: 0 if comb else None]
    return np.unique(np.concatenate([inner, near + multiple * grown]))


def _skips(curve: Curve) -> bool:
    """Whether a model that sees many combs has no gradient at some bases between others."""
    (seen,) = np.nonzero(curve.mass)
    stretch = int(np.ptp(seen)) if len(seen) else 0
    return len(seen) <= stretch and stretch > 10 * _COMB


def width_curve(curve: Curve) -> tuple[Numbers, Numbers]:
    """The widths (bp) that hold the shares `PERCENTS` (%)."""
    return np.array([curve.width(float(share)) for share in PERCENTS], np.float64), PERCENTS


def _short(value: float) -> str:
    """About three digits."""
    return (f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}").replace("-", "−")
