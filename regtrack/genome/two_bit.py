"""Writes 2bit, UCSC's format of a sequence, for assemblies that its browser does not have.

Source: "2bit File Format" of the UCSC Genome Browser: version 0, 4-byte offsets, little-endian.
Bases are T C A G = 0 1 2 3, four in a byte, the first in the highest bits; runs of N are listed.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np

from regtrack.errors import OutputError
from regtrack.genome.intervals import Intervals
from regtrack.genome.sequence import Codes, N
from regtrack.genome.source import Source
from regtrack.progress import SILENT, Progress

_SIGNATURE = 0x1A412743
_OF_CODE = np.array([2, 1, 3, 0, 0], np.uint8)  # A C G T N
_LARGEST = 2**32 - 1  # an offset
_PIECE = 1 << 22  # bases read at once; a multiple of four


def write_two_bit(path: Path, source: Source, progress: Progress = SILENT) -> None:
    """Write all chromosomes of a genome.

    Args:
        path: of the file, which is replaced.
        source: the sequence; other letters than A, C, G and T are N, and none is lower-case.
        progress: shows the bp done.

    Raises:
        OutputError: a name of more than 255 bytes, or more than 4 GB.
    """
    names = [name.encode() for name in source.assembly.names]
    for name in names:
        if len(name) > 255:
            raise OutputError(f"a 2bit holds names of at most 255 bytes; found {len(name)}")
    at = 16 + sum(len(name) + 5 for name in names)
    offsets = []
    total = sum(source.assembly.lengths)
    with path.open("wb") as file, progress.task("Writing 2bit", total, "bp") as task:
        file.seek(at)
        for chrom, length in zip(source.assembly.names, source.assembly.lengths, strict=True):
            offsets.append(file.tell())
            _write_record(file, source, chrom, length)
            task.advance(length)
        if offsets and offsets[-1] > _LARGEST:
            raise OutputError(f"the sequence takes more than {_LARGEST:,} bytes as 2bit")
        file.seek(0)
        file.write(struct.pack("<4I", _SIGNATURE, 0, len(names), 0))
        for name, offset in zip(names, offsets, strict=True):
            file.write(struct.pack("<B", len(name)) + name + struct.pack("<I", offset))


def _write_record(file: BinaryIO, source: Source, chrom: str, length: int) -> None:
    """Write a chromosome, whose packed bases are kept until its runs of N are known."""
    runs, packed = [], []
    for first in range(0, length, _PIECE):
        codes = source.codes(chrom, first, min(first + _PIECE, length))
        runs.append(Intervals.from_mask(codes == N, first))
        packed.append(_packed(codes))
    unread = Intervals.union(runs)
    sizes = unread.ends - unread.starts
    head = np.concatenate([[length, len(unread)], unread.starts, sizes, [0, 0]])
    file.write(head.astype("<u4").tobytes())
    file.writelines(packed)


def _packed(codes: Codes) -> bytes:
    """Codes, uint8 (L,), four in a byte; the last byte is filled up with T."""
    values = np.zeros(-(-len(codes) // 4) * 4, np.uint8)
    values[: len(codes)] = _OF_CODE[codes]
    rows = values.reshape(-1, 4)
    joined = rows[:, 0] << 6 | rows[:, 1] << 4 | rows[:, 2] << 2 | rows[:, 3]
    return joined.astype(np.uint8).tobytes()
