"""Values to compressed data blocks, each in the form that is smaller.

A stretch of values without a gap is a fixedStep block: 4 bytes a value before compression. Where
neighbours are equal, or gaps many, a bedGraph block is smaller: 12 bytes a run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.layout import (
    BED_GRAPH,
    BED_ITEM,
    BLOCK_HEADER,
    FIXED_STEP,
    ITEMS_PER_BLOCK,
    LEAF,
)

# ISA-L's quickest level that shortens repeats. Level 3 is half as fast on lossless scores and saves
# nothing there; on rounded ones it takes 6 % of a sweep's time and saves 4 to 10 % of its size.
_COMPRESSION_LEVEL = 1
# bytes that `pack` compresses by themselves: more than the 3 that ISA-L takes for a tail without
# looking, no more than the 16 that its quick loop leaves to a slower one
_HEAD = 8
# bytes of a block beside its values: its header and its leaf in the index
_BLOCK_COST = BLOCK_HEADER.itemsize + LEAF.itemsize
# shorter runs were never smaller as bedGraph, so it is not tried
_SHORTEST_RUNS = 4
# a full fixedStep block before compression
_FRAME = np.dtype([("head", BLOCK_HEADER), ("values", "<f4", ITEMS_PER_BLOCK)])

Indices = npt.NDArray[np.int64]
# compressed bytes in parts, which to join would be a copy made while holding the interpreter lock
Packed = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where values lie: chromosome number, base of the first, bp of each, base where all end."""

    chrom: int
    start: int
    resolution: int
    end: int

    def base(self, index: int) -> int:
        """Where value `index` begins (bp); past the last, where all end."""
        return min(self.start + index * self.resolution, self.end)

    def behind(self, index: int) -> Grid:
        """The grid of the values from `index` on."""
        return replace(self, start=self.base(index))


@dataclass(frozen=True, slots=True)
class Block:
    """A compressed data block: the bases that it spans, its bytes, and their number unpacked."""

    start: int
    end: int
    packed: Packed
    unpacked: int

    @property
    def size(self) -> int:
        """Bytes as packed."""
        return sum(map(len, self.packed))


def pack(data: bytes | memoryview) -> Packed:
    """Compress; lets go of the interpreter lock. The same data give the same bytes.

    The first bytes are a deflate block of their own, for ISA-L's quick loop (2.32, x86) must not
    begin a stream: there it hashes a register that it has not set instead of the third byte's
    string. The register holds the stream's address, and some addresses change which matches are
    found: about one in ten thousand, for data whose beginning recurs.
    """
    view = memoryview(data)
    stream = isal_zlib.compressobj(_COMPRESSION_LEVEL)
    head = stream.compress(view[:_HEAD]) + stream.flush(isal_zlib.Z_SYNC_FLUSH)
    return head, stream.compress(view[_HEAD:]), stream.flush()


def make_blocks(grid: Grid, values: Values) -> list[Block]:
    """The blocks of a stretch of values, in order; none where all values are absent."""
    blocks: list[Block] = []
    cells = range(0, len(values), ITEMS_PER_BLOCK)
    for plain, run in groupby(zip(_plain_cells(grid, values), cells, strict=False), itemgetter(0)):
        firsts = [first for _, first in run]
        if plain:
            blocks += _plain_blocks(grid, values, firsts)
            continue
        for first in firsts:
            cell = values[first : first + ITEMS_PER_BLOCK]
            blocks += _smaller_form(grid.behind(first), cell)
    return blocks


def _plain_cells(grid: Grid, values: Values) -> list[bool]:
    """Which blocks' worths of values are one fixedStep block at a glance.

    They are full, without a gap, have few equal neighbours, and end where their last value's bases
    do.
    """
    whole_bases = (grid.end - grid.start) // grid.resolution
    full = min(len(values), whole_bases) // ITEMS_PER_BLOCK
    cells = values[: full * ITEMS_PER_BLOCK].reshape(full, ITEMS_PER_BLOCK)
    bits = cells.view(np.uint32)
    runs = np.count_nonzero(bits[:, 1:] != bits[:, :-1], axis=1) + 1
    whole = ~np.isnan(cells).any(axis=1)
    return [*(whole & (runs * _SHORTEST_RUNS > ITEMS_PER_BLOCK)).tolist(), False]


def _plain_blocks(grid: Grid, values: Values, firsts: list[int]) -> list[Block]:
    """A fixedStep block for each cell, made in one go.

    Between two calls of `pack` hardly anything is left that needs the interpreter lock, for which
    threads would wait on each other.
    """
    frames = np.zeros(len(firsts), dtype=_FRAME)
    starts = grid.start + np.array(firsts, dtype=np.int64) * grid.resolution
    ends = starts + ITEMS_PER_BLOCK * grid.resolution
    frames["head"]["chrom"] = grid.chrom
    frames["head"]["start"], frames["head"]["end"] = starts, ends
    frames["head"]["step"] = frames["head"]["span"] = grid.resolution
    frames["head"]["kind"], frames["head"]["items"] = FIXED_STEP, ITEMS_PER_BLOCK
    frames["values"] = values[firsts[0] : firsts[-1] + ITEMS_PER_BLOCK].reshape(len(firsts), -1)
    data, size = frames.view(np.uint8).data, _FRAME.itemsize
    packed = [pack(data[at : at + size]) for at in range(0, len(data), size)]
    places = zip(starts.tolist(), ends.tolist(), packed, strict=True)
    return [Block(start, end, part, size) for start, end, part in places]


def _smaller_form(grid: Grid, values: Values) -> list[Block]:
    """One bedGraph block, or a fixedStep block for each stretch without a gap."""
    lefts, rights = equal_runs(values)
    if len(lefts) == 0:
        return []
    # a run that does not touch its left neighbour begins a stretch without gaps
    begins = np.concatenate([[True], lefts[1:] != rights[:-1]])
    items, stretches = int((rights - lefts).sum()), int(begins.sum())
    bed_excess = items * (BED_ITEM.itemsize - values.itemsize)
    if stretches * _BLOCK_COST > bed_excess:
        return [_bed_graph(grid, values, lefts, rights)]
    ends = rights[np.concatenate([begins[1:], [True]])]
    steps = _fixed_steps(grid, values, lefts[begins].tolist(), ends.tolist())
    if stretches == 1 and len(lefts) * _SHORTEST_RUNS > items:
        return steps
    return min(steps, [_bed_graph(grid, values, lefts, rights)], key=_cost)


def equal_runs(values: Values) -> tuple[Indices, Indices]:
    """Starts and ends (indices) of the runs of one present value.

    Bits are compared, so that -0 is not 0.
    """
    bits = values.view(np.uint32)
    changes = np.flatnonzero(bits[1:] != bits[:-1]) + 1
    lefts = np.concatenate([[0], changes])
    rights = np.concatenate([changes, [len(values)]])
    present = ~np.isnan(values[lefts])
    return lefts[present], rights[present]


def _cost(blocks: list[Block]) -> int:
    return sum(block.size + LEAF.itemsize for block in blocks)


def _fixed_steps(grid: Grid, values: Values, lefts: list[int], rights: list[int]) -> list[Block]:
    """A block a stretch; a last value that stands for fewer bases has one of its own."""
    blocks = []
    for left, right in zip(lefts, rights, strict=True):
        short = grid.base(right) - grid.base(right - 1) < grid.resolution
        if right - short > left:
            blocks.append(_fixed_step(grid, values, left, right - short))
        if short:
            blocks.append(_bed_graph(grid, values, np.array([right - 1]), np.array([right])))
    return blocks


def _fixed_step(grid: Grid, values: Values, left: int, right: int) -> Block:
    start, end, step = grid.base(left), grid.base(right), grid.resolution
    head = (grid.chrom, start, end, step, step, FIXED_STEP, 0, right - left)
    return _block(head, values[left:right].tobytes())


def _bed_graph(grid: Grid, values: Values, lefts: Indices, rights: Indices) -> Block:
    items = np.empty(len(lefts), dtype=BED_ITEM)
    items["start"] = grid.start + lefts * grid.resolution
    items["end"] = np.minimum(grid.start + rights * grid.resolution, grid.end)
    items["value"] = values[lefts]
    start, end = int(items["start"][0]), int(items["end"][-1])
    return _block((grid.chrom, start, end, 0, 0, BED_GRAPH, 0, len(items)), items.tobytes())


def _block(head: tuple[int, ...], items: bytes) -> Block:
    data = np.array(head, dtype=BLOCK_HEADER).tobytes() + items
    return Block(head[1], head[2], pack(data), len(data))
