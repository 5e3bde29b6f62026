"""Read the parts of a bigWig: chromosomes, indexes, data blocks and zoom records."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from regtrack.closing import Closing
from regtrack.errors import AssemblyError, TrackError, nearest
from regtrack.files.shown import shown
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig import layout
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.header import MAGIC, Summary, ZoomLevel, read_header
from regtrack.tracks.bigwig.layout import Leaves, order_key
from regtrack.tracks.bigwig.nearby import Place, near_blocks
from regtrack.tracks.bigwig.source import Source
from regtrack.tracks.bigwig.trees import (
    Chrom,
    ChromTree,
    read_chromosomes,
    read_index,
    search_index,
)

Positions = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]

# the header of a data block, as `layout.BLOCK_HEADER`
_BLOCK = struct.Struct("<IIIIIBBH")

# of a block's compressed bytes: more than the part of its records, since they differ in size
_PART_MORE, _PART_LEAST = 1.06, 0.03
_END, _END_FROM = struct.Struct("<I"), 8 - layout.ZOOM_RECORD.itemsize  # of a record's last base

_logger = logging.getLogger(__name__)
_reported: set[Path] = set()  # files whose values that are not finite were reported


@dataclass(frozen=True)
class DataBlock:
    """A data block: its span by its own header (bp), and its items as intervals with values.

    Attributes:
        chrom: the chromosome's number.
        start: first base of the span (bp).
        end: one past the last base (bp).
        starts: first base of each item (bp), int64 (n,).
        ends: one past the last base of each (bp), int64 (n,).
        values: float32 (n,).
    """

    chrom: int
    start: int
    end: int
    starts: Positions
    ends: Positions
    values: Values


class RawBigWig(Closing):
    """A bigWig opened for reading its parts; a context manager, which threads may share.

    If a part is damaged, the method that reads it raises a `TrackError` that says what is wrong and
    where.

    Attributes:
        source: the file's bytes.
        header: the file's header.

    Raises:
        TrackError: no such file, or not a bigWig.
    """

    def __init__(self, path: str | Path) -> None:
        self.source = Source(Path(path))
        try:
            self.header = read_header(self.source)
        except TrackError:
            self.source.close()
            raise
        self._zoom_indexes: dict[ZoomLevel, Leaves] = {}

    def close(self) -> None:
        """Close the file."""
        self.source.close()

    @cached_property
    def _tree(self) -> tuple[ChromTree, int]:
        return read_chromosomes(self.source, self.header.tree_at)

    @property
    def chroms(self) -> tuple[Chrom, ...]:
        """The chromosomes, in the order of the file's tree."""
        return self._tree[0].chroms

    @property
    def chrom_nodes(self) -> int:
        """Number of nodes of the tree that have chromosomes, between which readers bisect."""
        return self._tree[1]

    def chrom(self, name: str) -> Chrom:
        """A chromosome by name.

        Raises:
            TrackError: it is not in the file.
        """
        found = self._tree[0].by_name
        if name not in found:
            near = nearest(name, found)
            raise TrackError(f'no chromosome "{shown(name)}" in {self.source.path}{near}')
        return found[name]

    @property
    def assembly(self) -> Assembly:
        """Names and lengths of the chromosomes.

        Raises:
            TrackError: there are none, or one is listed twice or has length 0.
        """
        try:
            return self._tree[0].assembly
        except AssemblyError as error:
            at = self.header.tree_at
            raise self.source.error("chromosome tree", at, str(error)) from error

    @cached_property
    def summary(self) -> Summary:
        """The total summary."""
        at = self.header.summary_at
        return Summary(*self.source.unpack(layout.SUMMARY, at, "total summary"))

    @property
    def block_counts(self) -> tuple[int, ...]:
        """Number of data blocks as given at the beginning of the data.

        Some writers give it in 8 bytes and others, such as wigToBigWig, in 4, which the first block
        follows: the result holds what each would mean.
        """
        at = self.header.data_at
        room = min(8, max(4, int(self.index["offset"].min(initial=at + 8)) - at))
        return tuple(self._integer(at, size) for size in (4, 8) if size <= room)

    def record_count(self, level: ZoomLevel) -> int:
        """Number of a zoom level's records, as given at its beginning; of blocks by libBigWig."""
        return self._integer(level.data_at, 4, f"zoom level {level.reduction:,} bp")

    def _integer(self, at: int, size: int, what: str = "count of data blocks") -> int:
        order: Literal["big", "little"] = "big" if self.source.big_endian else "little"
        return int.from_bytes(self.source.read(at, size, what), order)

    def ends_with_magic(self) -> bool:
        """Whether the file ends with the magic number, as a completely written file does."""
        return self._integer(self.source.size - 4, 4, "end of the file") == layout.MAGIC

    def bytes_after_end(self) -> int | None:
        """Number of bytes after the magic number that ends the file; None if there is none.

        It is searched for in the last MB.
        """
        size = min(self.source.size - layout.HEADER.size, 1 << 20)
        tail = self.source.read(self.source.size - size, size, "end of the file")
        at = tail.rfind(MAGIC[::-1] if self.source.big_endian else MAGIC)
        return None if at < 0 else size - at - len(MAGIC)

    def check_whole(self) -> None:
        """Check that the file is not truncated, without reading its data.

        A complete file ends with the magic number. Since not every writer adds it, a file without
        is also accepted if it holds every block in its indexes.

        Raises:
            TrackError: it is truncated.
        """
        if self.ends_with_magic():
            return
        for leaves in (self.index, *map(self.zoom_index, self.header.zooms)):
            at, size = leaves["offset"], leaves["size"]
            end = np.uint64(self.source.size)
            beyond = (at > end) | (size > end - np.minimum(at, end))
            if beyond.any():
                message = f"the file ends at {self.source.size:,}: it is truncated"
                raise self.source.error("data block", int(at[np.argmax(beyond)]), message)

    @cached_property
    def index(self) -> Leaves:
        """The index of the data blocks, `layout.LEAF` (n,): spans in bp, offsets in bytes."""
        if self._without_data:
            return np.empty(0, dtype=layout.LEAF)
        return read_index(self.source, self.header.index_at, "data index")

    @cached_property
    def _without_data(self) -> bool:
        """Whether there is no index because there is no block, as libBigWig writes it."""
        return self.header.index_at == 0 and self._integer(self.header.data_at, 8) == 0

    def zoom_index(self, level: ZoomLevel) -> Leaves:
        """The index of a zoom level's blocks, `layout.LEAF` (n,), as in `index` (bp)."""
        if level not in self._zoom_indexes:
            read = read_index(self.source, level.index_at, _zoom_index(level))
            self._zoom_indexes[level] = read
        return self._zoom_indexes[level]

    def block(self, leaf: np.void) -> DataBlock:
        """Decompress a data block, given its `layout.LEAF`."""
        return self.block_at(int(leaf["offset"]), int(leaf["size"]))

    def block_at(self, at: int, size: int) -> DataBlock:
        """Decompress a data block, given its offset and size in the file (bytes)."""
        what = "data block"
        data = self._unpacked(at, size, layout.LARGEST_BLOCK, what)
        if len(data) < _BLOCK.size:
            raise self.source.error(what, at, f"{len(data)} bytes unpacked, fewer than its header")
        chrom, start, end, step, span, kind, _, count = self.source.form(_BLOCK).unpack_from(data)
        item = _ITEMS.get(kind)
        if item is None:
            raise self.source.error(what, at, f"type {kind}; expected 1, 2 or 3")
        needed = _BLOCK.size + count * item.itemsize
        if needed > len(data):
            message = f"{count:,} items need {needed:,} bytes; it unpacks to {len(data):,}"
            raise self.source.error(what, at, message)
        items = self.source.table(data, item, count, _BLOCK.size)
        if kind == layout.FIXED_STEP:
            edges = _steps(start, step, count + 1)
            starts = edges[:-1]
            ends = edges[1:] if step == span else starts + span
        else:
            starts = items["start"].astype(np.int64)
            ends = items["end"].astype(np.int64) if kind == layout.BED_GRAPH else starts + span
        return DataBlock(chrom, start, end, starts, ends, items["value"])

    def blocks(self, places: Sequence[Interval]) -> Iterator[DataBlock]:
        """The data blocks that may have values in some places, in the order of the file.

        Values that are not finite, which other writers store, are left out: they are absent.

        Args:
            places: intervals of any chromosomes; the index is searched for all at once.

        Raises:
            TrackError: a chromosome is not in the file, or a part that is needed is damaged.
        """
        leaves = self._search(self.header.index_at, "data index", places)
        for at, size in zip(leaves["offset"].tolist(), leaves["size"].tolist(), strict=True):
            block = self.block_at(at, size)
            finite = np.isfinite(block.values)
            yield block if finite.all() else self._finite(block, finite)

    def has_blocks(self, chrom: str, start: int, end: int) -> bool:
        """Whether there are data blocks that may have values in a region (bp).

        Raises:
            TrackError: as `blocks`.
        """
        place = Interval(chrom, start, end)
        return len(self._search(self.header.index_at, "data index", [place])) > 0

    def _finite(self, block: DataBlock, finite: npt.NDArray[np.bool_]) -> DataBlock:
        """A block without the values that are not finite; they are reported once per file."""
        if self.source.path not in _reported:
            _reported.add(self.source.path)
            named = (chrom.name for chrom in self.chroms if chrom.number == block.chrom)
            chrom = next(named, f"chromosome number {block.chrom}")
            _logger.warning(
                "%s has values that are not finite, such as %s near %s:%s; they are left out",
                self.source.path, block.values[~finite][0], shown(chrom), f"{block.start + 1:,}",
            )  # fmt: skip
        return replace(
            block, starts=block.starts[finite], ends=block.ends[finite], values=block.values[finite]
        )

    def records(self, leaf: np.void) -> Records:
        """Decompress a block of a zoom level: `layout.ZOOM_RECORD` (n,), spans in bp."""
        return self.records_at(int(leaf["offset"]), int(leaf["size"]))

    def records_at(self, at: int, size: int) -> Records:
        """Decompress a block of a zoom level, given its offset and size in the file (bytes).

        Returns:
            `layout.ZOOM_RECORD` (n,), spans in bp.
        """
        what, width = "zoom block", layout.ZOOM_RECORD.itemsize
        data = self._unpacked(at, size, layout.LARGEST_ZOOM_BLOCK, what)
        if len(data) == 0 or len(data) % width:
            message = f"{len(data):,} bytes unpacked; expected records of {width}"
            raise self.source.error(what, at, message)
        return self.source.table(data, layout.ZOOM_RECORD)

    def records_before(self, place: Place, end: int, reduction: int) -> bytes:
        """The first records of a block of a zoom level, unchecked: all that begin before a base.

        Less is unpacked where only the first part of the block is needed.

        Args:
            place: the block.
            end: the base (bp).
            reduction: bp per record of the level.

        Returns:
            `layout.ZOOM_RECORD`, one after another.

        Raises:
            TrackError: the block is damaged.
        """
        needed = -(-(end - place.start) // reduction)  # fewer, if there are gaps
        part = (end - place.start) / (place.end - place.start) * _PART_MORE + _PART_LEAST
        packed = self.header.block_size and not self.source.big_endian
        if packed and place.alone and part < 1:
            what, limit = "zoom block", min(self.header.block_size, layout.LARGEST_ZOOM_BLOCK)
            data = self.source.inflate_part(place.at, place.size, part, limit, what)
            size = needed * layout.ZOOM_RECORD.itemsize
            if len(data) >= size and _END.unpack_from(data, size + _END_FROM)[0] >= end:
                return data[:size]
        return self.records_at(place.at, place.size).tobytes()

    def zoom(self, level: ZoomLevel, chrom: str, start: int, end: int) -> Iterator[Records]:
        """A zoom level's records that overlap a region (bp), in order, block by block.

        Yields:
            `layout.ZOOM_RECORD` (n,), whose numbers may not be finite.

        Raises:
            TrackError: the chromosome is not in the file, or a part that is needed is damaged.
        """
        number, reached = self.chrom(chrom).number, 0
        for leaf in self._search(level.index_at, _zoom_index(level), [Interval(chrom, start, end)]):
            records = self.records(leaf)
            here = (records["chrom"] == number) & (records["start"] < end)
            records = np.extract(here & (records["end"] > start), records)
            edges = np.concatenate(
                [[reached], np.stack([records["start"], records["end"]], 1).flat]
            )
            if (edges[1:] < edges[:-1]).any():
                message = "records overlap or are not in order; write or download the file again"
                raise self.source.error("zoom block", int(leaf["offset"]), message)
            reached = int(edges[-1])
            yield records

    def zoom_places(self, level: ZoomLevel, chrom: str, start: int, end: int) -> list[Place]:
        """Where the blocks of a zoom level lie that overlap a region (bp), in order.

        Raises:
            TrackError: as `zoom`.
        """
        what, number = _zoom_index(level), self.chrom(chrom).number
        found = near_blocks(self.source, level.index_at, what, number, (start, end))
        if found is not None:
            return found
        leaves = self._search(level.index_at, what, [Interval(chrom, start, end)])
        return [Place.of(number, leaf) for leaf in leaves.tolist()]

    def _search(self, at: int, what: str, places: Sequence[Interval]) -> Leaves:
        """The leaves of an index near some places, in order of their first bases."""
        numbers = [self.chrom(place.chrom).number for place in places]
        if at == self.header.index_at and self._without_data:
            return self.index
        lows, highs = (
            order_key(numbers, [min(getattr(place, side), layout.LAST_BASE) for place in places])
            for side in ("start", "end")
        )
        leaves = search_index(self.source, at, what, lows, highs)
        if len(leaves) < 2:
            return leaves
        keys = order_key(leaves["first_chrom"], leaves["start"])
        return leaves[np.argsort(keys, kind="stable")]

    def _unpacked(self, at: int, size: int, most: int, what: str) -> bytes:
        limit = self.header.block_size
        if limit:
            return self.source.inflate(at, size, min(limit, most), what)
        if size > most:
            raise self.source.error(what, at, f"{size:,} bytes; the format allows {most:,}")
        return self.source.read(at, size, what)


_ITEMS = {
    layout.BED_GRAPH: layout.BED_ITEM,
    layout.VARIABLE_STEP: layout.STEP_ITEM,
    layout.FIXED_STEP: np.dtype([("value", "<f4")]),
}


def _steps(start: int, step: int, count: int) -> Positions:
    """`start`, `start + step`, and so on, int64 (count,)."""
    if step == 0:  # of a damaged block
        return np.full(count, start, dtype=np.int64)
    return np.arange(start, start + step * count, step, dtype=np.int64)


def _zoom_index(level: ZoomLevel) -> str:
    return f"index of zoom level {level.reduction:,} bp"
