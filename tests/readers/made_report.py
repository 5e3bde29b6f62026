"""A report under test."""

from __future__ import annotations

from dataclasses import dataclass

from regtrack.compare.inputs import Inputs
from regtrack.report.write import Written


@dataclass(frozen=True)
class Made:
    """A report and what it was made of."""

    written: Written
    inputs: Inputs
    html: str
