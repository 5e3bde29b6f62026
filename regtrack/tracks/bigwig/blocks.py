"""Turn values into compressed data blocks, each in the smaller of two formats.

A stretch of values without a gap is a fixedStep block: 4 bytes per value before compression. If
neighbours are equal or gaps are many, a bedGraph block is smaller: 12 bytes per run.

Values are taken in cells, up to `ITEMS_PER_BLOCK` values of one stretch, and all cells together, so
that a thousand short chromosomes cost little more than a long one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.kernel import kernel
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.deflate.symbols import Words
from regtrack.tracks.bigwig.forms import Groups, Packed, bed_graphs, choose, fixed_steps
from regtrack.tracks.bigwig.layout import (
    BED_ITEM,
    BLOCK_HEADER,
    ITEMS_PER_BLOCK,
    LEAF,
)
from regtrack.tracks.bigwig.places import Places
from regtrack.tracks.bigwig.unsigned import u

# bytes of a block besides its values: its header and its leaf in the index
_BLOCK_COST = BLOCK_HEADER.itemsize + LEAF.itemsize
# with shorter runs bedGraph was never smaller, so it is not tried
_SHORTEST_RUNS = 4

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Blocks:
    """Compressed data blocks, in order.

    Attributes:
        entries: one `BLOCK_ENTRY` per block: chromosome, start, end (bp), compressed size (bytes).
        data: the compressed bytes of all blocks, one after another, uint8.
        unpacked: uncompressed size of each block (bytes), int64 (n,).
        stretch: which stretch each block is of, int64 (n,).
    """

    entries: npt.NDArray[np.void]
    data: npt.NDArray[np.uint8]
    unpacked: Indices
    stretch: Indices

    @property
    def largest(self) -> int:
        """Uncompressed size of the largest block (bytes); 0 without blocks."""
        return int(self.unpacked.max(initial=0))

    @property
    def cost(self) -> int:
        """Bytes that the blocks take in a file, including their leaves in the index."""
        return int(self.entries["size"].sum(dtype=np.int64)) + len(self.entries) * LEAF.itemsize


def make_blocks(places: Places, values: Values) -> Blocks:
    """The blocks of stretches of values; none if all values are absent.

    Args:
        places: the stretches.
        values: those of all stretches, one after another, float32 (n,); NaN if absent.
    """
    owner, lefts, rights = _cells(places)
    # the last value of a fixedStep block covers a full step
    short = (rights == places.edges[owner + 1]) & (places.short[owner] > 0)
    plain = np.zeros(len(lefts), dtype=np.bool_)
    _find_plain(values.view(np.uint32), lefts, rights, _SHORTEST_RUNS, plain)
    plain &= ~short
    cells = np.flatnonzero(plain)
    groups = Groups(cells, owner[cells], lefts[cells], rights[cells])
    whole = fixed_steps(places, values, groups)
    if plain.all():
        return _as_blocks(whole, owner)
    runs = _runs(values, np.flatnonzero(~plain), lefts, rights)
    packed = choose([whole, *_smaller_forms(places, values, owner, short, runs)])
    return _as_blocks(packed, owner)


def _as_blocks(packed: Packed, owner: Indices) -> Blocks:
    return Blocks(packed.entries, packed.data, packed.unpacked, owner[packed.cell])


def _cells(places: Places) -> tuple[Indices, Indices, Indices]:
    """Each cell's stretch, and its first and end value."""
    sizes = np.diff(places.edges)
    counts = -(-sizes // ITEMS_PER_BLOCK)
    owner = np.repeat(np.arange(len(sizes)), counts)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    lefts = places.edges[owner] + nth * ITEMS_PER_BLOCK
    return owner, lefts, np.minimum(lefts + ITEMS_PER_BLOCK, places.edges[owner + 1])


@kernel
def _find_plain(
    bits: Words, lefts: Indices, rights: Indices, shortest_runs: int, plain: npt.NDArray[np.bool_]
) -> None:
    """Which cells have no gap and few equal neighbours, so that fixedStep is smaller.

    The values are given by their bits: NaN has those above infinity, apart from the sign.
    """
    for cell in range(len(plain)):
        first, stop = lefts[cell], rights[cell]
        # 32 bits in each step, so that the processor takes as many values at once as it can
        absent, runs = np.uint32(0), np.uint32(1)
        for i in range(first, stop):
            magnitude = np.uint32(bits[u(i)] & np.uint32(0x7FFF_FFFF))
            absent = np.uint32(absent | np.uint32(magnitude > np.uint32(0x7F80_0000)))
        for i in range(first + 1, stop):
            runs = np.uint32(runs + np.uint32(bits[u(i)] != bits[u(i - 1)]))
        plain[cell] = absent == 0 and np.int64(runs) * shortest_runs > stop - first


@dataclass(frozen=True)
class _Runs:
    """Runs of equal values that are not absent: cell, first and end value, int64 (n,) each."""

    cell: Indices
    lefts: Indices
    rights: Indices

    def of(self, some: npt.NDArray[np.bool_]) -> _Runs:
        """Those in the chosen cells, bool (cells,)."""
        kept = some[self.cell]
        return _Runs(self.cell[kept], self.lefts[kept], self.rights[kept])

    def groups(self, owner: Indices) -> Groups:
        """The same, with the stretch of each cell, int64 (cells,)."""
        return Groups(self.cell, owner[self.cell], self.lefts, self.rights)


def _runs(values: Values, cells: Indices, lefts: Indices, rights: Indices) -> _Runs:
    """The runs in some cells, whose values begin and end at `lefts` and `rights`."""
    found = [equal_runs(values[lefts[cell] : rights[cell]]) for cell in cells.tolist()]
    counts = [len(begins) for begins, _ in found]
    moved = np.repeat(lefts[cells], counts)
    begins, ends = (np.concatenate([run[side] for run in found]) + moved for side in (0, 1))
    return _Runs(np.repeat(cells, counts), begins, ends)


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


def _smaller_forms(
    places: Places, values: Values, owner: Indices, short: npt.NDArray[np.bool_], runs: _Runs
) -> list[Packed]:
    """The blocks of cells that are not plain, in each form that may be the smaller one."""
    count = len(owner)
    # a run that does not touch its left neighbour begins a stretch without gaps
    begins = np.ones(len(runs.cell), dtype=np.bool_)
    begins[1:] = (runs.lefts[1:] != runs.rights[:-1]) | (runs.cell[1:] != runs.cell[:-1])
    sizes = np.bincount(runs.cell, runs.rights - runs.lefts, count).astype(np.int64)
    stretches = np.bincount(runs.cell, begins, count)
    held = np.bincount(runs.cell, minlength=count)
    bed_only = stretches * _BLOCK_COST > sizes * (BED_ITEM.itemsize - values.itemsize)
    step_only = ~bed_only & (stretches == 1) & (held * _SHORTEST_RUNS > sizes)
    ends = np.ones(len(begins), dtype=np.bool_)
    ends[:-1] = begins[1:]
    found = _Runs(runs.cell[begins], runs.lefts[begins], runs.rights[ends]).of(~bed_only)
    beds = runs.of(~step_only)
    return [
        *_steps(places, values, owner, short, found),
        bed_graphs(places, values, beds.groups(owner), form=1),
    ]


def _steps(
    places: Places, values: Values, owner: Indices, short: npt.NDArray[np.bool_], found: _Runs
) -> list[Packed]:
    """One block per stretch without gaps; a last value that covers fewer bases has its own."""
    stops = found.rights.copy()
    cut = np.flatnonzero(short[found.cell] & (stops == places.edges[owner[found.cell] + 1]))
    stops[cut] -= 1
    kept = stops > found.lefts
    steps = _Runs(found.cell[kept], found.lefts[kept], stops[kept])
    lasts = _Runs(found.cell[cut], stops[cut], stops[cut] + 1)
    return [
        fixed_steps(places, values, steps.groups(owner)),
        bed_graphs(places, values, lasts.groups(owner), form=0),
    ]
