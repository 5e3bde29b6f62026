"""Genes of a GTF: where they lie, on which strand, and the exons of one transcript of each."""

from __future__ import annotations

import gzip
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from isal import igzip, isal_zlib

from regtrack.errors import RegionError, RegtrackError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Positions

Strands = npt.NDArray[np.int8]

_CANONICAL = (b'"Ensembl_canonical"', b'"MANE_Select"')
# what the inflater raises; the package's stub says that it is an instance
_DAMAGED: type[Exception] = isal_zlib.error  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class GeneRows:
    """The genes of a stretch, packed into lanes so that none overlaps another.

    Attributes:
        names: a name each.
        starts: first base (bp), int64 (G,).
        ends: one past the last base, int64 (G,).
        strands: 1, -1, or 0 where unknown, int8 (G,).
        lanes: row to draw in, from 0, int64 (G,).
        exon_starts: of all genes, int64 (E,).
        exon_ends: int64 (E,).
        exon_owners: index of the gene of each exon, int64 (E,).
        hidden: how many genes of the stretch were left out, the shortest ones.
    """

    names: tuple[str, ...]
    starts: Positions
    ends: Positions
    strands: Strands
    lanes: Positions
    exon_starts: Positions
    exon_ends: Positions
    exon_owners: Positions
    hidden: int

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class ChromGenes:
    """The genes of a chromosome, by start.

    Attributes:
        names, starts, ends, strands: as in `GeneRows`.
        first_exon: where each gene's exons begin in the next two, and where the last ones end;
            int64 (G + 1,).
        exon_starts, exon_ends: int64 (E,).
    """

    names: tuple[str, ...]
    starts: Positions
    ends: Positions
    strands: Strands
    first_exon: Positions
    exon_starts: Positions
    exon_ends: Positions

    @cached_property
    def reach(self) -> Positions:
        """How far any gene up to each one reaches (bp): what bisection needs."""
        return np.maximum.accumulate(self.ends)


@dataclass(frozen=True, eq=False)
class Genes:
    """The genes of an annotation, by chromosome."""

    by_chrom: dict[str, ChromGenes] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(genes.names) for genes in self.by_chrom.values())

    def within(self, chrom: str, start: int, end: int, limit: int = 200) -> GeneRows:
        """The genes that overlap a stretch, at most `limit`, longest first, in order of start.

        Lanes leave room between neighbours: one part in 50 of the stretch.
        """
        genes = self.by_chrom.get(self._assembly_name(chrom), _NO_GENES)
        low = int(np.searchsorted(genes.reach, start, side="right"))
        high = int(np.searchsorted(genes.starts, end, side="left"))
        found = low + np.flatnonzero(genes.ends[low:high] > start)
        lengths = genes.ends[found] - genes.starts[found]
        chosen = np.sort(found[np.argsort(-lengths, kind="stable")[:limit]])
        counts = genes.first_exon[chosen + 1] - genes.first_exon[chosen]
        owners = np.repeat(np.arange(len(chosen)), counts)
        nth = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        exons = genes.first_exon[chosen][owners] + nth
        starts, ends = genes.starts[chosen], genes.ends[chosen]
        return GeneRows(
            names=tuple(genes.names[index] for index in chosen.tolist()),
            starts=starts,
            ends=ends,
            strands=genes.strands[chosen],
            lanes=pack_lanes(starts, ends, gap=(end - start) // 50),
            exon_starts=genes.exon_starts[exons],
            exon_ends=genes.exon_ends[exons],
            exon_owners=owners,
            hidden=len(found) - len(chosen),
        )

    def find(self, name: str) -> Interval:
        """Where a gene lies; upper and lower case alike.

        Raises:
            RegionError: no gene is called so.
        """
        place = self._places.get(name.strip().lower())
        if place is None:
            known = (gene.name for gene in self._places.values())
            raise RegionError(f'no gene is called "{name[:60]}".{nearest(name[:60], known)}')
        return Interval(place.chrom, place.start, place.end)

    def complete(self, prefix: str, limit: int = 20) -> list[str]:
        """The names that begin with a prefix, in alphabetical order; upper and lower case alike."""
        wanted = prefix.strip().lower()
        names = self._sorted_names
        at = bisect_left(names, wanted)
        found: list[str] = []
        while wanted and at < len(names) and len(found) < limit and names[at].startswith(wanted):
            found.append(self._places[names[at]].name)
            at += 1
        return found

    def _assembly_name(self, chrom: str) -> str:
        return (self._assembly.resolve(chrom) if self.by_chrom else None) or chrom

    @cached_property
    def _assembly(self) -> Assembly:
        """Names alone; the lengths of a GTF's chromosomes are not known."""
        return Assembly(tuple(self.by_chrom), (1,) * len(self.by_chrom))

    @cached_property
    def _places(self) -> dict[str, _Place]:
        """The first gene of each name, in lower case."""
        places: dict[str, _Place] = {}
        for chrom, genes in self.by_chrom.items():
            for name, start, end in zip(
                genes.names, genes.starts.tolist(), genes.ends.tolist(), strict=True
            ):
                places.setdefault(name.lower(), _Place(name, chrom, start, end))
        return places

    @cached_property
    def _sorted_names(self) -> list[str]:
        return sorted(self._places)


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    chrom: str
    start: int
    end: int


_NOWHERE = np.empty(0, dtype=np.int64)
_NO_GENES = ChromGenes(
    (), _NOWHERE, _NOWHERE, np.empty(0, np.int8), np.zeros(1, np.int64), _NOWHERE, _NOWHERE
)


def pack_lanes(starts: Positions, ends: Positions, gap: int = 0) -> Positions:
    """The lowest lane for each interval in which it overlaps none before it.

    Args:
        starts: ascending (bp).
        ends: their ends.
        gap: bp to leave free between neighbours.

    >>> pack_lanes(np.array([0, 5, 10]), np.array([10, 8, 12])).tolist()
    [0, 1, 0]
    """
    free: list[int] = []  # where each lane is free again
    lanes = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        lane = next((at for at, edge in enumerate(free) if edge <= start), len(free))
        free[lane : lane + 1] = [end + gap]
        lanes.append(lane)
    return np.array(lanes, dtype=np.int64)


def read_genes(path: Path) -> Genes:
    """Read a GTF, gzip or not, line by line: lines `gene` and `exon`, and no other.

    A gene's exons are those of its canonical transcript where the file marks one (tag
    `Ensembl_canonical` or `MANE_Select`), else of the transcript with most bases. A gene without a
    line of its own spans its exons. It is called by `gene_name`, else by its id.

    Raises:
        RegtrackError: no such file, a damaged gzip, a line that is not of a GTF, or no gene.
    """
    reading = _Reading()
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            if line.startswith(b"#") or line.isspace():
                continue
            try:
                reading.take(line)
            except (ValueError, IndexError):
                raise _not_of_a_gtf(path, number, line) from None
    if not reading.genes:
        raise RegtrackError(f"{path} holds no gene; expected a GTF with lines gene or exon")
    return Genes(reading.finish())


def check_genes(path: Path) -> None:
    """Check that a file begins as a GTF does, without reading the rest.

    Raises:
        RegtrackError: no such file, a damaged gzip, a first line that is not of a GTF, or no line.
    """
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            if line.startswith(b"#") or line.isspace():
                continue
            try:
                _Reading().take(line)
            except (ValueError, IndexError):
                raise _not_of_a_gtf(path, number, line) from None
            return
    raise RegtrackError(f"{path} holds no gene; expected a GTF with lines gene or exon")


def _not_of_a_gtf(path: Path, number: int, line: bytes) -> RegtrackError:
    shown = line.decode("utf-8", "replace").strip()[:60]
    return RegtrackError(
        f'{path} line {number} is not of a GTF: {shown!r}; expected nine columns with gene_id "..."'
    )


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if not path.is_file():
        raise RegtrackError(f"no genes at {path}; expected a GTF file")
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    try:
        with _unpacked(path) if packed else path.open("rb") as file:
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error, _DAMAGED) as error:
        raise RegtrackError(f"{path} is a damaged gzip ({error}); fetch it again") from error


def _unpacked(path: Path) -> IO[bytes]:
    opened: IO[bytes] = igzip.open(path, "rb")  # type: ignore[no-untyped-call]
    return opened


@dataclass(slots=True)
class _Gene:
    """A gene as its lines come; coordinates in bp, 0-based and half-open."""

    name: str
    chrom: bytes
    strand: int
    start: int
    end: int


class _Reading:
    """What was read so far: a million exons are numbers in arrays, not objects."""

    def __init__(self) -> None:
        self.genes: dict[tuple[bytes, bytes], _Gene] = {}
        self._transcripts: dict[tuple[bytes, bytes], int] = {}
        self._latest = (b"", b"", -1)  # exons of one transcript stand together
        self._canonical = array("b")  # a transcript each
        self._owners = array("q")  # gene of each transcript
        self._numbers: dict[tuple[bytes, bytes], int] = {}
        self._of, self._starts, self._ends = array("q"), array("q"), array("q")

    def take(self, line: bytes) -> None:
        """Read a line; raises ValueError or IndexError where it is not of a GTF."""
        fields = line.split(b"\t", 8)
        kind, attributes = fields[2], fields[8]
        if kind == b"gene":
            self._gene(fields, attributes)
        elif kind == b"exon":
            chrom, transcript = fields[0], _attribute(attributes, b"transcript_id")
            if self._latest[:2] != (chrom, transcript):
                number = self._transcript(fields, attributes, transcript)
                self._latest = (chrom, transcript, number)
            self._of.append(self._latest[2])
            self._starts.append(int(fields[3]) - 1)
            self._ends.append(int(fields[4]))

    def finish(self) -> dict[str, ChromGenes]:
        """The genes by chromosome, in the order in which these appear."""
        of, starts, ends = (np.array(column) for column in (self._of, self._starts, self._ends))
        if len(of):
            self._widen(np.array(self._owners)[of], starts, ends)
        kept = self._chosen(of, ends - starts)
        exons = np.flatnonzero(kept[of]) if len(of) else of
        owner = np.array(self._owners)[of[exons]] if len(of) else of
        order = np.lexsort((starts[exons], owner))
        owner, starts, ends = owner[order], starts[exons][order], ends[exons][order]
        numbers: dict[bytes, list[int]] = {}
        genes = list(self.genes.values())
        for number, gene in enumerate(genes):
            numbers.setdefault(gene.chrom, []).append(number)
        return {
            chrom.decode("utf-8", "replace"): _chrom_genes(genes, mine, owner, (starts, ends))
            for chrom, mine in numbers.items()
        }

    def _widen(self, owner: Positions, starts: Positions, ends: Positions) -> None:
        """Let every gene span its exons: some files have no line for the gene itself."""
        genes = list(self.genes.values())
        lows = np.array([gene.start for gene in genes], dtype=np.int64)
        highs = np.array([gene.end for gene in genes], dtype=np.int64)
        np.minimum.at(lows, owner, starts)
        np.maximum.at(highs, owner, ends)
        for gene, low, high in zip(genes, lows.tolist(), highs.tolist(), strict=True):
            gene.start, gene.end = low, high

    def _chosen(self, of: Positions, lengths: Positions) -> npt.NDArray[np.bool_]:
        """Which transcripts are drawn, one a gene: canonical, else with most bases, else first."""
        count = len(self._owners)
        bases = np.bincount(of, lengths, minlength=count)
        owners = np.array(self._owners)
        order = np.lexsort((np.arange(count), -bases, -np.array(self._canonical), owners))
        first = np.append(True, owners[order][1:] != owners[order][:-1])[:count]
        chosen = np.zeros(count, dtype=bool)
        chosen[order[first]] = True
        return chosen

    def _gene(self, fields: list[bytes], attributes: bytes) -> int:
        """The number of the gene of a line, which begins it where it is the first."""
        gene_id = _attribute(attributes, b"gene_id")
        key, start, end = (fields[0], gene_id), int(fields[3]) - 1, int(fields[4])
        if not 0 <= start < end:
            raise ValueError
        if key not in self.genes:
            name = _attribute(attributes, b"gene_name") or _attribute(attributes, b"gene")
            strand = {b"+": 1, b"-": -1}.get(fields[6], 0)
            text = (name or gene_id).decode("utf-8", "replace")
            self.genes[key] = _Gene(text, fields[0], strand, start, end)
            self._numbers[key] = len(self._numbers)
        return self._numbers[key]

    def _transcript(self, fields: list[bytes], attributes: bytes, transcript: bytes) -> int:
        """The number of the transcript of a line."""
        gene = self._gene(fields, attributes)
        key = (fields[0], transcript)
        if key not in self._transcripts:
            self._transcripts[key] = len(self._transcripts)
            self._owners.append(gene)
            self._canonical.append(any(tag in attributes for tag in _CANONICAL))
        return self._transcripts[key]


def _attribute(attributes: bytes, name: bytes) -> bytes:
    """The value of an attribute; empty where it is not there.

    Raises:
        ValueError: a GFF3, whose attributes are name=value.
    """
    at = attributes.find(name + b' "')
    if at < 0:
        if name == b"gene_id":
            raise ValueError
        return b""
    begin = at + len(name) + 2
    return attributes[begin : attributes.index(b'"', begin)]


def _chrom_genes(
    genes: list[_Gene], numbers: list[int], owner: Positions, exons: tuple[Positions, Positions]
) -> ChromGenes:
    """The genes of one chromosome by start, with the exons that the owners (ascending) tell."""
    numbers = sorted(numbers, key=lambda number: (genes[number].start, genes[number].end))
    mine = [genes[number] for number in numbers]
    lows = np.searchsorted(owner, numbers, side="left")
    counts = np.searchsorted(owner, numbers, side="right") - lows
    first = np.concatenate([[0], np.cumsum(counts)])
    places = np.repeat(lows - first[:-1], counts) + np.arange(first[-1])
    return ChromGenes(
        names=tuple(gene.name for gene in mine),
        starts=np.array([gene.start for gene in mine], dtype=np.int64),
        ends=np.array([gene.end for gene in mine], dtype=np.int64),
        strands=np.array([gene.strand for gene in mine], dtype=np.int8),
        first_exon=first,
        exon_starts=exons[0][places],
        exon_ends=exons[1][places],
    )
