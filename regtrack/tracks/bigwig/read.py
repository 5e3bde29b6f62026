"""Read a bigWig with pyBigWig: its chromosomes, and its values base by base."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyBigWig

from regtrack.errors import RegionError, TrackError
from regtrack.files.recognise import recognise_file
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig import layout
from regtrack.tracks.bigwig.plain_name import plain_name
from regtrack.tracks.bigwig.source import check_file

Values = npt.NDArray[np.float32]


@contextmanager
def open_bigwig(path: Path) -> Iterator[Any]:
    """Open a bigWig with pyBigWig, and close it on exit.

    The handle must not be passed to another process.

    Raises:
        TrackError: no such file, not a bigWig, or one that is truncated or has no values.
    """
    _check_whole(path)
    try:
        with plain_name(path) as name:
            handle = pyBigWig.open(name)
    except RuntimeError as error:
        raise TrackError(f"{path} cannot be read as bigWig; write or download it again") from error
    try:
        if not handle.isBigWig():
            raise TrackError(f"{path} is a bigBed; expected a bigWig")
        yield handle
    finally:
        handle.close()


def chroms(path: Path) -> Assembly:
    """The chromosomes of a bigWig in the order of the file, which is bytewise by name.

    Raises:
        TrackError: as `open_bigwig`.
    """
    with open_bigwig(path) as handle:
        return _assembly(handle)


def values(path: Path, interval: Interval) -> Values:
    """The value of every base of an interval, float32 (len(interval),); NaN if the file has none.

    Raises:
        TrackError: as `open_bigwig`.
        AssemblyError: the file lacks the chromosome.
        RegionError: the interval ends past the chromosome's end.
    """
    with open_bigwig(path) as handle:
        length = _assembly(handle).length(interval.chrom)
        if interval.end > length:
            raise RegionError(
                f"{interval} is not within {interval.chrom} of {path}, {length:,} bp long"
            )
        found = handle.values(interval.chrom, interval.start, interval.end, numpy=True)
    return np.asarray(found, dtype=np.float32)


def _assembly(handle: Any) -> Assembly:
    lengths = sorted(handle.chroms().items(), key=lambda item: item[0].encode())
    return Assembly(tuple(name for name, _ in lengths), tuple(length for _, length in lengths))


def _check_whole(path: Path) -> None:
    """Check the header before pyBigWig reads the file.

    pyBigWig prints to the terminal if a file is not a bigWig, and opens a truncated one as if it
    were complete; the index of the data is written last.
    """
    check_file(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(layout.HEADER.size)
    if head[:4] != layout.MAGIC.to_bytes(4, "little"):
        raise TrackError(f"{path} is {recognise_file(path)}; expected a bigWig")
    whole = len(head) == layout.HEADER.size
    index = layout.HEADER.unpack(head)[5] if whole else 0
    if not 0 < index < size:
        raise TrackError(
            f"{path}, {size:,} bytes, is truncated or has no values; write or download it again"
        )
