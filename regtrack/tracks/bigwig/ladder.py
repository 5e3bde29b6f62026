"""The zoom levels of a file while its data are being written.

The lowest level takes bins of the data; each further level joins four bins of the level below. A
level keeps at most one block of records in memory. Full blocks of all levels go to one temporary
file, from which each level is copied after the data when these are complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from regtrack.tracks.bigwig.bins import NO_BINS, Bins, merge_bins, zoom_records
from regtrack.tracks.bigwig.deflate.streams import deflate
from regtrack.tracks.bigwig.index import block_index, end_to_end, join_leaves, make_leaves
from regtrack.tracks.bigwig.layout import (
    BLOCK_ENTRY,
    SUMMARY,
    ZOOM_HEADER,
    ZOOM_RECORD,
    ZOOM_RECORDS_PER_BLOCK,
    Leaves,
)


class Ladder:
    """All zoom levels and the total summary.

    Args:
        reductions: width of each level's bins (bp), each a multiple of the one before.
        lengths: length of each chromosome (bp), by number.
        spool: a temporary file to write and read.
    """

    def __init__(self, reductions: Sequence[int], lengths: Sequence[int], spool: BinaryIO) -> None:
        self._levels = [_Level(reduction, spool) for reduction in reductions]
        self._lengths = lengths
        self._chrom = 0
        self._widest: list[Bins] = []

    def add(self, chrom: int, bins: Bins) -> None:
        """Add bins of the data, `BIN` (n,) in bp, which follow those added before."""
        if chrom != self._chrom:
            self._end_chromosome()
            self._chrom = chrom
        self._rise(bins, last=False)

    def write(self, file: BinaryIO) -> list[bytes]:
        """Write every level's blocks and index; returns the zoom headers."""
        self._end_chromosome()
        return [level.write(file) for level in self._levels]

    def summary(self) -> bytes:
        """The total summary: the sum of the widest level's bins."""
        bins = np.concatenate([NO_BINS, *self._widest])
        if len(bins) == 0:
            return SUMMARY.pack(0, 0.0, 0.0, 0.0, 0.0)
        return SUMMARY.pack(
            bins["valid"].sum(dtype=np.uint64), bins["min"].min(), bins["max"].max(),
            bins["sum"].sum(), bins["squares"].sum(),
        )  # fmt: skip

    def _end_chromosome(self) -> None:
        self._rise(NO_BINS, last=True)

    def _rise(self, bins: Bins, *, last: bool) -> None:
        for level in self._levels:
            bins = level.add(bins, self._chrom, self._lengths[self._chrom], last=last)
        if len(bins):
            self._widest.append(bins)


class _Level:
    """One zoom level."""

    def __init__(self, reduction: int, spool: BinaryIO) -> None:
        self._reduction = reduction
        self._spool = spool
        self._leaves: list[Leaves] = []  # with offsets in the spool
        self._records = 0
        self._open = NO_BINS  # the last bin, which is not complete yet
        self._waiting = NO_BINS  # complete bins, fewer than a block

    def add(self, bins: Bins, chrom: int, length: int, *, last: bool) -> Bins:
        """Add narrower bins; returns this level's bins that are now complete.

        Args:
            bins: bins that follow those added before, on the same chromosome.
            chrom: the chromosome's number.
            length: its length (bp).
            last: no more bins will follow on this chromosome, so that all are complete.
        """
        merged = merge_bins(np.concatenate([self._open, bins]), self._reduction)
        complete = merged if last else merged[:-1]
        self._open = merged[len(complete) :]
        waiting = np.concatenate([self._waiting, complete])
        full = len(waiting) if last else len(waiting) - len(waiting) % ZOOM_RECORDS_PER_BLOCK
        if full:
            self._store(waiting[:full], chrom, length)
        self._waiting = waiting[full:]
        return complete

    def _store(self, bins: Bins, chrom: int, length: int) -> None:
        """Pack bins into blocks, of which only the last may be partly filled."""
        records = zoom_records(bins, chrom, self._reduction, length)
        lefts = np.arange(0, len(records), ZOOM_RECORDS_PER_BLOCK)
        rights = np.minimum(lefts + ZOOM_RECORDS_PER_BLOCK, len(records))
        words = ZOOM_RECORD.itemsize // 4
        packed = deflate(records.view(np.uint32), lefts * words, rights * words, record=words)
        blocks = np.empty(len(lefts), dtype=BLOCK_ENTRY)
        blocks["start"], blocks["end"] = records["start"][lefts], records["end"][rights - 1]
        blocks["size"] = packed.sizes
        self._leaves.append(make_leaves(chrom, blocks, self._spool.tell()))
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
