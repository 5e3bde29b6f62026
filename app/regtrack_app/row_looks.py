"""What a reader changes of single rows, as the address has it: order, height, colour, scale."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regtrack.compare.axis_limits import limits_text, read_limits
from regtrack.errors import RegtrackError
from regtrack.model_style import ModelStyle
from regtrack_app.places import quotable
from regtrack_app.rows import Row, SpanRow, ValueRow

LETTERS, GENES = "letters", "genes"
"""The units of rows that are neither a marker's nor a track's."""
LOWEST, HIGHEST = 16, 600
"""The heights of a row (pixels)."""
MOST = 40
"""Maximum number of rows that have a look of their own."""
_COLOUR = re.compile(r"[0-9a-f]{6}")


@dataclass(frozen=True)
class RowLook:
    """What was changed of one row; None: nothing.

    Attributes:
        key: of the row.
        height: pixels.
        colour: `rrggbb`.
        limits: bottom and top of its axis, as `0:0.3`.
    """

    key: str
    height: int | None = None
    colour: str | None = None
    limits: str | None = None

    def text(self) -> str:
        """The look as the address has it, such as `K562_CTCF~h120~l0:0.3`."""
        parts = [self.key]
        parts += [f"h{self.height}"] if self.height is not None else []
        parts += [f"c{self.colour}"] if self.colour is not None else []
        parts += [f"l{self.limits}"] if self.limits is not None else []
        return "~".join(parts)


def read_look(text: str) -> RowLook:
    """The look that `RowLook.text` wrote.

    Raises:
        RegtrackError: anything else.
    """
    key, *parts = text.split("~")
    found: dict[str, Any] = {}
    try:
        for part in parts:
            kind, value = part[:1], part[1:]
            if kind == "h":
                found["height"] = min(max(int(value), LOWEST), HIGHEST)
            elif kind == "c" and _COLOUR.fullmatch(value.lower()):
                found["colour"] = value.lower()
            elif kind == "l":
                found["limits"] = limits_text(read_limits(value))
            else:
                raise ValueError
    except (ValueError, RegtrackError):
        raise RegtrackError(
            f'"{quotable(text)}" is no look of a row; expected its name and ~h120, ~cd55e00 or '
            "~l0:0.3"
        ) from None
    return RowLook(key, **found)


def changed(looks: Sequence[str], change: RowLook) -> tuple[str, ...]:
    """The looks after a change of one row; a change without values resets it."""
    kept = [read_look(text) for text in looks]
    mine = next((look for look in kept if look.key == change.key), RowLook(change.key))
    new = {
        name: value
        for name in ("height", "colour", "limits")
        if (value := getattr(change, name)) is not None
    }
    others = [look for look in kept if look.key != change.key]
    merged = [replace(mine, **new)] if new else []
    return tuple(look.text() for look in [*others, *merged])[-MOST:]


def with_looks(rows: Iterable[Row], looks: Sequence[str]) -> list[Row]:
    """Rows as they were changed; rows that are not there are ignored."""
    known: Mapping[str, RowLook] = {look.key: look for look in map(read_look, looks)}
    return [_with_look(row, known[row.key]) if row.key in known else row for row in rows]


def _with_look(row: Row, look: RowLook) -> Row:
    if isinstance(row, SpanRow):
        return row if look.height is None else replace(row, height=look.height)
    if not isinstance(row, ValueRow):
        return row
    row = replace(row, height=look.height or row.height, limits=look.limits or "")
    if look.colour is None or len(row.curves) != 1:
        return row
    (curve,) = row.curves
    colour = f"#{look.colour}"
    style = curve.style or ModelStyle("", curve.name, colour, colour)
    return replace(row, curves=(replace(curve, style=replace(style, light=colour, dark=colour)),))


def unit_of(key: str) -> str:
    """What is moved and removed together with a row: a marker, a track, letters or genes."""
    return (
        LETTERS if key == LETTERS or key.endswith("/=saliency") else key.split("/", maxsplit=1)[0]
    )


def in_order(units: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Units in the order that is wanted; those that it does not name come last."""
    first = [unit for unit in wanted if unit in units]
    return [*first, *(unit for unit in units if unit not in first)]


def moved(units: Sequence[str], unit: str, before: str) -> list[str]:
    """Units after one was moved in front of another, or to the end if there is no such one."""
    others = [one for one in units if one != unit]
    at = others.index(before) if before in others else len(others)
    return [*others[:at], unit, *others[at:]]
