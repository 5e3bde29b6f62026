"""The widths of figures, as the command line offers them."""

from __future__ import annotations

from enum import StrEnum


class Width(StrEnum):
    """The column of a journal's page: 85 or 180 mm."""

    SINGLE = "single"
    DOUBLE = "double"
