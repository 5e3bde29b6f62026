"""The widths of figures on the command line."""

from __future__ import annotations

from enum import StrEnum


class Width(StrEnum):
    """The column of a journal's page: 85 or 180 mm."""

    SINGLE = "single"
    DOUBLE = "double"
