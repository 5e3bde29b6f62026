"""How tall the rows are: room is used where there are few, and none is wasted on empty ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

from regtrack_app.rows import Row, ValueRow

_FEW_PIXELS = 330  # rows that are lower in all are made taller
_MOST_MORE = 110
_SAID_PIXELS = 30  # of a row that says only why it is empty


def roomy(rows: Sequence[Row]) -> list[Row]:
    """The rows, with empty ones lowered, and rows of values made taller where there are few."""
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
