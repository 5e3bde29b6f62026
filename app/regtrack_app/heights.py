"""Row heights: use the space if there are few rows, and waste none on empty ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

from regtrack_app.rows import Row, ValueRow

_FEW_PIXELS = 330  # if the rows are lower in total, they are made taller
_MOST_MORE = 110
_SAID_PIXELS = 30  # height of a row that only says why it is empty


def roomy(rows: Sequence[Row]) -> list[Row]:
    """The rows, with empty ones lowered, and rows of values made taller if there are few."""
    fitted: list[Row] = [
        replace(row, height=_SAID_PIXELS) if _is_value_row(row) and not row.curves else row
        for row in rows
    ]
    tall = sum(_is_value_row(row) and bool(row.curves) for row in fitted)
    left = _FEW_PIXELS - sum(row.height for row in fitted)
    if not tall or left <= 0:
        return fitted
    more = min(left // tall, _MOST_MORE)
    return [
        replace(row, height=row.height + more) if _is_value_row(row) and row.curves else row
        for row in fitted
    ]


def _is_value_row(row: Row) -> TypeGuard[ValueRow]:
    return isinstance(row, ValueRow) and row.kind == "values"
