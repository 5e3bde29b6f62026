"""The first 64 bytes of a bigWig, read without the library.

pyBigWig prints to the terminal when it meets a file that is no bigWig, and hands one that was cut
short over as if it were whole; so the header is looked at first.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from regtrack.errors import TrackError

MAGIC = 0x888FFC26
_LAYOUT = struct.Struct("<IHHQQQ")


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says of a file's parts.

    Attributes:
        zoom_levels: summaries at lower resolution; IGV opens no file without one.
        data: offset of the data (bytes).
        index: offset of the data's index, which is written last.
    """

    zoom_levels: int
    data: int
    index: int


def read_header(path: Path) -> Header:
    """Read the header of a whole bigWig.

    Raises:
        TrackError: no such file, no bigWig, or one that was cut short or holds no value.
    """
    if not path.is_file():
        raise TrackError(f"no bigWig at {path}")
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_LAYOUT.size)
    if len(head) < _LAYOUT.size or head[:4] != MAGIC.to_bytes(4, "little"):
        raise TrackError(f"{path} is no bigWig: it starts with {head[:4].hex(' ') or 'nothing'}")
    _, _, levels, _, data, index = _LAYOUT.unpack(head)
    if not data < index < size:
        raise TrackError(
            f"{path}, {size:,} bytes, is cut short or holds no value; write or fetch it again"
        )
    return Header(levels, data, index)
