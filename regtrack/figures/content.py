"""The content of saliency figures, however they are drawn: names, limits, notes, curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regtrack.figures.envelope import Values
from regtrack.genome.interval import Interval
from regtrack.saliency.values import Curve, Saliency

Numbers = npt.NDArray[np.float64]

LONGEST = {
    "single": 60,
    "1.5": 100,
    "double": 200,
}  # bp; letters of longer regions are too thin to read
ALL_READ = "all that is read"  # the input of an output of a recurrent network
NEAR = 10  # bp; distances are linear up to here and logarithmic beyond
PERCENTS = np.concatenate([np.arange(1, 99), np.arange(99, 99.95, 0.1)])
_BINS_PER_DECADE = 12
_COMB = 30  # bp; DILATED without pooling reads about half of the bases in each such stretch


def common_interval(saliencies: Sequence[Saliency]) -> Interval:
    """The region that all saliencies share.

    Raises:
        ValueError: no saliency, or different regions, methods or markers.
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
    """The minimum and maximum of all values, float32 (L,) or (L, 4) each, and 0."""
    lowest = min(float(np.nanmin(found)) for found in values)
    highest = max(float(np.nanmax(found)) for found in values)
    return min(lowest, 0.0), max(highest, 0.0)


def letters_name(saliency: Saliency) -> str:
    """The height of the letters, as the label of an axis."""
    return saliency.method.letters or saliency.method.title


def output_name(saliency: Saliency) -> str:
    """The legend of the outputs: the rule that selected them, if known."""
    return saliency.rule or f"Outputs, {saliency.marker.name}"


def panel_letter(number: int, count: int) -> str:
    """The prefix of a panel's title, counted from 0, if there are several panels.

    >>> panel_letter(1, 3), panel_letter(0, 1)
    ('(b) ', '')
    """
    return f"({chr(ord('a') + number)}) " if count > 1 else ""


def panel_note(saliency: Saliency, shown: Values) -> str:
    """The span (bp) an output depends on, and the range of the values shown, (L,) or (L, 4)."""
    field = saliency.receptive_field
    sees = ALL_READ if field is None else f"{field:,} bp"
    low, high = limits([shown])
    span = f"{_short(low)} to {_short(high)}" if low < 0 else f"max {_short(high)}"
    return f"sees {sees}, {span}"


def letter_heights(saliency: Saliency) -> Values:
    """The height of each base's letter, float32 (L,).

    This is the value itself, or for a method per letter the mean loss over the three
    substitutions.
    """
    if not saliency.method.per_letter:
        return saliency.values
    losses: Values = -saliency.values.sum(axis=1) / 3
    return losses


def density(curve: Curve) -> tuple[Numbers, Numbers]:
    """Distances (n,) in bp, and the mean fraction of the gradient per bp (n,) in logarithmic bins.

    Every distance up to 10 bp has a bin of its own; beyond, the bins grow by a constant factor. For
    a model that skips bases all bins are multiples of 30 bp, which averages over its comb. A bin
    without distances is NaN.
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
    """The first distance of each bin on the right of the output, and the end of the last bin."""
    near, multiple = (_COMB // 2, _COMB) if comb else (NEAR, 1)
    end = max(furthest + 1, near)
    count = max(2, round(_BINS_PER_DECADE * np.log10(end / near)) + 1)
    grown = np.ceil((np.geomspace(near, end, count) - near) / multiple).astype(np.int64)
    inner = np.arange(1, near, dtype=np.int64)[: 0 if comb else None]
    return np.unique(np.concatenate([inner, near + multiple * grown]))


def _skips(curve: Curve) -> bool:
    """Whether the gradient is zero at some bases between others, as in a dilated model's comb."""
    (seen,) = np.nonzero(curve.mass)
    stretch = int(np.ptp(seen)) if len(seen) else 0
    return len(seen) <= stretch and stretch > 10 * _COMB


def width_curve(curve: Curve) -> tuple[Numbers, Numbers]:
    """The widths (n,) in bp that hold the fractions `PERCENTS` (n,) in %."""
    return np.array([curve.width(float(share)) for share in PERCENTS], np.float64), PERCENTS


def _short(value: float) -> str:
    """A number in about three digits."""
    return (f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}").replace("-", "−")
