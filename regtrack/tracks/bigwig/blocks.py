"""Turn values into compressed data blocks, each in the smaller of two formats.

A stretch of values without a gap is a fixedStep block: 4 bytes per value before compression. If
neighbours are equal or gaps are many, a bedGraph block is smaller: 12 bytes per run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from regtrack.kernel import kernel
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.deflate.streams import deflate
from regtrack.tracks.bigwig.deflate.symbols import Words
from regtrack.tracks.bigwig.layout import (
    BED_GRAPH,
    BED_ITEM,
    BLOCK_ENTRY,
    BLOCK_HEADER,
    FIXED_STEP,
    ITEMS_PER_BLOCK,
    LEAF,
)

# bytes of a block besides its values: its header and its leaf in the index
_BLOCK_COST = BLOCK_HEADER.itemsize + LEAF.itemsize
# with shorter runs bedGraph was never smaller, so it is not tried
_SHORTEST_RUNS = 4

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """The coordinates of values.

    Attributes:
        chrom: the chromosome's number.
        start: first base of the first value (bp).
        resolution: bp per value.
        end: one past the last base (bp).
    """

    chrom: int
    start: int
    resolution: int
    end: int

    def base(self, index: int) -> int:
        """The first base of value `index` (bp); past the last value, the end."""
        return min(self.start + index * self.resolution, self.end)

    def from_value(self, index: int) -> Grid:
        """The grid of the values from `index` on."""
        return replace(self, start=self.base(index))


@dataclass(frozen=True)
class Blocks:
    """Compressed data blocks, in order.

    Attributes:
        entries: one `BLOCK_ENTRY` per block: start and end (bp) and compressed size (bytes).
        data: the compressed bytes, uint8, one block after another, in any number of parts.
        largest: uncompressed size of the largest block (bytes); 0 without blocks.
    """

    entries: npt.NDArray[np.void]
    data: tuple[npt.NDArray[np.uint8], ...]
    largest: int

    @property
    def cost(self) -> int:
        """Bytes that the blocks take in a file, including their leaves in the index."""
        return int(self.entries["size"].sum(dtype=np.int64)) + len(self.entries) * LEAF.itemsize


_NO_BLOCKS = Blocks(np.empty(0, dtype=BLOCK_ENTRY), (), 0)


def make_blocks(grid: Grid, values: Values) -> Blocks:
    """The blocks of a stretch of values; none if all values are absent.

    Args:
        grid: the coordinates of the values.
        values: float32 (n,), NaN if absent.
    """
    parts = []
    cells = range(0, len(values), ITEMS_PER_BLOCK)
    for plain, run in groupby(zip(_plain_cells(grid, values), cells, strict=True), itemgetter(0)):
        lefts = [first for _, first in run]
        rights = [min(left + ITEMS_PER_BLOCK, len(values)) for left in lefts]
        if plain:
            parts.append(_fixed_steps(grid, values, lefts, rights))
            continue
        for left, right in zip(lefts, rights, strict=True):
            parts.append(_smaller_form(grid.from_value(left), values[left:right]))
    return _joined(parts)


def _joined(parts: Sequence[Blocks]) -> Blocks:
    return Blocks(
        entries=np.concatenate([_NO_BLOCKS.entries, *(part.entries for part in parts)]),
        data=tuple(chain.from_iterable(part.data for part in parts)),
        largest=max((part.largest for part in parts), default=0),
    )


def _plain_cells(grid: Grid, values: Values) -> list[bool]:
    """Which groups of `ITEMS_PER_BLOCK` values are certain to become one fixedStep block.

    Their values have no gap and few equal neighbours, and the last covers a full step.
    """
    plain = np.zeros(-(-len(values) // ITEMS_PER_BLOCK), dtype=np.bool_)
    _find_plain(values, values.view(np.uint32), ITEMS_PER_BLOCK, _SHORTEST_RUNS, plain)
    if len(plain) and grid.base(len(values)) != grid.start + len(values) * grid.resolution:
        plain[-1] = False
    return plain.tolist()


@kernel
def _find_plain(
    values: Values, bits: Words, size: int, shortest_runs: int, plain: npt.NDArray[np.bool_]
) -> None:
    for cell in range(len(plain)):
        first = cell * size
        stop = min(first + size, len(values))
        absent = False
        for value in values[first:stop]:
            absent |= np.isnan(value)
        runs, i = 1, first + 1
        while i < stop and runs * shortest_runs <= stop - first:
            runs += bits[i] != bits[i - 1]
            i += 1
        plain[cell] = not absent and runs * shortest_runs > stop - first


def _smaller_form(grid: Grid, values: Values) -> Blocks:
    """One bedGraph block, or one fixedStep block per stretch without a gap."""
    lefts, rights = equal_runs(values)
    if len(lefts) == 0:
        return _NO_BLOCKS
    # a run that does not touch its left neighbour begins a stretch without gaps
    begins = np.concatenate([[True], lefts[1:] != rights[:-1]])
    items, stretches = int((rights - lefts).sum()), int(begins.sum())
    bed_excess = items * (BED_ITEM.itemsize - values.itemsize)
    if stretches * _BLOCK_COST > bed_excess:
        return _bed_graph(grid, values, lefts, rights)
    ends = rights[np.concatenate([begins[1:], [True]])]
    steps = _fixed_steps(grid, values, lefts[begins].tolist(), ends.tolist())
    if stretches == 1 and len(lefts) * _SHORTEST_RUNS > items:
        return steps
    return min(steps, _bed_graph(grid, values, lefts, rights), key=lambda blocks: blocks.cost)


def equal_runs(values: Values) -> tuple[Indices, Indices]:
    """The runs of equal values that are not absent.

    Bits are compared, so that -0 differs from 0.

    Args:
        values: float32 (n,), NaN if absent.

    Returns:
        Indices at which each run starts and ends, int64 (runs,) each.
    """
    bits = values.view(np.uint32)
    changes = np.flatnonzero(bits[1:] != bits[:-1]) + 1
    lefts = np.concatenate([[0], changes])
    rights = np.concatenate([changes, [len(values)]])
    present = ~np.isnan(values[lefts])
    return lefts[present], rights[present]


def _fixed_steps(grid: Grid, values: Values, lefts: list[int], rights: list[int]) -> Blocks:
    """One block per stretch; a last value that covers fewer bases has a separate block."""
    last = rights[-1]
    short = grid.base(last) - grid.base(last - 1) < grid.resolution
    stops = [*rights[:-1], last - short]
    stretches = [(left, stop) for left, stop in zip(lefts, stops, strict=True) if stop > left]
    if not stretches:
        return _bed_graph(grid, values, np.array([last - 1]), np.array([last]))
    begins, ends = np.array(stretches).T
    heads = np.zeros(len(stretches), dtype=BLOCK_HEADER)
    heads["chrom"], heads["kind"], heads["items"] = grid.chrom, FIXED_STEP, ends - begins
    heads["step"] = heads["span"] = grid.resolution
    heads["start"] = grid.start + begins * grid.resolution
    heads["end"] = grid.start + ends * grid.resolution
    steps = _pack(heads, values.view(np.uint32), begins, ends)
    if not short:
        return steps
    return _joined([steps, _bed_graph(grid, values, np.array([last - 1]), np.array([last]))])


def _bed_graph(grid: Grid, values: Values, lefts: Indices, rights: Indices) -> Blocks:
    items = np.empty(len(lefts), dtype=BED_ITEM)
    items["start"] = grid.start + lefts * grid.resolution
    items["end"] = np.minimum(grid.start + rights * grid.resolution, grid.end)
    items["value"] = values[lefts]
    heads = np.zeros(1, dtype=BLOCK_HEADER)
    heads["chrom"], heads["kind"], heads["items"] = grid.chrom, BED_GRAPH, len(items)
    heads["start"], heads["end"] = items["start"][0], items["end"][-1]
    words = items.view(np.uint32)
    return _pack(heads, words, np.array([0]), np.array([len(words)]))


def _pack(heads: npt.NDArray[np.void], words: Words, lefts: Indices, rights: Indices) -> Blocks:
    """Compress blocks, each a header and a piece of `words`."""
    rows = heads.view(np.uint32).reshape(len(heads), -1)
    record = BED_ITEM.itemsize // 4 if heads["kind"][0] == BED_GRAPH else 0
    data, sizes = deflate(words, lefts, rights, rows, record=record)
    entries = np.empty(len(heads), dtype=BLOCK_ENTRY)
    entries["start"], entries["end"], entries["size"] = heads["start"], heads["end"], sizes
    return Blocks(entries, (data,), BLOCK_HEADER.itemsize + 4 * int((rights - lefts).max()))
