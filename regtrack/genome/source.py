"""The interface of everything that sequence can be read from."""

from __future__ import annotations

from typing import Protocol

from regtrack.genome.assembly import Assembly
from regtrack.genome.sequence import Codes


class Source(Protocol):
    """Sequence that can be read by region: a `Reference` or a `Dataset`."""

    @property
    def assembly(self) -> Assembly:
        """Names and lengths of the chromosomes."""

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """The bases of [start, end) as codes, uint8 (end - start,)."""
