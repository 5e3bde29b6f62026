"""Give back to the disk a part of a file that is not needed any more, where the system can."""

from __future__ import annotations

import ctypes
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

# linux/falloc.h
_KEEP_SIZE, _PUNCH_HOLE = 0x01, 0x02
_PROBE = 1 << 16  # bytes, which are whole blocks of any file system


def punch(file: BinaryIO, start: int, end: int) -> bool:
    """Free the space of some bytes of a file, which read as zeros from then on; its size stays.

    Args:
        file: open for writing.
        start: the first byte, counted from 0.
        end: the first byte after them.

    Returns:
        Whether it was possible: on Linux, with most file systems. Otherwise nothing has changed.
    """
    fallocate = getattr(ctypes.CDLL(None), "fallocate", None)
    if fallocate is None or end <= start:
        return False
    where = ctypes.c_int64(start), ctypes.c_int64(end - start)
    return bool(fallocate(file.fileno(), _PUNCH_HOLE | _KEEP_SIZE, *where) == 0)


def can_punch(folder: Path) -> bool:
    """Whether `punch` is possible in a folder; tried with a file that has no name."""
    with suppress(OSError), tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_PROBE))
        file.flush()
        return punch(file, 0, _PROBE)
    return False
