"""Where the blocks of a bgzip file begin: found by walking the file, or read from its .gzi.

A bgzip file is a gzip of many small members, each with its size in the header (SAM specification,
section 4.1). The last one is empty: it marks the end. A .gzi, as `bgzip -i` and `samtools faidx`
write it, lists where each block but the first begins, packed and unpacked.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from regtrack.errors import FastaError

Places = npt.NDArray[np.int64]

_CHECKED = 1000  # blocks of an index that are looked up in the file
_HEADER = 1024  # bytes that hold the header of any block
_LARGEST = 1 << 16  # bytes in a block, unpacked


@dataclass(frozen=True, eq=False)
class Blocks:
    """Where the blocks of a bgzip file begin, and where the last one ends.

    Attributes:
        packed: places in the file, int64 (blocks + 1,), ascending.
        unpacked: places in its content, int64 (blocks + 1,), ascending.
    """

    packed: Places
    unpacked: Places

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return int(self.unpacked[-1])

    def gzi(self) -> bytes:
        """The content of the .gzi."""
        pairs = np.stack([self.packed[1:-1], self.unpacked[1:-1]], axis=1).astype("<u8")
        return len(pairs).to_bytes(8, "little") + pairs.tobytes()


def block_size(header: bytes) -> int:
    """The bytes of a block from its first bytes; 0 if they begin none."""
    if len(header) < 18 or header[:3] != b"\x1f\x8b\x08" or not header[3] & 4:
        return 0
    end = 12 + int.from_bytes(header[10:12], "little")
    at = 12
    while at + 6 <= end:  # the extra fields, of which that of bgzip may be any
        length = int.from_bytes(header[at + 2 : at + 4], "little")
        if header[at : at + 2] == b"BC" and length == 2:
            return int.from_bytes(header[at + 4 : at + 6], "little") + 1
        at += 4 + length
    return 0


def walk_blocks(path: Path, start: Blocks | None = None) -> Blocks:
    """Find the blocks by going from each to the next.

    Args:
        path: the file.
        start: blocks known already; those after them are looked for.

    Raises:
        FastaError: the file is damaged or cut short.
    """
    packed = [0] if start is None else start.packed.tolist()
    unpacked = [0] if start is None else start.unpacked.tolist()
    file = os.open(path, os.O_RDONLY)
    try:
        header = os.pread(file, _HEADER, packed[-1])
        empty = False
        while header:
            size = block_size(header)
            tail = os.pread(file, 4 + _HEADER, packed[-1] + size - 4) if size else b""
            content = int.from_bytes(tail[:4], "little")
            if len(tail) < 4 or content > _LARGEST:
                raise _truncated(path, packed[-1])
            empty = content == 0
            if empty:
                packed[-1] += size  # an empty block belongs to none
            else:
                packed.append(packed[-1] + size)
                unpacked.append(unpacked[-1] + content)
            header = tail[4:]
    finally:
        os.close(file)
    if not empty:
        raise FastaError(
            f"{path} is truncated: it lacks the EOF marker of bgzip; download it again"
        )
    return Blocks(np.array(packed, dtype=np.int64), np.array(unpacked, dtype=np.int64))


def _truncated(path: Path, place: int) -> FastaError:
    return FastaError(
        f"{path} is truncated or damaged: no whole bgzip block at byte {place:,}; download it again"
    )


def read_blocks(path: Path, gzi: bytes) -> Blocks | None:
    """The blocks that a .gzi lists, if they are those of the file; else None.

    Looked up are up to 1,000 blocks, evenly spaced, and all after the last one listed: each must
    begin and end in the file and in the content where the .gzi says.

    Raises:
        FastaError: the file is cut short.
    """
    count = int.from_bytes(gzi[:8], "little")
    if len(gzi) != 8 + 16 * count:
        return None
    table = np.frombuffer(gzi, dtype="<u8", offset=8).reshape(-1, 2)
    table = np.concatenate([np.zeros((1, 2), dtype=np.uint64), table]).astype(np.int64)
    listed = Blocks(table[:, 0].copy(), table[:, 1].copy())
    if not (_ascends(listed) and _begin_blocks(path, listed)):
        return None
    return walk_blocks(path, listed)


def _ascends(blocks: Blocks) -> bool:
    return bool((np.diff(blocks.packed) > 0).all() and (np.diff(blocks.unpacked) >= 0).all())


def _begin_blocks(path: Path, blocks: Blocks) -> bool:
    """Whether sampled blocks begin where they should and reach up to the next."""
    last = len(blocks.packed) - 1
    rows = np.unique(np.linspace(0, last, _CHECKED).astype(int))
    file = os.open(path, os.O_RDONLY)
    try:
        return all(_is_block(file, blocks, row) for row in rows.tolist())
    finally:
        os.close(file)


def _is_block(file: int, blocks: Blocks, row: int) -> bool:
    """Whether a block begins where it should and, but for the last, reaches up to the next."""
    place = int(blocks.packed[row])
    size = block_size(os.pread(file, _HEADER, place))
    if row == len(blocks.packed) - 1:
        return size > 0
    end, content = int(blocks.packed[row + 1]), 0
    while size and place < end:  # empty blocks may follow
        place += size
        content += int.from_bytes(os.pread(file, 4, place - 4), "little")
        size = block_size(os.pread(file, _HEADER, place))
    return place == end and content == blocks.unpacked[row + 1] - blocks.unpacked[row]
