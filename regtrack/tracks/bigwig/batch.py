"""Data blocks that are checked together: a genome of a million contigs has at least as many."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from regtrack.files.shown import shown
from regtrack.tracks.bigwig.findings import place
from regtrack.tracks.bigwig.layout import Leaves
from regtrack.tracks.bigwig.line import Line
from regtrack.tracks.bigwig.raw import DataBlock
from regtrack.tracks.bigwig.recount import Items

Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]


class Batch:
    """Data blocks with their entries in the index; each has at least one value.

    Args:
        blocks: the blocks.
        leaves: their entries, `layout.LEAF` (blocks,).
        line: the chromosomes.

    Attributes:
        blocks: the blocks.
        leaves: their entries.
        edges: where the values of each block begin, and where the last one's end, (blocks + 1,).
        owner: number of the block of each value, int64 (n,).
        starts: first base of each value on its chromosome, int64 (n,).
        ends: one past its last base, int64 (n,).
        values: the values, float32 (n,).
    """

    def __init__(self, blocks: list[DataBlock], leaves: Leaves, line: Line) -> None:
        self.blocks, self.leaves = blocks, leaves
        counts = [len(block.starts) for block in blocks]
        self.edges = np.cumsum([0, *counts]).tolist()
        self.owner = np.repeat(np.arange(len(blocks)), counts)
        self.starts = np.concatenate([block.starts for block in blocks])
        self.ends = np.concatenate([block.ends for block in blocks])
        self.values = np.concatenate([block.values for block in blocks])
        self._line = line
        self._numbers = np.array([block.chrom for block in blocks], dtype=np.int64)
        self._chroms = line.find(self._numbers)

    @cached_property
    def items(self) -> Items:
        """All values on the line; without meaning for blocks with a fault."""
        shift = self._line.starts[self._chroms][self.owner]
        return Items(self.starts + shift, self.ends + shift, self.values)

    def name(self, number: int) -> str:
        """The name of a block's chromosome."""
        return self._line.chroms[int(self._chroms[number])].name

    def fault(self, index: int, message: str) -> str:
        """What is wrong with a value, and where it is."""
        where = place(self.name(self.owner[index]), self.starts[index], self.ends[index])
        return f"value {self.values[index]} of {where} {message}".strip()

    def faults(self) -> dict[int, str]:
        """What is wrong with each block by itself, by number; the first value in each."""
        unknown = {
            number: f"chromosome number {self._numbers[number]}, which has no name"
            for number in np.flatnonzero(self._chroms < 0).tolist()
        }
        misplaced = (self._numbers < self.leaves["first_chrom"]) | (
            self._numbers > self.leaves["last_chrom"]
        )
        found = {
            number: f"is on {shown(self.name(number))}, where the index has no block"
            for number in np.flatnonzero(misplaced & (self._chroms >= 0)).tolist()
        }
        found |= unknown
        for wrong, message in self._wrong():
            at = np.flatnonzero(wrong)
            numbers, first = np.unique(self.owner[at], return_index=True)
            for number, index in zip(numbers.tolist(), at[first].tolist(), strict=True):
                if number not in found:
                    length = int(self._line.lengths[self._chroms[number]])
                    found[number] = self.fault(index, message.format(length=f"{length:,}"))
        return found

    def _wrong(self) -> Iterator[tuple[Mask, str]]:
        """Values that cannot be, and why."""
        starts, ends, owner = self.starts, self.ends, self.owner
        same = np.diff(owner, prepend=-1) == 0
        before = np.where(same, np.roll(ends, 1), 0)
        # a block spans what its own header and the index say
        low = np.maximum([block.start for block in self.blocks], self.leaves["start"])[owner]
        high = np.minimum([block.end for block in self.blocks], self.leaves["end"])[owner]
        yield ends <= starts, "has no bases"
        yield starts < before, "begins before the previous one ends"
        yield (
            ends > self._line.lengths[self._chroms][owner],
            "ends past the chromosome, {length} bp long",
        )
        yield (starts < low) | (ends > high), "is outside the block's span"
