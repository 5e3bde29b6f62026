"""Take a few samples from the whole of a file, for another reader to compare."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from regtrack.tracks.bigwig.raw import DataBlock
from regtrack.tracks.bigwig.readings import Sample, Totals


class Samples:
    """Samples everything that is offered, then every second, fourth, eighth of it, and so on.

    Args:
        most: the largest number of samples.

    Attributes:
        taken: the samples; at least half of `most` if enough was offered.
    """

    def __init__(self, most: int) -> None:
        self.taken: list[Sample] = []
        self._most, self._step, self._offered = most, 1, 0

    def offer(self, take: Callable[[], Sample]) -> None:
        """Offer a sample; `take` is called only if it is wanted."""
        if self._offered % self._step == 0:
            self.taken.append(take())
            if len(self.taken) > self._most:
                self.taken = self.taken[::2]
                self._step *= 2
        self._offered += 1


def sample_block(chrom: str, block: DataBlock, items: int) -> Sample:
    """The totals of some neighbouring items in the middle of a block with at least one."""
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
