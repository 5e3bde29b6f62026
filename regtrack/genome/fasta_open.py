"""Find the index of a FASTA, or make it; an index is used only if it is of this very file.

It is looked for next to the FASTA, where samtools writes it (`.fai`, with `.gzi` for bgzip), and in
the cache. The content decides, not the dates. One that is missing or of another file is made, next
to the FASTA or, if nothing can be written there, in the cache.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regtrack.atomic import publish_file
from regtrack.errors import OutputError
from regtrack.genome.bgzip_blocks import Blocks, read_blocks, walk_blocks
from regtrack.genome.cache import cached
from regtrack.genome.fasta_bytes import BgzipBytes, FastaBytes, PlainBytes
from regtrack.genome.fasta_check import fits
from regtrack.genome.fasta_index import FastaIndex, parse_fai
from regtrack.genome.fasta_scan import scan_fasta

_log = logging.getLogger(__name__)
_LARGEST = 1 << 30  # bytes of an index that is read


@dataclass(frozen=True)
class IndexedFasta:
    """A FASTA and where everything lies in it.

    Attributes:
        path: the file, plain or bgzip.
        index: its records.
        blocks: the blocks of a bgzip file.
    """

    path: Path
    index: FastaIndex
    blocks: Blocks | None

    def open(self) -> FastaBytes:
        """Open the file's content."""
        return _open(self.path, self.blocks)


def open_fasta(path: Path, *, bgzip: bool) -> IndexedFasta:
    """Open a FASTA by an index that is of it.

    Args:
        path: the FASTA, plain or bgzip.
        bgzip: whether it is bgzip.

    Raises:
        FastaError: it cannot be read by region, see `scan_fasta`; or it is damaged.
    """
    blocks = _find_blocks(path) if bgzip else None
    data = _open(path, blocks)
    try:
        index = _find_index(path, data) or _make_index(path, data)
    finally:
        data.close()
    return IndexedFasta(path, index, blocks)


def index_anew(fasta: IndexedFasta) -> None:
    """Make the index of a FASTA whose lines turned out to lie elsewhere.

    Raises:
        FastaError: it cannot be read by region.
    """
    data = fasta.open()
    try:
        _make_index(fasta.path, data)
    finally:
        data.close()


def _open(path: Path, blocks: Blocks | None) -> FastaBytes:
    return PlainBytes(path) if blocks is None else BgzipBytes(path, blocks)


def _places(path: Path, suffix: str) -> Iterator[Path]:
    """Where an index may lie: next to the FASTA, and in the cache."""
    yield path.with_name(path.name + suffix)
    yield cached(path, suffix)


def _contents(path: Path, suffix: str) -> Iterator[bytes]:
    for place in _places(path, suffix):
        with suppress(OSError):
            if place.is_file() and place.stat().st_size <= _LARGEST:
                yield place.read_bytes()


def _find_blocks(path: Path) -> Blocks:
    for content in _contents(path, ".gzi"):
        if blocks := read_blocks(path, content):
            return blocks
    blocks = walk_blocks(path)
    _publish(path, ".gzi", blocks.gzi())
    return blocks


def _find_index(path: Path, data: FastaBytes) -> FastaIndex | None:
    for content in _contents(path, ".fai"):
        index = parse_fai(content)
        if index is not None and fits(index, data):
            return index
    return None


def _make_index(path: Path, data: FastaBytes) -> FastaIndex:
    index = scan_fasta(data.pieces(), path)
    _publish(path, ".fai", index.fai())
    return index


def _publish(path: Path, suffix: str, content: bytes) -> None:
    """Write an index where that is possible; several processes write the same bytes."""
    for place in _places(path, suffix):
        stood = place.exists()
        with suppress(OutputError):
            with publish_file(place, overwrite=True, wait=True) as temporary:
                temporary.write_bytes(content)
            if stood:
                _log.warning("%s was broken or of another file: it was made anew", place)
            return
    _log.info("the index of %s cannot be written and is kept in memory", path)
