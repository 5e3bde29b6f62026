"""A few samples of a file, spread over it, to be read again by another reader."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from regtrack.tracks.bigwig.raw import DataBlock
from regtrack.tracks.bigwig.readings import Sample, Totals


class Samples:
    """Takes a sample of everything offered, then of every second, fourth, eighth.

    Attributes:
        taken: at most so many as it was made for, and at least half of them if enough was offered.
    """

    def __init__(self, most: int) -> None:
        self.taken: list[Sample] = []
        self._most, self._step, self._offered = most, 1, 0

    def offer(self, take: Callable[[], Sample]) -> None:
        """Take a sample, or not."""
        if self._offered % self._step == 0:
            self.taken.append(take())
            if len(self.taken) > self._most:
                self.taken = self.taken[::2]
                self._step *= 2
        self._offered += 1


def sample_block(chrom: str, block: DataBlock, items: int) -> Sample:
    """The totals of some neighbouring items in the middle of a block that has any."""
    first = max(0, (len(block.starts) - items) // 2)
    part = slice(first, first + items)
    starts, ends, values = block.starts[part], block.ends[part], block.values[part]
    lengths = ends - starts
    totals = Totals(
        bases=int(lengths.sum()),
        low=float(values.min()),
        high=float(values.max()),
        total=float((values.astype(np.float64) * lengths).sum()),
    )
    return Sample(chrom, int(starts[0]), int(ends[-1]), totals)
