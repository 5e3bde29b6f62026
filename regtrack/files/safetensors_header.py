"""The header of a safetensors file: what tensors it holds, and where; read without torch.

The file is eight bytes of header length, a JSON header, then the tensors without gaps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regtrack.errors import RecordError
from regtrack.files.recognise import HEAD, recognise
from regtrack.files.records import parse_record, typed
from regtrack.files.shown import shown

_LARGEST = 100_000_000  # bytes of a header, safetensors' own limit
_METADATA = "__metadata__"
_MOST_AXES = 8
_SIZES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1,
    "BOOL": 1,
}  # fmt: skip


@dataclass(frozen=True)
class TensorRecord:
    """Where a tensor lies in the file.

    Attributes:
        dtype: in the words of safetensors, such as `F32`.
        shape: its shape.
        data_offsets: first byte, and one past the last, counted from the end of the header.

    Raises:
        RecordError: an unknown dtype, a negative number, or a size other than its shape needs.
    """

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]

    def __post_init__(self) -> None:
        start, end = self.data_offsets
        if self.dtype not in _SIZES:
            raise RecordError(f"it is of type {shown(self.dtype)}; expected {', '.join(_SIZES)}")
        if min((start, *self.shape)) < 0 or len(self.shape) > _MOST_AXES:
            raise RecordError("it has an impossible shape or offset")
        needed = math.prod(self.shape) * _SIZES[self.dtype]
        if end - start != needed:
            raise RecordError(
                f"a shape of {self.shape} has {end - start:,} bytes; it needs {needed:,}"
            )


@dataclass(frozen=True)
class SafetensorsHeader:
    """A safetensors file without its tensors.

    Attributes:
        tensors: the tensors by name, in the order of their bytes.
        metadata: free text by key.
        size: bytes that the whole file has.
    """

    tensors: Mapping[str, TensorRecord]
    metadata: Mapping[str, str]
    size: int

    def table(self) -> dict[str, Any]:
        """The tensors as JSON-serialisable values."""
        return {
            name: [one.dtype, list(one.shape), list(one.data_offsets)]
            for name, one in self.tensors.items()
        }


def read_safetensors_header(path: Path) -> SafetensorsHeader:
    """The header of a file, in memory that its length bounds.

    Raises:
        RecordError: not a safetensors file, a damaged header, or a file of another size.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(HEAD)
            length = int.from_bytes(start[:8], "little")
            if length > min(size - 8, _LARGEST):
                raise _no_header(start)
            file.seek(8)
            header = _parse(file.read(length), start)
    except OSError as error:
        raise RecordError(f"cannot be read ({error.strerror})") from error
    if size != header.size:
        raise RecordError(
            f"has {size:,} bytes, but its header announces {header.size:,}; it is incomplete or "
            "damaged: copy it again"
        )
    return header


def split_safetensors(content: bytes) -> tuple[SafetensorsHeader, memoryview]:
    """The header of a whole file in memory, and the bytes of its tensors.

    Raises:
        RecordError: see `read_safetensors_header`.
    """
    length = int.from_bytes(content[:8], "little")
    return _parse(content[8 : 8 + length], content[:HEAD]), memoryview(content)[8 + length :]


def _parse(text: bytes, start: bytes) -> SafetensorsHeader:
    """The header in a JSON text; `start` tells what the file is if it is something else."""
    try:
        record = parse_record(text)
    except RecordError as error:
        raise _no_header(start) from error
    try:
        metadata = typed(record.pop(_METADATA, {}), dict[str, str])
        tensors = {name: _tensor(name, value) for name, value in record.items()}
    except RecordError as error:
        raise RecordError(f"has a damaged header ({error}); copy it again") from error
    ordered = sorted(tensors.items(), key=lambda item: item[1].data_offsets)
    end = 0
    for name, tensor in ordered:
        if tensor.data_offsets[0] != end:
            raise RecordError(
                f"has a damaged header (a gap before tensor {shown(name)}); copy it again"
            )
        end = tensor.data_offsets[1]
    return SafetensorsHeader(dict(ordered), metadata, 8 + len(text) + end)


def _tensor(name: str, value: Any) -> TensorRecord:
    try:
        return typed(value, TensorRecord)
    except RecordError as error:
        raise RecordError(f"tensor {shown(name)}: {error}") from error


def _no_header(start: bytes) -> RecordError:
    found = recognise(start)
    if found == "a safetensors file":
        return RecordError("is incomplete or damaged; copy it again")
    return RecordError(f"is {found}, not a safetensors file")
