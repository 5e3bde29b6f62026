"""Read the parts of a bigWig: header, chromosomes, indexes, data blocks and zoom records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from regtrack.errors import TrackError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig import layout
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.layout import Leaves
from regtrack.tracks.bigwig.source import Source
from regtrack.tracks.bigwig.trees import Chrom, read_chromosomes, read_index, search_index

Positions = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]

# the largest block size that a header may give (bytes); the 65,535 items of the largest possible
# block need 0.8 MB
_LARGEST_BLOCK = 1 << 26


@dataclass(frozen=True)
class ZoomLevel:
    """A zoom level: bp per record, and offsets of its blocks and their index (bytes)."""

    reduction: int
    data_at: int
    index_at: int


@dataclass(frozen=True)
class Header:
    """The file's header; offsets in bytes; `block_size` is 0 if blocks are not compressed."""

    version: int
    tree_at: int
    data_at: int
    index_at: int
    summary_at: int
    block_size: int
    zooms: tuple[ZoomLevel, ...]


@dataclass(frozen=True)
class Summary:
    """The file's total summary: the number of bases with a value, and their statistics."""

    covered: int
    least: float
    greatest: float
    total: float
    squares: float


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


class RawBigWig:
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
            self.header = _read_header(self.source)
        except TrackError:
            self.source.close()
            raise
        self._zoom_indexes: dict[ZoomLevel, Leaves] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.source.close()

    @cached_property
    def chroms(self) -> tuple[Chrom, ...]:
        """The chromosomes, in the order of the file's tree."""
        return read_chromosomes(self.source, self.header.tree_at)

    def chrom(self, name: str) -> Chrom:
        """A chromosome by name.

        Raises:
            TrackError: it is not in the file.
        """
        for chrom in self.chroms:
            if chrom.name == name:
                return chrom
        names = [chrom.name for chrom in self.chroms]
        raise TrackError(f'no chromosome "{name}" in {self.source.path}.{nearest(name, names)}')

    @cached_property
    def assembly(self) -> Assembly:
        """Names and lengths of the chromosomes.

        Raises:
            AssemblyError: there are none, or one is listed twice or has length 0.
        """
        names = tuple(chrom.name for chrom in self.chroms)
        return Assembly(names, tuple(chrom.length for chrom in self.chroms))

    @cached_property
    def summary(self) -> Summary:
        """The total summary."""
        at = self.header.summary_at
        return Summary(*self.source.unpack(layout.SUMMARY, at, "total summary"))

    @property
    def block_count(self) -> int:
        """Number of data blocks, as given at the beginning of the data."""
        data = self.source.read(self.header.data_at, 8, "count of data blocks")
        return int.from_bytes(data, "little")

    def record_count(self, level: ZoomLevel) -> int:
        """Number of a zoom level's records, as given at its beginning; of blocks by libBigWig."""
        data = self.source.read(level.data_at, 4, f"zoom level {level.reduction:,} bp")
        return int.from_bytes(data, "little")

    def ends_with_magic(self) -> bool:
        """Whether the file ends with the magic number, as a completely written file does."""
        tail = self.source.read(self.source.size - 4, 4, "end of the file")
        return int.from_bytes(tail, "little") == layout.MAGIC

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
            for at, size in zip(leaves["offset"].tolist(), leaves["size"].tolist(), strict=True):
                if at + size > self.source.size:
                    message = f"the file ends at {self.source.size:,}: it is truncated"
                    raise self.source.error("data block", at, message)

    @cached_property
    def index(self) -> Leaves:
        """The index of the data blocks, `layout.LEAF` (n,): spans in bp, offsets in bytes."""
        return read_index(self.source, self.header.index_at, "data index")

    def zoom_index(self, level: ZoomLevel) -> Leaves:
        """The index of a zoom level's blocks, `layout.LEAF` (n,), as in `index` (bp)."""
        if level not in self._zoom_indexes:
            read = read_index(self.source, level.index_at, _zoom_index(level))
            self._zoom_indexes[level] = read
        return self._zoom_indexes[level]

    def block(self, leaf: np.void) -> DataBlock:
        """Decompress a data block, given its `layout.LEAF`."""
        at, what = int(leaf["offset"]), "data block"
        data = self._unpacked(leaf, what)
        if len(data) < layout.BLOCK_HEADER.itemsize:
            raise self.source.error(what, at, f"{len(data)} bytes unpacked, fewer than its header")
        head = np.frombuffer(data, dtype=layout.BLOCK_HEADER, count=1)[0]
        item = _ITEMS.get(int(head["kind"]))
        if item is None:
            raise self.source.error(what, at, f"type {head['kind']}; expected 1, 2 or 3")
        needed = layout.BLOCK_HEADER.itemsize + int(head["items"]) * item.itemsize
        if needed > len(data):
            message = f"{head['items']:,} items need {needed:,} bytes; it unpacks to {len(data):,}"
            raise self.source.error(what, at, message)
        count, offset = int(head["items"]), layout.BLOCK_HEADER.itemsize
        return _data_block(head, np.frombuffer(data, dtype=item, count=count, offset=offset))

    def blocks(self, chrom: str, start: int, end: int) -> Iterator[DataBlock]:
        """The data blocks that may have values in a region (bp), in order.

        Raises:
            TrackError: the chromosome is not in the file, or a part that is needed is damaged.
        """
        number, at = self.chrom(chrom).number, self.header.index_at
        for leaf in search_index(self.source, at, "data index", (number, start, end)):
            block = self.block(leaf)
            if block.chrom == number:
                yield block

    def records(self, leaf: np.void) -> Records:
        """Decompress a block of a zoom level: `layout.ZOOM_RECORD` (n,), spans in bp."""
        what, size = "zoom block", layout.ZOOM_RECORD.itemsize
        data = self._unpacked(leaf, what)
        if len(data) == 0 or len(data) % size:
            message = f"{len(data):,} bytes unpacked; expected records of {size}"
            raise self.source.error(what, int(leaf["offset"]), message)
        return np.frombuffer(data, dtype=layout.ZOOM_RECORD)

    def zoom(self, level: ZoomLevel, chrom: str, start: int, end: int) -> Records:
        """A zoom level's records that overlap a region (bp), in order, `layout.ZOOM_RECORD` (n,).

        Raises:
            TrackError: the chromosome is not in the file, or a part that is needed is damaged.
        """
        number = self.chrom(chrom).number
        what = _zoom_index(level)
        leaves = search_index(self.source, level.index_at, what, (number, start, end))
        parts = [self.records(leaf) for leaf in leaves]
        records = np.concatenate([np.empty(0, dtype=layout.ZOOM_RECORD), *parts])
        here = (records["chrom"] == number) & (records["start"] < end) & (records["end"] > start)
        return np.extract(here, records)

    def _unpacked(self, leaf: np.void, what: str) -> bytes:
        at, size, limit = int(leaf["offset"]), int(leaf["size"]), self.header.block_size
        if limit:
            return self.source.inflate(at, size, limit, what)
        return self.source.read(at, min(size, _LARGEST_BLOCK), what)


def _read_header(source: Source) -> Header:
    fields = source.unpack(layout.HEADER, 0, "header")
    magic, version, zooms, tree_at, data_at, index_at, _, _, _, summary_at, block_size, _ = fields
    if magic != layout.MAGIC:
        swapped = magic == int.from_bytes(layout.MAGIC.to_bytes(4, "little"), "big")
        hint = " (the file is big-endian: write it again as little-endian)" if swapped else ""
        raise source.error("header", 0, f"magic {magic:#x}; expected {layout.MAGIC:#x}{hint}")
    if block_size > _LARGEST_BLOCK:
        message = f"block size {block_size:,} bytes; expected at most {_LARGEST_BLOCK:,}"
        raise source.error("header", 0, message)
    levels = []
    for number in range(zooms):
        at = layout.HEADER.size + number * layout.ZOOM_HEADER.size
        reduction, _, zoom_data, zoom_index = source.unpack(layout.ZOOM_HEADER, at, "zoom headers")
        levels.append(ZoomLevel(reduction, zoom_data, zoom_index))
    return Header(version, tree_at, data_at, index_at, summary_at, block_size, tuple(levels))


_ITEMS = {
    layout.BED_GRAPH: layout.BED_ITEM,
    layout.VARIABLE_STEP: layout.STEP_ITEM,
    layout.FIXED_STEP: np.dtype([("value", "<f4")]),
}


def _data_block(head: np.void, items: npt.NDArray[np.void]) -> DataBlock:
    start, step, span = int(head["start"]), int(head["step"]), int(head["span"])
    if head["kind"] == layout.FIXED_STEP:
        starts = start + step * np.arange(len(items), dtype=np.int64)
    else:
        starts = items["start"].astype(np.int64)
    has_ends = head["kind"] == layout.BED_GRAPH
    ends = items["end"].astype(np.int64) if has_ends else starts + span
    return DataBlock(int(head["chrom"]), start, int(head["end"]), starts, ends, items["value"])


def _zoom_index(level: ZoomLevel) -> str:
    return f"index of zoom level {level.reduction:,} bp"
