"""The range of each row's axis, over what is on screen: one per group, fixed, or its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from regtrack.genome.interval import Interval
from regtrack_app.rows import Row, ValueRow

Range = tuple[float, float]

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_LEAST = 1e-6


def ranges(rows: Sequence[Row], region: Interval, scale: str) -> list[Range]:
    """Bottom and top of each row's axis.

    Args:
        rows: all rows of the figure; strips, genes and letters span 0 to 1.
        region: what is on screen; values outside do not count.
        scale: `shared`: rows of a group have the largest range that one of them needs; `fixed`:
            scores span 0 to 1 and their differences -1 to 1; `own`: each row's own.
    """
    needed = [_needed(row, region) if isinstance(row, ValueRow) else 1.0 for row in rows]
    tops: dict[tuple[str, str], float] = {}
    for row, top in zip(rows, needed, strict=True):
        if isinstance(row, ValueRow):
            tops[_family(row)] = max(top, tops.get(_family(row), 0.0))
    found = []
    for row, own in zip(rows, needed, strict=True):
        top = own
        if isinstance(row, ValueRow):
            if scale == "shared":
                top = tops[_family(row)]
            elif scale == "fixed" and row.kind != "saliency" and not row.group.startswith("other"):
                top = 1.0
            top = nice(top)
            found.append((-top if row.kind != "values" else 0.0, top))
        else:
            found.append((0.0, top))
    return found


def _family(row: ValueRow) -> tuple[str, str]:
    return row.kind, row.group


def _needed(row: ValueRow, region: Interval) -> float:
    most = 0.0
    for curve in row.curves:
        seen = curve.visible(region.start, region.end)
        values = curve.mean[seen] if curve.high is None else curve.high[seen]
        size = np.abs(values) if row.kind != "values" else values
        size = size[np.isfinite(size)]
        most = max(most, float(size.max(initial=0.0)))
    return most


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
