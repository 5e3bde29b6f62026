"""BED, peak and VCF files that are shown beside the tracks: their places, each with its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regtrack.compare.background import Later
from regtrack.compare.naming import called
from regtrack.errors import RegtrackError
from regtrack.files.text import Text
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Positions

_BED = (".bed", ".narrowpeak", ".broadpeak", ".gappedpeak")
_VCF = (".vcf",)
_MOST = 2_000_000  # places, of about 100 bytes each
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_Line = tuple[str, int, int, str]  # chromosome, start, end, name


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a file on one chromosome, by start.

    Attributes:
        starts: first bases (bp), int64 (n,).
        ends: one past the last bases (bp), int64 (n,).
        names: of each place; empty for none.
        reach: the furthest end (bp) of all places up to each one, int64 (n,).
    """

    starts: Positions
    ends: Positions
    names: tuple[str, ...]
    reach: Positions

    def within(self, start: int, end: int) -> slice:
        """The places that may overlap a stretch (bp)."""
        low = int(np.searchsorted(self.reach, start, side="right"))
        return slice(low, max(low, int(np.searchsorted(self.starts, end, side="left"))))

    def overlapping(self, start: int, end: int) -> Places:
        """The places that overlap a stretch (bp)."""
        near = self.within(start, end)
        there = near.start + np.flatnonzero(self.ends[near] > start)
        names = tuple(self.names[at] for at in there)
        return Places(self.starts[there], self.ends[there], names, self.reach[there])


_NOWHERE = np.zeros(0, dtype=np.int64)
NO_PLACES = Places(_NOWHERE, _NOWHERE, (), _NOWHERE)
"""No place."""


@dataclass(frozen=True, eq=False)
class Annotation:
    """A file of places.

    Attributes:
        id: short, unlike that of any track, and safe in a URL.
        label: for readers: the file's name.
        kind: `BED` or `VCF`.
        path: the file.
        places: by chromosome, read in the background.
    """

    id: str
    label: str
    kind: str
    path: Path
    places: Later[dict[str, Places]]

    def on(self, region: Interval) -> Places:
        """The places that overlap a region, whole, by start.

        Raises:
            RegtrackError: the file cannot be read.
        """
        found = self.places.wait()
        if found is None:
            raise RegtrackError(self.places.error or f"{self.label} cannot be read")
        return found.get(region.chrom, NO_PLACES).overlapping(region.start, region.end)

    def listed(self, most: int) -> list[tuple[Interval, str]]:
        """The first places and their names, in the order of chromosomes and starts."""
        found: list[tuple[Interval, str]] = []
        for chrom, places in (self.places.wait(2.0) or {}).items():
            rows = zip(places.starts.tolist(), places.ends.tolist(), places.names, strict=True)
            for start, end, name in rows:
                if len(found) == most:
                    return found
                found.append((Interval(chrom, start, end), name))
        return found


def is_annotation(path: Path) -> bool:
    """Whether a path names a BED, peak or VCF file, gzipped or plain."""
    return path.name.lower().removesuffix(".gz").endswith(_BED + _VCF)


def open_annotations(
    paths: Sequence[Path], assembly: Assembly, taken: Collection[str]
) -> tuple[Annotation, ...]:
    """The files of places among some paths; they are read in the background.

    Args:
        paths: BED, peak and VCF files.
        assembly: the chromosomes of the tracks.
        taken: ids that they may not have.

    Raises:
        RegtrackError: a file does not exist.
    """
    found: list[Annotation] = []
    used = set(taken)
    for path in paths:
        if not path.is_file():
            raise RegtrackError(f"no file at {path}; expected a BED, a peak file or a VCF")
        kind = "VCF" if path.name.lower().removesuffix(".gz").endswith(_VCF) else "BED"
        plain = _UNSAFE.sub("-", path.name).strip("-.") or "places"
        numbered = (plain if n == 1 else f"{plain}-{n}" for n in range(1, len(used) + 2))
        name = next(one for one in numbered if one not in used)
        used.add(name)
        later = Later(_reader(path.resolve(), kind, assembly))
        found.append(Annotation(name, path.name, kind, path.resolve(), later))
    return tuple(found)


def _reader(path: Path, kind: str, assembly: Assembly) -> Callable[[], dict[str, Places]]:
    def read() -> dict[str, Places]:
        with called(path):
            return read_places(path, kind, assembly)

    return read


def read_places(path: Path, kind: str, assembly: Assembly) -> dict[str, Places]:
    """The places of a file on an assembly, whose chromosomes may be spelled otherwise.

    Args:
        path: the file.
        kind: `BED` or `VCF`; a VCF's places are the bases of its REF, named by ID, or else by REF
            and ALT.
        assembly: the chromosomes; places on others, past their ends, or at the telomere (POS 0)
            are left out.

    Raises:
        RegtrackError: not such a file, or none of its places is on the assembly.
    """
    by_chrom: dict[str, list[_Line]] = {}
    declared = "a VCF file" if kind == "VCF" else None
    with Text(path, f"{kind} file", declared=declared) as text:
        for count, line in enumerate(_lines(text, kind), 1):
            if count > _MOST:
                raise RegtrackError(f"{path} has more than {_MOST:,} places; show a part of it")
            by_chrom.setdefault(line[0], []).append(line)
    bridge = assembly.bridge(by_chrom, where=path)
    if by_chrom and not bridge:
        raise RegtrackError(
            f"{path} has nothing on the tracks, which have {assembly.summary()}; use files of one "
            "assembly"
        )
    found: dict[str, Places] = {}
    for name in assembly.names:
        lines = [line for theirs, ours in bridge.items() if ours == name
                 for line in by_chrom[theirs]]  # fmt: skip
        length = assembly.length(name)
        rows = sorted(
            (low, min(high, length), text) for _, low, high, text in lines if 0 <= low < length
        )
        if rows:
            starts, ends, names = zip(*rows, strict=True)
            high = np.array(ends, dtype=np.int64)
            low = np.array(starts, dtype=np.int64)
            found[name] = Places(low, high, names, np.maximum.accumulate(high))
    return found


def _lines(text: Text, kind: str) -> Iterator[_Line]:
    take = _variant if kind == "VCF" else _place
    for number, line in text:
        if line.startswith((b"#", b"track", b"browser")):
            continue
        try:
            yield take(line)
        except (ValueError, IndexError):
            expected = "CHROM, POS, ID, REF and ALT" if kind == "VCF" else "chrom, start and end"
            raise text.refused(number, line, f"expected {expected}") from None


def _place(line: bytes) -> _Line:
    fields = line.decode().split("\t") if b"\t" in line else line.decode().split()
    start, end = int(fields[1]), int(fields[2])
    if not 0 <= start <= end:
        raise ValueError
    name = fields[3] if len(fields) > 3 and fields[3] != "." else ""
    return fields[0], start, max(end, start + 1), name


def _variant(line: bytes) -> _Line:
    chrom, position, name, ref, alt, *_ = line.decode().split("\t")
    start = int(position) - 1
    if start < -1:  # position 0 is the telomere, which no base is drawn at
        raise ValueError
    return chrom, start, start + len(ref), f"{ref}>{alt}"[:40] if name == "." else name
