"""Read the bytes of a file without trusting its content.

Wrong offsets, sizes and counts in a damaged file lead to a `TrackError` that says what is wrong at
which byte, and never to a crash, an endless loop or a huge allocation. Files may be little-endian
or big-endian; what is read is little-endian.
"""

from __future__ import annotations

import math
import os
import struct
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from regtrack.errors import TrackError

# raised by the inflater; the package's stub declares it as an instance
_DAMAGED: type[Exception] = isal_zlib.error  # type: ignore[assignment]


def check_file(path: Path) -> None:
    """Refuse a path that is not a file.

    Raises:
        TrackError: it is not a file.
    """
    if path.is_file():
        return
    if path.exists() and not path.is_dir():
        raise TrackError(
            f"{path} is a pipe or a device, and a bigWig is read by region; save it to a file"
        )
    raise TrackError(f"no bigWig at {path}; expected a file")


class Source:
    """A file opened for reading; threads may share it, since reading does not move a position.

    Attributes:
        path: the file.
        size: the file's size (bytes).
        big_endian: whether the numbers of the file are big-endian.

    Raises:
        TrackError: no such file, or it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        check_file(path)
        self.path = path
        self.big_endian = False
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise TrackError(f"{path} cannot be opened ({error.strerror})") from error
        self.size = os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, at: int, size: int, what: str) -> bytes:
        """Bytes of the file.

        Args:
            at: offset of the first byte.
            size: number of bytes.
            what: what the bytes are, for messages.

        Raises:
            TrackError: the file ends before.
        """
        if at + size > self.size:
            raise self.error(
                what, at, f"needs {size:,} bytes, but the file ends at {self.size:,}; truncated?"
            )
        try:
            data = os.pread(self._file.fileno(), size, at)
        except OSError as error:
            raise self.error(what, at, f"cannot be read ({error.strerror})") from error
        if len(data) != size:
            raise self.error(what, at, f"{len(data):,} of {size:,} bytes could be read")
        return data

    def unpack(self, form: struct.Struct, at: int, what: str) -> tuple[Any, ...]:
        """The fields of a struct.

        Raises:
            TrackError: the file ends before the struct does.
        """
        return self.form(form).unpack(self.read(at, form.size, what))

    def form(self, form: struct.Struct) -> struct.Struct:
        """A little-endian struct in the byte order of the file."""
        return _big_endian(form.format) if self.big_endian else form

    def table(
        self, data: bytes, dtype: npt.DTypeLike, count: int = -1, offset: int = 0
    ) -> npt.NDArray[Any]:
        """A table in bytes of the file, as by `numpy.frombuffer`: any dtype, little-endian (n,)."""
        dtype = np.dtype(dtype)
        if not self.big_endian:
            return np.frombuffer(data, dtype, count, offset)
        return np.frombuffer(data, dtype.newbyteorder(">"), count, offset).astype(dtype)

    def inflate(self, at: int, size: int, limit: int, what: str) -> bytes:
        """Decompress a zlib block.

        Args:
            at: its offset.
            size: its compressed size (bytes).
            limit: the largest size that the header and the format allow (bytes, uncompressed).
            what: what it is, for messages.

        Raises:
            TrackError: it is damaged or too large.
        """
        if size > 2 * limit + 1024:
            raise self.error(what, at, f"{size:,} bytes packed; the header allows {limit:,}")
        inflater = isal_zlib.decompressobj()
        try:
            # one byte more than allowed, so that the end and the checksum are always reached
            data = inflater.decompress(self.read(at, size, what), limit + 1)
        except _DAMAGED as error:
            raise self.error(what, at, f"cannot be unpacked ({error})") from error
        if len(data) > limit:
            raise self.error(what, at, f"unpacks to more than {limit:,} bytes")
        if not inflater.eof:
            raise self.error(what, at, "ends before the end of its compressed data")
        return data

    def inflate_part(self, at: int, size: int, part: float, limit: int, what: str) -> bytes:
        """Decompress about the first part of a zlib block, without checking its checksum.

        Args:
            at: as in `inflate`.
            size: as in `inflate`.
            part: of its compressed bytes, 0 to 1.
            limit: as in `inflate`.
            what: as in `inflate`.

        Returns:
            As many bytes as these hold.

        Raises:
            TrackError: they are damaged.
        """
        data = self.read(at, min(math.ceil(size * part), size), what)
        try:
            return isal_zlib.decompressobj().decompress(data, limit)
        except _DAMAGED as error:
            raise self.error(what, at, f"cannot be unpacked ({error})") from error

    def error(self, what: str, at: int, message: str) -> TrackError:
        """An error that names the file, the part and its offset."""
        return TrackError(f"{self.path}: {what} at byte {at:,}: {message}")


@cache
def _big_endian(form: str) -> struct.Struct:
    return struct.Struct(form.replace("<", ">"))
