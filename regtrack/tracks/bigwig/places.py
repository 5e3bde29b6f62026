"""Where values lie: stretches of one or more chromosomes, whose values follow each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places:
    """Stretches of bases, in the order of a file, with a value every `resolution` bp.

    Attributes:
        chrom: each stretch's chromosome, as a number in the file, int64 (n,).
        start: its first base (bp), a multiple of the resolution, int64 (n,).
        end: one past its last base (bp), int64 (n,); its last value may cover fewer bases.
        resolution: bp per value.
    """

    chrom: Numbers
    start: Numbers
    end: Numbers
    resolution: int = 1

    @classmethod
    def one(cls, chrom: int, start: int, end: int, resolution: int = 1) -> Places:
        """A single stretch."""
        return cls(np.array([chrom]), np.array([start]), np.array([end]), resolution)

    @cached_property
    def edges(self) -> Numbers:
        """Where the values of each stretch begin, and where the last ones end, int64 (n + 1,).

        >>> Places(np.array([0, 3]), np.array([20, 0]), np.array([50, 25]), 10).edges
        array([0, 3, 6])
        """
        counts = -(-(self.end - self.start) // self.resolution)
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])

    @cached_property
    def short(self) -> Numbers:
        """How many bases the last value of each stretch lacks, int64 (n,)."""
        return -(self.end - self.start) % self.resolution

    def joined(self) -> Places:
        """The same places, with those that follow each other without a gap as one.

        >>> starts, ends = np.array([0, 20, 50, 60]), np.array([20, 40, 60, 70])
        >>> found = Places(np.array([0, 0, 0, 1]), starts, ends).joined()
        >>> found.chrom, found.start, found.end
        (array([0, 0, 1]), array([ 0, 50, 60]), array([40, 60, 70]))
        """
        apart = (self.chrom[1:] != self.chrom[:-1]) | (self.start[1:] != self.end[:-1])
        first = np.flatnonzero(np.append(True, apart))
        last = np.flatnonzero(np.append(apart, True))
        return Places(self.chrom[first], self.start[first], self.end[last], self.resolution)

    def repeated(self, times: int) -> Places:
        """The same stretches (bp) so many times, for rows of values one after another."""
        chrom, start, end = (np.tile(side, times) for side in (self.chrom, self.start, self.end))
        return Places(chrom, start, end, self.resolution)
