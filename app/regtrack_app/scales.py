"""The range of each row's axis, over what is on screen: shared, its own, or as typed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from regtrack.genome.interval import Interval
from regtrack_app.limits import read_limits
from regtrack_app.look import PLAIN, Look
from regtrack_app.rows import Row, ValueRow

Range = tuple[float, float]
Family = tuple[str, ...]

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_LEAST = 1e-6
_DEEPEST = 1e-6  # of the top, where a logarithmic axis begins at the lowest


def ranges(rows: Sequence[Row], region: Interval, look: Look) -> list[Range]:
    """Bottom and top of each row's axis, in the units of its values.

    Args:
        rows: all rows of the figure; strips, genes and letters span 0 to 1.
        region: what is on screen; values outside do not count.
        look: how they are drawn.
    """
    needed = [_needed(row, region, look) if isinstance(row, ValueRow) else None for row in rows]
    shared: dict[Family, Range] = {}
    for row, own in zip(rows, needed, strict=True):
        if isinstance(row, ValueRow) and own is not None:
            family = _family(row, look)
            low, high = shared.get(family, own)
            shared[family] = min(low, own[0]), max(high, own[1])
    return [
        _axis(row, shared.get(_family(row, look)), look)
        if isinstance(row, ValueRow)
        else (0.0, 1.0)
        for row in rows
    ]


def _family(row: ValueRow, look: Look) -> Family:
    """What the rows with one range have in common."""
    if look.scale == "own" and row.kind != "saliency":
        return row.kind, row.unit, row.key
    if look.scale == "category" or row.kind == "saliency":
        return row.kind, row.unit, row.group
    return row.kind, row.unit, row.group if row.kind == "difference" else "", row.marker


def _axis(row: ValueRow, needed: Range | None, look: Look) -> Range:
    """The axis of a row whose family needs a range; None: it has no value on screen."""
    if row.limits:
        return _within_log(read_limits(row.limits), look if row.kind == "values" else PLAIN)
    if row.kind != "values":
        top = nice(max(map(abs, needed)) if needed else 0.0)
        return -top, top
    low, high = needed or (0.0, 1.0)
    # the limits are those of scores; signals have units of their own
    if look.scale == "limits" and not row.group.startswith("other"):
        return _within_log(look.limits or (0.0, 1.0), look)
    if look.log:
        return _decades(low, high)
    if look.floor == "zero" and low >= 0:
        return 0.0, nice(high)
    return outward(low, high)


def _within_log(limits: Range, look: Look) -> Range:
    """Typed limits; on a logarithmic axis both are above 0."""
    low, high = limits
    if not look.log:
        return low, high
    high = high if high > 0 else 1.0
    return max(low, high * _DEEPEST), high


def _decades(low: float, high: float) -> Range:
    """A logarithmic axis from a round number below to one above; both positive."""
    top = nice(high)
    bottom = max(low, top * _DEEPEST)
    power = 10.0 ** math.floor(math.log10(bottom * (1 + 1e-6)))  # float32 rounding
    step = max(step for step in (1.0, 2.0, 5.0) if step * power <= bottom * (1 + 1e-6))
    return float(f"{step * power:.6g}"), top


def _needed(row: ValueRow, region: Interval, look: Look) -> Range | None:
    """The lowest and highest value of a row that is drawn on screen; None without any."""
    lows, highs = [], []
    for curve in row.curves:
        seen = curve.visible(region.start, region.end)
        for values in curve.drawn(look.statistic):
            size = values[seen]
            size = size[np.isfinite(size) & ((size > 0) | (not look.log))]
            if len(size):
                lows.append(float(size.min()))
                highs.append(float(size.max()))
    return (min(lows), max(highs)) if lows else None


def outward(low: float, high: float) -> Range:
    """The nearest round numbers outside of a range, so that axes stay steady.

    >>> outward(0.0213, 0.0487), outward(0.3, 0.3)
    ((0.02, 0.05), (0.3, 1.3))
    """
    if not high - low > _LEAST * max(abs(high), 1):
        return low, low + 1.0
    power = math.floor(math.log10(high - low))
    step = 10.0**power / 2
    bottom, top = math.floor(low / step + 1e-6) * step, math.ceil(high / step - 1e-6) * step
    return round(bottom, 2 - power), round(top, 2 - power)


def nice(value: float) -> float:
    """The smallest round number not below a value, so that axes stay steady while the view moves.

    >>> nice(0.83), nice(0.0), nice(17)
    (1.0, 1.0, 20.0)
    """
    if not math.isfinite(value) or value < _LEAST:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    step = next(step for step in _STEPS if value <= step * power * (1 + 1e-6))  # float32 rounding
    return float(f"{step * power:.6g}")
