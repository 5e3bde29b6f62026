"""Row heights: use the space if there are few rows, and waste none on empty ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

from regtrack_app.rows import Row, ValueRow

_FEW_PIXELS = 330  # if the rows are lower in total, they are made taller; on an unknown screen
_MOST_MORE = 110
_SHARE = 0.62  # of a screen's height, less the axis; the rest is for the bar and what is below
_AXIS = 84
_TITLE = 21  # pixels above a row with a title
_TALLEST = 360
_SAID_PIXELS = 30  # height of a row that only says why it is empty


def roomy(rows: Sequence[Row], screen: int | None = None) -> list[Row]:
    """The rows, with empty ones lowered, and rows of values made taller if there is room.

    Args:
        rows: from top to bottom.
        screen: height of the browser's window (pixels); None: unknown.
    """
    fitted: list[Row] = [
        replace(row, height=_SAID_PIXELS) if _is_value_row(row) and not row.curves else row
        for row in rows
    ]
    tall = sum(_is_value_row(row) and bool(row.curves) for row in fitted)
    used = sum(row.height + (_TITLE if row.title and screen else 0) for row in fitted)
    left = (int(screen * _SHARE) - _AXIS if screen else _FEW_PIXELS) - used
    if not tall or left <= 0:
        return fitted
    most = _TALLEST - ValueRow.height if screen else _MOST_MORE
    more = min(left // tall, most)
    return [
        replace(row, height=row.height + more) if _is_value_row(row) and row.curves else row
        for row in fitted
    ]


def _is_value_row(row: Row) -> TypeGuard[ValueRow]:
    return isinstance(row, ValueRow) and row.kind == "values"
