"""Height, colour and limits of single rows, as a command line or an address has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from regtrack.compare.axis_limits import Limits, read_limits
from regtrack.errors import RegtrackError
from regtrack.files.shown import shown

_COLOUR = re.compile(r"#?([0-9a-fA-F]{6})")
LOWEST, TALLEST = 2.0, 200.0
"""Heights of a row, mm."""


@dataclass(frozen=True)
class RowLook:
    """What is different of one row; None: nothing.

    Attributes:
        key: of the row: a marker, `marker/model`, or a track.
        height: mm.
        colour: `#rrggbb`.
        limits: bottom and top of its axis.
    """

    key: str
    height: float | None = None
    colour: str | None = None
    limits: Limits | None = None


def read_look(text: str) -> RowLook:
    """A row and what is different of it, separated by `~`.

    >>> read_look("K562_CTCF~h12~cd55e00~l0:0.3")
    RowLook(key='K562_CTCF', height=12.0, colour='#d55e00', limits=(0.0, 0.3))

    Raises:
        RegtrackError: anything else.
    """
    key, *parts = text.split("~")
    height: float | None = None
    colour: str | None = None
    limits: Limits | None = None
    try:
        for part in parts:
            kind, value = part[:1], part[1:]
            found = _COLOUR.fullmatch(value)
            if kind == "h" and LOWEST <= float(value) <= TALLEST:
                height = float(value)
            elif kind == "c" and found:
                colour = f"#{found[1].lower()}"
            elif kind == "l":
                limits = read_limits(value)
            else:
                raise ValueError
        if not key or not parts:
            raise ValueError
    except (ValueError, RegtrackError):
        raise RegtrackError(
            f'"{shown(text, 60)}" is no look of a row; expected its name and ~h12 (mm), ~cd55e00 '
            "or ~l0:0.3"
        ) from None
    return RowLook(key, height, colour, limits)
