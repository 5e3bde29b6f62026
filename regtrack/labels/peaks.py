"""Peak files: narrowPeak, broadPeak and BED3 to BED12, gzipped or plain.

The rules, repeated for users in docs/dataset.md:

- Blank lines and lines that start with `#`, `track` or `browser` are skipped. Columns are separated
  by tabs or spaces; the first three are chromosome, start and end, in bp, 0-based and half-open.
- Errors: fewer than three columns; a start or end that is not a whole number of 0 or more; an end
  before the start; a damaged gzip.
- Chromosome names are bridged (`1` for `chr1`, `MT` for `chrM`, and the reverse).
- Dropped and counted: a peak of no bases, on a chromosome that the assembly lacks, or starting past
  the end of its chromosome. A peak that only ends past it is clipped and counted.
- A peak of the right assembly never starts past a chromosome's end. If at least 10 do, and more
  than 0.1 % of those on known chromosomes, the file is for another assembly, which is an error:
  0.4 % of hg19 lies past the ends of hg38, and 0.2 % of hg38 past those of hg19.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from operator import add
from pathlib import Path

import numpy as np

from regtrack.errors import PeakFileError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals, Positions

_SKIPPED = (b"#", b"track", b"browser")
_DIGITS = 18  # fit in 64 bits, and exceed the length of any chromosome
_LARGEST = 10**_DIGITS
_FOREIGN_SHARE, _FOREIGN_LEAST = 0.001, 10


@dataclass(frozen=True, slots=True)
class PeakCounts:
    """How many of a file's peaks were used, and how many were not.

    Attributes:
        read: peak lines.
        empty: dropped: no bases.
        unknown: dropped: on a chromosome that the assembly lacks.
        outside: dropped: past the end of its chromosome.
        clipped: used up to the end of its chromosome.
    """

    read: int = 0
    empty: int = 0
    unknown: int = 0
    outside: int = 0
    clipped: int = 0

    @property
    def used(self) -> int:
        """Peaks that became labels, including clipped ones."""
        return self.read - self.empty - self.unknown - self.outside

    @property
    def foreign(self) -> bool:
        """Whether so many peaks start past chromosome ends that they belong to another assembly."""
        known = self.read - self.unknown
        return self.outside >= _FOREIGN_LEAST and self.outside > _FOREIGN_SHARE * known

    def __add__(self, other: PeakCounts) -> PeakCounts:
        return PeakCounts(*map(add, astuple(self), astuple(other)))


@dataclass(frozen=True, eq=False)
class Peaks:
    """The labelled bases of one marker.

    Attributes:
        by_chrom: the labelled bases of each chromosome of the assembly with a peak.
        counts: how many of the file's peaks were used or dropped.
        sha256: digest of the file on disk.
        bridged: names read as names of the assembly, such as `{"1": "chr1"}`.
        unknown: names that the assembly lacks.
    """

    by_chrom: dict[str, Intervals]
    counts: PeakCounts
    sha256: str
    bridged: dict[str, str]
    unknown: tuple[str, ...]

    @property
    def covered(self) -> int:
        """Bases under at least one peak."""
        return sum(found.bases for found in self.by_chrom.values())


def read_peaks(path: Path, assembly: Assembly) -> Peaks:
    """Read a peak or BED file onto an assembly, by the rules at the top of this file.

    Raises:
        PeakFileError: no such file, a damaged gzip, a line that is not a peak, or peaks of another
            assembly.
    """
    raw = _read(path)
    text = _unpack(path, raw)
    found: dict[str, list[tuple[Positions, Positions]]] = {}
    total, bridged, unknown = PeakCounts(), {}, []
    for name, starts, ends in _parse(path, text):
        chrom = assembly.resolve(name)
        if chrom is None:
            unknown.append(name)
            total += PeakCounts(read=len(starts), unknown=len(starts))
            continue
        if chrom != name:
            bridged[name] = chrom
        placed, counts = _place(starts, ends, assembly.length(chrom))
        found.setdefault(chrom, []).append(placed)
        total += counts
    if total.foreign:
        raise PeakFileError(
            f"{path} is for another assembly than the reference: {total.outside:,} of its "
            f"{total.read - total.unknown:,} lines on the reference's chromosomes start past their "
            "ends; take both from one assembly"
        )
    return Peaks(
        by_chrom=_merged(found, assembly),
        counts=total,
        sha256=hashlib.sha256(raw).hexdigest(),
        bridged=bridged,
        unknown=tuple(unknown),
    )


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise PeakFileError(f"no peak or BED file at {path}; check the path")
    return path.read_bytes()


def _unpack(path: Path, raw: bytes) -> bytes:
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise PeakFileError(f"{path} is a damaged gzip ({error}); download it again") from error


def _parse(path: Path, text: bytes) -> Iterator[tuple[str, Positions, Positions]]:
    """The peaks of each chromosome name, in the order of the names' first appearance."""
    names: dict[bytes, int] = {}
    # arrays of machine integers: a million peaks must not make a million Python objects
    owners, starts, ends = array("q"), array("q"), array("q")
    for number, line in enumerate(text.split(b"\n"), 1):
        fields = line.split(None, 3)
        if not fields or line.startswith(_SKIPPED):
            continue
        try:
            name, start, end = fields[0], int(fields[1]), int(fields[2])
        except (IndexError, ValueError):
            raise _not_a_peak(path, number, line) from None
        # isdigit as well: int() also accepts a sign and underscores
        if not (start <= end < _LARGEST and fields[1].isdigit() and fields[2].isdigit()):
            raise _not_a_peak(path, number, line)
        owners.append(names.setdefault(name, len(names)))
        starts.append(start)
        ends.append(end)
    owner, lows, highs = (np.frombuffer(c, dtype=np.int64) for c in (owners, starts, ends))
    for name, index in names.items():
        mine = owner == index
        yield name.decode("utf-8", "replace"), lows[mine], highs[mine]


def _not_a_peak(path: Path, number: int, line: bytes) -> PeakFileError:
    fields = line.split(None, 3)
    if len(fields) < 3:
        problem = "expected at least 3 columns: chromosome, start, end"
    elif not (fields[1].isdigit() and fields[2].isdigit()):
        problem = "expected start and end as whole numbers of 0 or more"
    elif max(len(fields[1]), len(fields[2])) > _DIGITS:
        problem = "no chromosome is this long"
    else:
        problem = "it ends before it starts; expected start <= end"
    shown = line.decode("utf-8", "backslashreplace").rstrip()
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    return PeakFileError(f"{path} line {number} cannot be read: {shown!r}; {problem}")


def _place(
    starts: Positions, ends: Positions, length: int
) -> tuple[tuple[Positions, Positions], PeakCounts]:
    """The peaks of one chromosome that lie on it, clipped, and the counts."""
    empty = starts == ends
    outside = ~empty & (starts >= length)
    keep = ~(empty | outside)
    clipped = keep & (ends > length)
    counts = PeakCounts(
        read=len(starts),
        empty=int(empty.sum()),
        outside=int(outside.sum()),
        clipped=int(clipped.sum()),
    )
    return (starts[keep], np.minimum(ends[keep], length)), counts


def _merged(
    found: dict[str, list[tuple[Positions, Positions]]], assembly: Assembly
) -> dict[str, Intervals]:
    """The pieces of each chromosome joined, in the assembly's order, without empty ones."""
    by_chrom = {}
    for chrom in filter(found.__contains__, assembly.names):
        starts, ends = (np.concatenate(side) for side in zip(*found[chrom], strict=True))
        if len(starts):
            by_chrom[chrom] = Intervals.merged(starts, ends)
    return by_chrom
