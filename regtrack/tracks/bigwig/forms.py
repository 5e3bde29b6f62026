"""The two formats of a data block, packed for many cells at once, and the choice of the smaller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    LEAF,
)
from regtrack.tracks.bigwig.places import Places

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Packed:
    """Compressed blocks of some cells in one of two forms.

    Attributes:
        cell: the cell of each block, int64 (n,).
        form: 0: one block per stretch without gaps; 1: one bedGraph block for the cell.
        entries: `BLOCK_ENTRY` (n,).
        unpacked: bytes of each block before compression, int64 (n,).
        data: the compressed bytes, uint8, one block after another.
    """

    cell: Indices
    form: int
    entries: npt.NDArray[np.void]
    unpacked: Indices
    data: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Groups:
    """Neighbouring values that belong together.

    Attributes:
        cell: the cell of each group, in order, int64 (groups,).
        owner: its stretch, int64 (groups,).
        lefts: its first value, int64 (groups,).
        rights: one past its last value, int64 (groups,).
    """

    cell: Indices
    owner: Indices
    lefts: Indices
    rights: Indices


def fixed_steps(places: Places, values: Values, groups: Groups) -> Packed:
    """One fixedStep block per group of values, whose last value covers a full step.

    Args:
        places: the stretches of all values (bp).
        values: float32 (n,).
        groups: in order.
    """
    owner, lefts, rights = groups.owner, groups.lefts, groups.rights
    heads = np.zeros(len(lefts), dtype=BLOCK_HEADER)
    heads["chrom"], heads["kind"], heads["items"] = places.chrom[owner], FIXED_STEP, rights - lefts
    heads["step"] = heads["span"] = places.resolution
    origin = places.start[owner] - places.edges[owner] * places.resolution
    heads["start"] = origin + lefts * places.resolution
    heads["end"] = origin + rights * places.resolution
    return _pack(heads, values.view(np.uint32), (lefts, rights), groups.cell, form=0)


def bed_graphs(places: Places, values: Values, runs: Groups, *, form: int) -> Packed:
    """One bedGraph block per cell, of its runs of equal values.

    Args:
        places: the stretches of all values (bp).
        values: float32 (n,).
        runs: in order.
        form: see `Packed`.
    """
    cell, owner, lefts, rights = runs.cell, runs.owner, runs.lefts, runs.rights
    items = np.empty(len(lefts), dtype=BED_ITEM)
    origin = places.start[owner] - places.edges[owner] * places.resolution
    items["start"] = origin + lefts * places.resolution
    items["end"] = np.minimum(origin + rights * places.resolution, places.end[owner])
    items["value"] = values[lefts]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    last = np.append(first, len(cell))[1:]
    heads = np.zeros(len(first), dtype=BLOCK_HEADER)
    heads["chrom"], heads["kind"] = places.chrom[owner[first]], BED_GRAPH
    heads["items"] = last - first
    heads["start"], heads["end"] = items["start"][first], items["end"][last - 1]
    words = BED_ITEM.itemsize // 4
    return _pack(
        heads, items.view(np.uint32), (first * words, last * words), cell[first], form=form
    )


def _pack(
    heads: npt.NDArray[np.void],
    words: Words,
    pieces: tuple[Indices, Indices],
    cell: Indices,
    *,
    form: int,
) -> Packed:
    """Compress blocks, each a header and a piece of `words`."""
    rows = heads.view(np.uint32).reshape(len(heads), BLOCK_HEADER.itemsize // 4)
    record = BED_ITEM.itemsize // 4 if len(heads) and heads["kind"][0] == BED_GRAPH else 0
    data, sizes = deflate(words, *pieces, rows, record=record)
    entries = np.empty(len(heads), dtype=BLOCK_ENTRY)
    for name in ("chrom", "start", "end"):
        entries[name] = heads[name]
    entries["size"] = sizes
    unpacked = BLOCK_HEADER.itemsize + 4 * (pieces[1] - pieces[0])
    return Packed(cell, form, entries, unpacked, data)


def choose(packed: Sequence[Packed]) -> Packed:
    """The blocks of each cell in its smaller form, which counts their leaves in the index.

    A cell has blocks of one form or of both; of two equal ones the first is taken.
    """
    cell = np.concatenate([one.cell for one in packed])
    form = np.repeat([one.form for one in packed], [len(one.cell) for one in packed])
    entries = np.concatenate([one.entries for one in packed])
    sizes = entries["size"].astype(np.int64)
    costs = np.full((2, int(cell.max(initial=0)) + 1), np.inf)
    for kind in (0, 1):
        here = form == kind
        total = np.bincount(cell[here], sizes[here] + LEAF.itemsize, costs.shape[1])
        costs[kind] = np.where(total > 0, total, np.inf)
    better = np.argmin(costs, axis=0)
    order = np.lexsort((entries["start"], cell))
    order = order[form[order] == better[cell[order]]]
    data = np.concatenate([one.data for one in packed])
    begins = np.cumsum(sizes) - sizes
    taken = np.empty(int(sizes[order].sum()), dtype=np.uint8)
    _collect(data, begins[order], sizes[order], taken)
    unpacked = np.concatenate([one.unpacked for one in packed])
    return Packed(cell[order], 0, entries[order], unpacked[order], taken)


@kernel
def _collect(
    data: npt.NDArray[np.uint8], begins: Indices, sizes: Indices, taken: npt.NDArray[np.uint8]
) -> None:
    at = 0
    for block in range(len(begins)):
        for i in range(begins[block], begins[block] + sizes[block]):
            taken[at] = data[i]
            at += 1
