"""The zoom levels of a file while its data are being written.

The lowest level takes bins of the data, some thousand at a time; each further level joins four bins
of the level below. A level keeps at most one block of records in memory. Full blocks of all levels
go to one temporary file, from which each level is copied after the data when these are complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from regtrack.tracks.bigwig.bins import NO_BINS, Bins, join_records
from regtrack.tracks.bigwig.deflate.streams import deflate
from regtrack.tracks.bigwig.index import block_index, end_to_end, join_leaves
from regtrack.tracks.bigwig.layout import (
    LEAF,
    SUMMARY,
    ZOOM_HEADER,
    ZOOM_RECORD,
    ZOOM_RECORDS_PER_BLOCK,
    Leaves,
)
from regtrack.tracks.bigwig.merging import merge_bins, zoom_records

_ENOUGH = 4_096  # bins taken up in one step, which costs as much as some hundred of them


class Ladder:
    """All zoom levels and the total summary.

    Args:
        reductions: width of each level's bins (bp), each a multiple of the one before.
        lengths: length of each chromosome (bp), by number, int64 (chromosomes,).
        spool: a temporary file to write and read.
    """

    def __init__(
        self, reductions: Sequence[int], lengths: npt.NDArray[np.int64], spool: BinaryIO
    ) -> None:
        self._levels = [_Level(reduction, lengths, spool) for reduction in reductions]
        self._widest: list[Bins] = []
        self._held: list[Bins] = []  # added, and not yet taken up

    def add(self, bins: Bins, *, last: bool = False) -> None:
        """Add bins of the data, `BIN` (n,) in bp, which follow those added before.

        Args:
            bins: of one or more chromosomes.
            last: no more will follow, so that all are complete.
        """
        self._held.append(bins)
        if not last and sum(map(len, self._held)) < _ENOUGH:
            return
        bins, self._held = join_records(self._held), []
        for level in self._levels:
            bins = level.add(bins, last=last)
        if len(bins):
            self._widest.append(bins)

    def write(self, file: BinaryIO) -> list[bytes]:
        """Write every level's blocks and index; returns the zoom headers."""
        self.add(NO_BINS, last=True)
        return [level.write(file) for level in self._levels]

    def summary(self) -> bytes:
        """The total summary: the sum of the widest level's bins."""
        bins = join_records([NO_BINS, *self._widest])
        if len(bins) == 0:
            return SUMMARY.pack(0, 0.0, 0.0, 0.0, 0.0)
        return SUMMARY.pack(
            bins["valid"].sum(dtype=np.uint64), bins["min"].min(), bins["max"].max(),
            bins["sum"].sum(), bins["squares"].sum(),
        )  # fmt: skip


class _Level:
    """One zoom level; a block holds records of one chromosome."""

    def __init__(self, reduction: int, lengths: npt.NDArray[np.int64], spool: BinaryIO) -> None:
        self._reduction = reduction
        self._lengths = lengths
        self._spool = spool
        self._leaves: list[Leaves] = []  # with offsets in the spool
        self._records = 0
        self._open = NO_BINS  # the last bin, which is not complete yet
        self._waiting = NO_BINS  # complete bins, fewer than a block

    def add(self, bins: Bins, *, last: bool) -> Bins:
        """Add narrower bins; returns this level's bins that are now complete.

        Args:
            bins: bins that follow those added before.
            last: no more bins will follow, so that all are complete.
        """
        merged = merge_bins(join_records([self._open, bins]), self._reduction)
        complete = merged if last else merged[:-1]
        self._open = merged[len(complete) :]
        waiting = join_records([self._waiting, complete])
        full = len(waiting) if last else _filled(waiting)
        if full:
            self._store(waiting[:full])
        self._waiting = waiting[full:]
        return complete

    def _store(self, bins: Bins) -> None:
        """Pack bins into blocks, of which only the last may be partly filled."""
        records = zoom_records(bins, self._reduction, self._lengths)
        lefts = _block_starts(bins)
        rights = np.append(lefts[1:], len(records))
        words = ZOOM_RECORD.itemsize // 4
        packed = deflate(records.view(np.uint32), lefts * words, rights * words, record=words)
        leaves = np.zeros(len(lefts), dtype=LEAF)
        leaves["first_chrom"], leaves["start"] = records["chrom"][lefts], records["start"][lefts]
        leaves["last_chrom"] = records["chrom"][rights - 1]
        leaves["end"], leaves["size"] = records["end"][rights - 1], packed.sizes
        self._leaves.append(end_to_end(leaves, self._spool.tell()))
        self._spool.write(packed.data.data)
        self._records += len(records)

    def write(self, file: BinaryIO) -> bytes:
        """Copy the blocks from the spool and write their index; returns the zoom header."""
        data_at = file.tell()
        file.write(self._records.to_bytes(4, "little"))
        spooled = join_leaves(self._leaves)
        leaves = end_to_end(spooled, file.tell())
        for offset, size in zip(spooled["offset"].tolist(), spooled["size"].tolist(), strict=True):
            self._spool.seek(offset)
            file.write(self._spool.read(size))
        index_at = file.tell()
        file.write(block_index(leaves, index_at, ZOOM_RECORDS_PER_BLOCK))
        return ZOOM_HEADER.pack(self._reduction, 0, data_at, index_at)


def _block_starts(bins: Bins) -> npt.NDArray[np.int64]:
    """The index of the first bin of each block, int64 (blocks,), of at least one bin."""
    if bins["chrom"][0] == bins["chrom"][-1]:
        return np.arange(0, len(bins), ZOOM_RECORDS_PER_BLOCK)
    first = np.flatnonzero(np.diff(bins["chrom"].astype(np.int64), prepend=-1))
    counts = np.diff(np.append(first, len(bins)))
    nth = np.arange(len(bins)) - np.repeat(first, counts)
    return np.flatnonzero(nth % ZOOM_RECORDS_PER_BLOCK == 0)


def _filled(bins: Bins) -> int:
    """How many bins are in blocks to which no more will be added."""
    if len(bins) == 0:
        return 0
    last = int(_block_starts(bins)[-1])
    return len(bins) if len(bins) - last == ZOOM_RECORDS_PER_BLOCK else last
