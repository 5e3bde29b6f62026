"""Where bases are read, whatever holds them."""

from __future__ import annotations

from typing import Protocol

from regtrack.genome.assembly import Assembly
from regtrack.genome.sequence import Codes


class Source(Protocol):
    """Chromosomes whose bases can be read by region: a `Reference` or a `Dataset`."""

    @property
    def assembly(self) -> Assembly:
        """Names and lengths of the chromosomes."""

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """The bases of [start, end), uint8, shape (end - start,)."""
