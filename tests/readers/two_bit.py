"""Write 2bit files, by UCSC's description of the format."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import Path

_DIGITS = bytes.maketrans(b"TCAGNtcagn", bytes([0, 1, 2, 3, 0, 0, 1, 2, 3, 0]))


def write_2bit(path: Path, sequences: Mapping[str, str]) -> None:
    """Write sequences of A, C, G and T in either case, and N."""
    records = [_record(bases) for bases in sequences.values()]
    place = 16 + sum(5 + len(name) for name in sequences)
    index = b""
    for name, record in zip(sequences, records, strict=True):
        index += bytes([len(name)]) + name.encode() + struct.pack("<I", place)
        place += len(record)
    path.write_bytes(struct.pack("<4I", 0x1A412743, 0, len(records), 0) + index + b"".join(records))


def _record(bases: str) -> bytes:
    digits = bases.encode().translate(_DIGITS) + bytes(-len(bases) % 4)
    packed = bytes(
        a << 6 | b << 4 | c << 2 | d
        for a, b, c, d in zip(*(digits[at::4] for at in range(4)), strict=True)
    )
    runs = _runs(bases, "[Nn]+") + _runs(bases, "[acgtn]+")
    return struct.pack("<I", len(bases)) + runs + struct.pack("<I", 0) + packed


def _runs(bases: str, pattern: str) -> bytes:
    found = [(run.start(), run.end() - run.start()) for run in re.finditer(pattern, bases)]
    starts, sizes = ([pair[at] for pair in found] for at in range(2))
    return struct.pack(f"<I{2 * len(found)}I", len(found), *starts, *sizes)
