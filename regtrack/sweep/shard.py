"""A shard: the result of a chunk, one file with the blocks and bins of all markers.

The file starts with a head: magic number, length of a JSON header, the header, a table with one
entry per marker, and the SHA-256 of all this. One section per marker follows: compressed blocks,
their entries, and the bins of zoom level 1; the table has a checksum of the section. docs/sweep.md
describes the format.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from regtrack.closing import Closing
from regtrack.disk_errors import disk_errors
from regtrack.errors import OutputError, RecordError
from regtrack.files.checksum import checksum_of
from regtrack.files.records import parse_record, typed
from regtrack.machine.holes import punch
from regtrack.partial_names import temporary_path
from regtrack.sweep.chunks import Chunk
from regtrack.tracks.bigwig.bins import BIN
from regtrack.tracks.bigwig.encode import Encoded
from regtrack.tracks.bigwig.layout import BLOCK_ENTRY

_HEAD = struct.Struct("<8sI")
_MAGIC = b"RTSHARD5"
_DIGEST = 32
_ENTRY = np.dtype(
    [("offset", "<u8"), ("data", "<u8"), ("blocks", "<u4"), ("bins", "<u4"), ("largest", "<u4"),
     ("checksum", "<u8")]
)  # fmt: skip


@dataclass(frozen=True)
class ShardHeader:
    """The header of a shard.

    Attributes:
        plan: digest of its sweep.
        chunk: its chunk.
        resolution: bp per stored value.
        bases: number of bases with a value (bp).
        markers: number of sections, one per track.
    """

    plan: str
    chunk: Chunk
    resolution: int
    bases: int
    markers: int


def write_shard(path: Path, header: ShardHeader, tracks: Sequence[Encoded]) -> None:
    """Write a shard; it appears only when complete, and replaces an earlier one.

    Raises:
        OutputError: the disk is full, or the folder was removed.
    """
    text = json.dumps(asdict(header)).encode()
    sections = [(*t.data, t.blocks.tobytes(), t.bins.tobytes()) for t in tracks]
    table = np.zeros(len(tracks), dtype=_ENTRY)
    start = _HEAD.size + len(text) + table.nbytes + _DIGEST
    sizes = np.array([sum(map(len, section)) for section in sections], dtype=np.uint64)
    table["offset"] = start + np.cumsum(sizes) - sizes
    for entry, track, section in zip(table, tracks, sections, strict=True):
        entry["data"], entry["blocks"] = track.size, len(track.blocks)
        entry["bins"], entry["largest"] = len(track.bins), track.largest
        entry["checksum"] = checksum_of(section)
    head = _HEAD.pack(_MAGIC, len(text)) + text + table.tobytes()
    temporary = temporary_path(path)
    try:
        with disk_errors(path), temporary.open("wb") as file:
            file.writelines([head, hashlib.sha256(head).digest(), *chain.from_iterable(sections)])
        # no fsync: a shard damaged by a power failure fails its checksum and is computed again
        with disk_errors(path):
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Shard(Closing):
    """The shard of a chunk, opened for reading; a context manager.

    Args:
        path: the file.
        plan: digest of the sweep to which it must belong.
        chunk: the chunk that it must contain.

    Attributes:
        header: its header.

    Raises:
        OutputError: the shard does not exist, is broken, or belongs to another sweep.
    """

    def __init__(self, path: Path, plan: str, chunk: Chunk) -> None:
        self._path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise OutputError(f"{path} cannot be read; run again to compute it again") from error
        try:
            self.header, self._table = self._read_head(self._file)
            if (self.header.plan, self.header.chunk) != (plan, chunk):
                raise OutputError(
                    f"{path} belongs to a sweep with another plan, started meanwhile; run again"
                )
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def track(self, marker: int) -> Encoded:
        """The section of a marker.

        Args:
            marker: its index among the tracks.

        Raises:
            OutputError: the shard is broken.
        """
        return self.tracks(range(marker, marker + 1))[0]

    def tracks(self, markers: range) -> list[Encoded]:
        """The sections of neighbouring markers, at least one, which are read in one piece.

        Args:
            markers: their indices among the tracks.

        Raises:
            OutputError: the shard is broken.
        """
        table, sizes, begin, end = self._place(markers)
        if end > self._path.stat().st_size:
            raise self._broken()
        self._file.seek(begin)
        content = memoryview(self._file.read(end - begin))
        if len(content) != end - begin:
            raise self._broken()
        starts = (table["offset"].astype(np.int64) - begin).tolist()
        return [
            self._section(content[start : start + size], entry)
            for start, size, entry in zip(starts, sizes, table, strict=True)
        ]

    def free(self, markers: range) -> bool:
        """Give the space of the sections of neighbouring markers, at least one, back to the disk.

        Returns:
            Whether the system can, and the shard may be written; otherwise they stay.
        """
        *_, begin, end = self._place(markers)
        with suppress(OSError), self._path.open("r+b") as file:  # it may be another user's
            return punch(file, begin, end)
        return False

    def _place(self, markers: range) -> tuple[npt.NDArray[np.void], list[int], int, int]:
        """The entries of neighbouring markers, the sizes of their sections, and where these are."""
        table = self._table[markers.start : markers.stop]  # trusted: the head passed its checksum
        sizes = _section_sizes(table)
        return table, sizes, int(table["offset"][0]), int(table["offset"][-1]) + sizes[-1]

    def _section(self, section: memoryview, entry: np.void) -> Encoded:
        if checksum_of([section]) != entry["checksum"]:
            raise self._broken()
        data = int(entry["data"])
        blocks = data + int(entry["blocks"]) * BLOCK_ENTRY.itemsize
        return Encoded(
            resolution=self.header.resolution,
            data=(section[:data],),
            blocks=np.frombuffer(section[data:blocks], dtype=BLOCK_ENTRY),
            bins=np.frombuffer(section[blocks:], dtype=BIN),
            largest=int(entry["largest"]),
        )

    def _read_head(self, file: BinaryIO) -> tuple[ShardHeader, npt.NDArray[np.void]]:
        start = file.read(_HEAD.size)
        if len(start) < _HEAD.size or start[: len(_MAGIC)] != _MAGIC:
            raise self._broken()
        try:
            text = self._take(file, _HEAD.unpack(start)[1])
            header = typed(parse_record(text), ShardHeader)
            table = self._take(file, header.markers * _ENTRY.itemsize)
        except RecordError as error:
            raise self._broken() from error
        if hashlib.sha256(start + text + table).digest() != file.read(_DIGEST):
            raise self._broken()
        return header, np.frombuffer(table, dtype=_ENTRY)

    def _take(self, file: BinaryIO, count: int) -> bytes:
        if not 0 <= count <= self._path.stat().st_size:
            raise self._broken()
        return file.read(count)

    def _broken(self) -> OutputError:
        return OutputError(f"{self._path} is broken; run again to compute it again")


def _section_sizes(table: npt.NDArray[np.void]) -> list[int]:
    """Bytes of each section, of its entry in the table."""
    blocks, bins = (table[name].astype(np.int64) for name in ("blocks", "bins"))
    sizes = table["data"].astype(np.int64) + blocks * BLOCK_ENTRY.itemsize + bins * BIN.itemsize
    found: list[int] = sizes.tolist()
    return found


def is_intact(path: Path, plan: str, chunk: Chunk, joined: Container[int] = ()) -> bool:
    """Whether a shard exists, belongs to the sweep, and passes its checksums.

    Args:
        path: as for `Shard`.
        plan: as for `Shard`.
        chunk: as for `Shard`.
        joined: indices of tracks that are joined, whose sections may be freed.
    """
    if not path.exists():
        return False
    try:
        with Shard(path, plan, chunk) as shard:
            for marker in range(shard.header.markers):
                if marker not in joined:
                    shard.track(marker)
            return True
    except OutputError:
        return False
