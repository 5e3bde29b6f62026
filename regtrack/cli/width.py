"""The widths of figures on the command line."""

from __future__ import annotations

from enum import StrEnum


class Width(StrEnum):
    """The column of a journal's page: 89, 120 or 183 mm."""

    SINGLE = "single"
    ONE_AND_A_HALF = "1.5"
    DOUBLE = "double"
