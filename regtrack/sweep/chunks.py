"""Chunks: the independent parts of a sweep; each becomes one shard file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.errors import PlanError, invalid
from regtrack.tracks.bigwig.bins import first_reduction

CHUNK = 2_000_000  # bp; a second or two of work on a CPU, which is all that an interruption loses
VALUES = 1 << 26  # most values per chunk, over all markers: a shard is built in memory


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive windows of one chromosome, or of several short ones.

    Attributes:
        number: its index in the sweep, in output order.
        chrom: the chromosome of its first window.
        start: the first base of that window (bp).
        last: the chromosome of its last window.
        end: one past the last base of that one (bp). Not all bases in between need to be requested.
        bases: requested bases, including N (bp).
    """

    number: int
    chrom: str
    start: int
    last: str
    end: int
    bases: int

    @property
    def place(self) -> str:
        """Where it is, as text.

        >>> Chunk(0, "a", 0, "a", 5, 5).place, Chunk(0, "a", 0, "c", 5, 9).place
        ('a:1-5', 'a:1 to c:5')
        """
        if self.chrom == self.last:
            return f"{self.chrom}:{self.start + 1:,}-{self.end:,}"
        return f"{self.chrom}:{self.start + 1:,} to {self.last}:{self.end:,}"


def group_cells(sizes: npt.NDArray[np.int64], size: int) -> Iterator[tuple[int, int]]:
    """Groups of consecutive cells, each of up to `size` bp, or of one cell.

    Args:
        sizes: of the cells (bp), int64 (n,).
        size: of a group (bp).

    >>> list(group_cells(np.array([900, 5, 5, 5, 900]), 12))
    [(0, 1), (1, 3), (3, 4), (4, 5)]
    """
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, before + size, side="right")), first + 1)
        yield first, last
        first = last


def choose_chunk(*, window: int, batch_size: int, markers: int, resolution: int) -> int:
    """Length of a chunk (bp): complete batches, and complete bins of zoom level 1 if they fit.

    >>> choose_chunk(window=25_000, batch_size=10, markers=8, resolution=1)
    2000000
    >>> choose_chunk(window=25_000, batch_size=5, markers=919, resolution=1)
    125000
    """
    batch = window * batch_size
    longest = min(CHUNK, VALUES // max(markers, 1))
    aligned = math.lcm(batch, first_reduction(resolution))
    step = aligned if aligned <= longest else batch
    return step * max(1, longest // step)


def choose_share(chunks: Sequence[Chunk], share: str | None) -> tuple[Chunk, ...]:
    """The chunks of one share, such as `3/16`, the third of 16; None: all chunks.

    Chunks are assigned to shares in turn, so that each share gets a part of every chromosome.

    Raises:
        PlanError: an invalid share.
    """
    if share is None:
        return tuple(chunks)
    part, _, parts = share.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise PlanError(invalid("shard", share, "I/N with I from 1 to N, such as 3/16"))
    return tuple(chunks[int(part) - 1 :: int(parts)])
