"""All chromosomes of a file end to end, so that one array can hold positions on any of them.

A check of a million short contigs then costs as much as that of one long chromosome.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regtrack.tracks.bigwig.findings import place
from regtrack.tracks.bigwig.trees import Chrom

Indices = npt.NDArray[np.int64]


class Line:
    """Chromosomes end to end in the order of their numbers; positions are counted in bp.

    Args:
        chroms: the chromosomes; their numbers differ.

    Attributes:
        chroms: the chromosomes in the order of their numbers.
        starts: position of each chromosome's first base, int64 (chromosomes,).
        lengths: length of each (bp), int64 (chromosomes,).
    """

    def __init__(self, chroms: Sequence[Chrom]) -> None:
        self.chroms = sorted(chroms, key=lambda chrom: chrom.number)
        self.lengths = np.array([chrom.length for chrom in self.chroms], dtype=np.int64)
        self.starts = np.cumsum(self.lengths) - self.lengths
        self._numbers = np.array([chrom.number for chrom in self.chroms], dtype=np.int64)

    @property
    def end(self) -> int:
        """One past the last position."""
        return int(self.lengths.sum())

    def find(self, numbers: npt.ArrayLike) -> Indices:
        """The index in `chroms` of chromosomes by number, int64 (n,); -1 if there is none."""
        wanted = np.asarray(numbers, dtype=np.int64)
        if len(self._numbers) == 0:
            return np.full(len(wanted), -1, dtype=np.int64)
        found = np.searchsorted(self._numbers, wanted)
        known = self._numbers[np.minimum(found, len(self._numbers) - 1)] == wanted
        return np.where(known, found, -1)

    def holders(self, positions: Indices) -> Indices:
        """The index in `chroms` of the chromosome at each position, int64 (n,)."""
        return np.searchsorted(self.starts, positions, side="right") - 1

    def place(self, start: int, end: int) -> str:
        """Positions on one chromosome (half-open) as browsers write them."""
        index = int(self.holders(np.array([start]))[0])
        first = int(self.starts[index])
        return place(self.chroms[index].name, start - first, end - first)
