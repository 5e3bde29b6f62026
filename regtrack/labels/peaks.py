"""Peak files: narrowPeak, broadPeak and BED3 to BED12, gzipped or plain.

The rules, repeated for users in docs/dataset.md:

- Blank lines, comments (`#`) and lines for browsers (`track`, `browser`) are skipped and counted.
  Columns are separated by tabs or blanks; the first three are chromosome, start and end, in bp,
  0-based and half-open.
- Errors: fewer than three columns; a start or end that is not a whole number of 0 or more; an end
  before the start; what `regtrack.files.text` refuses.
- Chromosome names are bridged (`1` for `chr1`, `MT` for `chrM`, and the reverse). Two names of one
  file for one chromosome are an error.
- Dropped and counted: a peak of no bases, on a chromosome that the assembly lacks, or starting past
  the end of its chromosome. A peak that only ends past it is clipped and counted.
- A peak of the right assembly never starts past a chromosome's end. If at least 10 do, and more
  than 0.1 % of those on known chromosomes, the file is for another assembly, which is an error:
  0.4 % of hg19 lies past the ends of hg38, and 0.2 % of hg38 past those of hg19.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from operator import add
from pathlib import Path

import numpy as np

from regtrack.errors import AssemblyError, PeakFileError
from regtrack.files.shown import listed
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Positions
from regtrack.labels.bed import BedFile

_FOREIGN_SHARE, _FOREIGN_LEAST = 0.001, 10


@dataclass(frozen=True, slots=True)
class PeakCounts:
    """How many of a file's peaks were used, and how many were not.

    Attributes:
        read: peaks: lines that are not skipped.
        empty: dropped: no bases.
        unknown: dropped: on a chromosome that the assembly lacks.
        outside: dropped: past the end of its chromosome.
        clipped: used up to the end of its chromosome.
        skipped: lines that are no peaks: blank ones, comments, and lines for genome browsers.
    """

    read: int = 0
    empty: int = 0
    unknown: int = 0
    outside: int = 0
    clipped: int = 0
    skipped: int = 0

    @property
    def used(self) -> int:
        """Peaks that became labels, including clipped ones."""
        return self.read - self.empty - self.unknown - self.outside

    @property
    def foreign(self) -> bool:
        """Whether so many peaks start past chromosome ends that they belong to another assembly."""
        known = self.read - self.unknown
        return self.outside >= _FOREIGN_LEAST and self.outside > _FOREIGN_SHARE * known

    def text(self, unknown: Sequence[str] = ()) -> str:
        """The counts in words, those that are not 0; the lines used and dropped add up.

        Args:
            unknown: names that the assembly lacks, of which the first few are shown.

        >>> PeakCounts(read=9, unknown=2, clipped=1).text(["chrUn"])
        '7 of 9 lines used; 2 dropped, on chromosomes that the reference lacks (chrUn); 1 clipped, \
ending past its chromosome'
        """
        lacking = f" ({listed(unknown)})" if unknown else ""
        reasons = (
            (self.unknown, f"dropped, on chromosomes that the reference lacks{lacking}"),
            (self.outside, "dropped, starting past the end of its chromosome"),
            (self.empty, "dropped, with no bases"),
            (self.clipped, "clipped, ending past its chromosome"),
        )
        found = [f"{count:,} {what}" for count, what in reasons if count]
        return "; ".join([f"{self.used:,} of {self.read:,} lines used", *found])

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
    with BedFile(path) as file:
        return _checked(_merged(_placed(file, assembly, path), assembly), file, path)


def read_intervals(path: Path, assembly: Assembly) -> tuple[list[Interval], Peaks]:
    """The intervals of a BED file as they are listed, and what `read_peaks` finds in it.

    Raises:
        PeakFileError: as `read_peaks`.
    """
    with BedFile(path) as file:
        parts = list(_placed(file, assembly, path))
        peaks = _checked(_merged(parts, assembly), file, path)
    listed = [
        Interval(assembly.names[chrom], start, end)
        for placed in parts
        for chrom, start, end in zip(
            placed.chroms.tolist(), placed.starts.tolist(), placed.ends.tolist(), strict=True
        )
    ]
    return listed, peaks


def _checked(peaks: Peaks, file: BedFile, path: Path) -> Peaks:
    """The peaks of a file that was read to its end, with its digest.

    Raises:
        PeakFileError: they are of another assembly.
    """
    counts = peaks.counts
    if counts.foreign:
        raise PeakFileError(
            f"{path} is for another assembly than the reference: {counts.outside:,} of its "
            f"{counts.read - counts.unknown:,} lines on the reference's chromosomes start past "
            "their ends; take both from one assembly"
        )
    return replace(peaks, sha256=file.sha256)


@dataclass(frozen=True, eq=False)
class _Placed:
    """Some lines of a file on the assembly.

    Attributes:
        chroms, starts, ends: the lines that are used: the chromosome's number, and where (bp).
        counts: of these lines and the others.
        bridge: the assembly's name of each name of the file so far that it has.
        names: all names of the file so far.
    """

    chroms: Positions
    starts: Positions
    ends: Positions
    counts: PeakCounts
    bridge: dict[str, str]
    names: tuple[str, ...]


def _placed(file: BedFile, assembly: Assembly, path: Path) -> Iterator[_Placed]:
    """The lines of a file, a part at a time, by the rules at the top of this file."""
    numbers = {name: at for at, name in enumerate(assembly.names)}
    lengths = np.array(assembly.lengths, np.int64)
    bridge: dict[str, str] = {}
    names: tuple[str, ...] = ()
    for rows in file:
        if len(rows.names) > len(names):
            names, bridge = rows.names, _bridged(rows.names, assembly, path)
        chrom_of = np.array([numbers.get(bridge.get(name, ""), -1) for name in names], np.int64)
        chroms = chrom_of[rows.owners]
        known = chroms >= 0
        limits = lengths[chroms]  # of no meaning where the chromosome is unknown
        empty = known & (rows.starts == rows.ends)
        outside = known & ~empty & (rows.starts >= limits)
        keep = known & ~empty & ~outside
        counts = PeakCounts(
            read=len(chroms),
            empty=int(empty.sum()),
            unknown=int((~known).sum()),
            outside=int(outside.sum()),
            clipped=int((keep & (rows.ends > limits)).sum()),
            skipped=rows.skipped,
        )
        ends = np.minimum(rows.ends, limits)[keep]
        yield _Placed(chroms[keep], rows.starts[keep], ends, counts, bridge, names)


def _merged(parts: Iterable[_Placed], assembly: Assembly) -> Peaks:
    """The bases under peaks by chromosome, in the assembly's order, without a digest.

    Chromosomes are laid end to end with a gap, so that all peaks are merged at once.
    """
    first = np.concatenate([[0], np.cumsum(np.array(assembly.lengths, np.int64) + 1)])
    bridge: dict[str, str] = {}
    names: tuple[str, ...] = ()
    merged, counts = Intervals.none(), PeakCounts()
    for placed in parts:
        names, bridge = placed.names, placed.bridge
        counts += placed.counts
        at = first[placed.chroms]
        here = Intervals.merged(placed.starts + at, placed.ends + at)
        merged = Intervals.union([merged, here]) if merged else here
    return Peaks(
        by_chrom=_split(merged, first, assembly),
        counts=counts,
        sha256="",
        bridged={name: chrom for name, chrom in bridge.items() if chrom != name},
        unknown=tuple(name for name in names if name not in bridge),
    )


def _bridged(names: Sequence[str], assembly: Assembly, path: Path) -> dict[str, str]:
    """The assembly's name of each of a file's names that it has."""
    try:
        return assembly.bridge(names)
    except AssemblyError as error:
        raise PeakFileError(f"{path}: {error}") from None


def _split(merged: Intervals, first: Positions, assembly: Assembly) -> dict[str, Intervals]:
    """The intervals of each chromosome that has any; `first` (C + 1,) is where each begins."""
    owner = np.searchsorted(first, merged.starts, side="right") - 1
    chroms, begins = np.unique(owner, return_index=True)
    bounds = np.append(begins, len(owner))
    starts, ends = merged.starts - first[owner], merged.ends - first[owner]
    return {
        assembly.names[chrom]: Intervals(starts[low:high], ends[low:high])
        for chrom, low, high in zip(
            chroms.tolist(), bounds[:-1].tolist(), bounds[1:].tolist(), strict=True
        )
    }
