"""The fixed parts of a bigWig: the header, the places of its zoom levels, and the summary."""

from __future__ import annotations

from dataclasses import dataclass

from regtrack.errors import TrackError
from regtrack.files.recognise import HEAD, recognise
from regtrack.tracks.bigwig import layout
from regtrack.tracks.bigwig.source import Source

MAGIC = layout.MAGIC.to_bytes(4, "little")
# the largest block size that a header may give (bytes), far above what any block needs
_LARGEST_STATED = 1 << 26


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

    @property
    def empty(self) -> bool:
        """Whether it says nothing: some writers leave it at zeros."""
        return not any((self.covered, self.least, self.greatest, self.total, self.squares))


def read_header(source: Source) -> Header:
    """The header, and in `source` the byte order that its magic number shows.

    Raises:
        TrackError: not a bigWig, or one whose header cannot be right.
    """
    start = source.read(0, min(source.size, HEAD), "header")
    if start[:4] not in (MAGIC, MAGIC[::-1]):
        raise TrackError(f"{source.path} is {recognise(start)}; expected a bigWig")
    source.big_endian = start[:4] == MAGIC[::-1]
    fields = source.unpack(layout.HEADER, 0, "header")
    _, version, zooms, tree_at, data_at, index_at, _, _, _, summary_at, block_size, _ = fields
    if block_size > _LARGEST_STATED:
        message = f"block size {block_size:,} bytes; expected at most {_LARGEST_STATED:,}"
        raise source.error("header", 0, message)
    if zooms > layout.MOST_ZOOM_LEVELS:
        message = f"{zooms:,} zoom levels; expected at most {layout.MOST_ZOOM_LEVELS}"
        raise source.error("header", 0, message)
    levels = []
    for number in range(zooms):
        at = layout.HEADER.size + number * layout.ZOOM_HEADER.size
        reduction, _, zoom_data, zoom_index = source.unpack(layout.ZOOM_HEADER, at, "zoom headers")
        levels.append(ZoomLevel(reduction, zoom_data, zoom_index))
    return Header(version, tree_at, data_at, index_at, summary_at, block_size, tuple(levels))
