"""Arrays on disk with a checksum per block of 1 MiB, verified when a block is first read.

A check costs about as much as reading the block from memory, so nothing is read ahead: opening
stays quick, and an epoch pays for each block once. Processes that are forked later, such as the
workers of a loader, share the record of what has been verified.
"""

from __future__ import annotations

import io
import mmap
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import DatasetError, RecordError

BLOCK = 1 << 20  # bytes per block, rounded down to whole elements
_HEAD = 4096  # bytes that hold the header of any of our arrays
_DIGITS = 8  # of a checksum

Rule = Callable[[npt.NDArray[Any]], bool]
"""Whether the content of a part of an array is possible at all."""


@dataclass(frozen=True)
class ArrayRecord:
    """What dataset.json says of an array.

    Attributes:
        bytes: size of its file.
        length: number of elements.
        crc32: the CRC-32 of each block, as 8 hexadecimal digits, one after another.

    Raises:
        DatasetError: a negative number, or checksums that are not such digits.
    """

    bytes: int
    length: int
    crc32: str

    def __post_init__(self) -> None:
        if self.bytes < 0 or self.length < 0 or len(self.crc32) % _DIGITS:
            raise DatasetError('"files" has a negative size, or checksums cut short')
        try:
            bytes.fromhex(self.crc32)
        except ValueError as error:
            raise DatasetError('"files" has a checksum that is not hexadecimal') from error

    def to_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        return asdict(self)


class CheckedArray:
    """A one-dimensional array on disk, whose blocks are verified when they are first read.

    Args:
        path: the .npy file.
        dtype: of its elements.
        record: its size and checksums.
        rule: what holds of every block, if anything.

    Raises:
        RecordError: the file cannot be read, or has another size, dtype or length.
    """

    def __init__(
        self, path: Path, dtype: np.dtype[Any], record: ArrayRecord, rule: Rule | None = None
    ) -> None:
        self._name = path.name
        self._array = _mapped(path, dtype, record)
        self._step = _elements(dtype)
        self._rule = rule
        self._checksums = np.frombuffer(bytes.fromhex(record.crc32), dtype=">u4")
        blocks = -(-record.length // self._step)
        if len(self._checksums) != blocks:
            raise RecordError(
                f"{self._name} has {len(self._checksums):,} checksums; expected {blocks:,}"
            )
        # anonymous shared memory: a forked process sees what this one has verified, and the reverse
        self._verified = np.frombuffer(mmap.mmap(-1, max(blocks, 1)), dtype=np.bool_)

    def __len__(self) -> int:
        return len(self._array)

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """The elements [start, stop), (stop - start,) of the array's dtype, all verified.

        Raises:
            RecordError: a block has changed since it was written.
        """
        first, last = start // self._step, -(-stop // self._step)
        if not self._verified[first:last].all():
            for block in first + np.flatnonzero(~self._verified[first:last]):
                if problem := self._problem(int(block)):
                    raise RecordError(problem)
                self._verified[block] = True
        return self._array[start:stop]

    def problems(self) -> Iterator[str | None]:
        """For each block, what is wrong with it, whether or not it has been read before."""
        return (self._problem(block) for block in range(len(self._checksums)))

    @property
    def blocks(self) -> int:
        """The number of blocks."""
        return len(self._checksums)

    def _problem(self, block: int) -> str | None:
        start = block * self._step
        found = self._array[start : start + self._step]
        where = f"{self._name}, elements {start:,} to {start + len(found) - 1:,}"
        if zlib.crc32(found.view(np.uint8).data) != self._checksums[block]:
            return f"{where} do not match their checksum: they have changed since the build"
        if self._rule is not None and not self._rule(found):
            return f"{where} hold impossible values"
        return None


def record_array(path: Path) -> ArrayRecord:
    """Size and checksums of an array that has just been written."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    step = _elements(array.dtype)
    sums = (
        zlib.crc32(np.asarray(array[start : start + step]).view(np.uint8).data)
        for start in range(0, len(array), step)
    )
    return ArrayRecord(path.stat().st_size, len(array), "".join(f"{one:08x}" for one in sums))


def _elements(dtype: np.dtype[Any]) -> int:
    return BLOCK // dtype.itemsize


def _mapped(path: Path, dtype: np.dtype[Any], record: ArrayRecord) -> npt.NDArray[Any]:
    """The array of a file, mapped only if header, size and record agree."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError as error:
        raise RecordError(f"{path.name} is missing") from error
    except OSError as error:
        raise RecordError(f"{path.name} cannot be read ({error.strerror})") from error
    if size != record.bytes:
        raise RecordError(f"{path.name} has {size:,} bytes; expected {record.bytes:,}")
    shape, found, begin = _npy_header(path.name, head)
    if found != dtype or shape != (record.length,):
        raise RecordError(
            f"{path.name} holds {found} {shape}; expected {dtype}, {record.length:,} of them"
        )
    if size != begin + record.length * dtype.itemsize:
        raise RecordError(f"{path.name} has {size:,} bytes, which its header does not account for")
    if record.length == 0:
        return np.empty(0, dtype)
    return np.asarray(np.memmap(path, dtype, "r", offset=begin, shape=shape))


def _npy_header(name: str, head: bytes) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Shape, dtype and length in bytes of the header that an .npy file begins with."""
    file = io.BytesIO(head)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise ValueError(f"version {version}")
            shape, by_column, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception as error:  # NumPy evaluates the header as Python, which can fail in any way
        raise RecordError(f"{name} is not an array as regtrack writes it") from error
    if by_column:
        raise RecordError(f"{name} is not an array as regtrack writes it")
    return shape, dtype, file.tell()
