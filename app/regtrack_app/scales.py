"""The range of each row's axis, over what is on screen: shared, its own, or as typed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regtrack.compare.axis_limits import decades, nice, outward, read_limits, within_log
from regtrack.genome.interval import Interval
from regtrack_app.look import PLAIN, Look
from regtrack_app.rows import Row, ValueRow

Range = tuple[float, float]
Family = tuple[str, ...]


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
        return _typed(read_limits(row.limits), look if row.kind == "values" else PLAIN)
    if row.kind != "values":
        top = nice(max(map(abs, needed)) if needed else 0.0)
        return -top, top
    low, high = needed or (0.0, 1.0)
    # the limits are those of scores; signals have units of their own
    if look.scale == "limits" and not row.group.startswith("other"):
        return _typed(look.limits or (0.0, 1.0), look)
    if look.log:
        return decades(low, high)
    if look.floor == "zero" and low >= 0:
        return 0.0, nice(high)
    return outward(low, high)


def _typed(limits: Range, look: Look) -> Range:
    return within_log(limits) if look.log else limits


def _needed(row: ValueRow, region: Interval, look: Look) -> Range | None:
    """The lowest and highest value of a row that is drawn on screen; None without any."""
    lows, highs = [], []
    log = look.log and row.kind == "values"  # differences are around 0 on any axis
    for curve in row.curves:
        seen = curve.visible(region.start, region.end)
        for values in (*curve.drawn(look.statistic), *curve.band(look.statistic)):
            size = values[seen]
            size = size[np.isfinite(size) & ((size > 0) | (not log))]
            if len(size):
                lows.append(float(size.min()))
                highs.append(float(size.max()))
    return (min(lows), max(highs)) if lows else None
