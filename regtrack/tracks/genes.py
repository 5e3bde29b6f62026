"""Genes: positions, strands, and the exons of one transcript per gene."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from regtrack.errors import RegionError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Positions

Strands = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class GeneRows:
    """The genes of a stretch, packed into lanes so that none overlap.

    Attributes:
        names: one per gene.
        starts: first base (bp), int64 (G,).
        ends: one past the last base (bp), int64 (G,).
        strands: 1, -1, or 0 if unknown, int8 (G,).
        lanes: row to draw in, from 0, int64 (G,).
        exon_starts: of all genes (bp), int64 (E,).
        exon_ends: int64 (E,).
        exon_owners: index of the gene of each exon, int64 (E,).
        hidden: number of genes in the stretch that were left out, the shortest ones.
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
    """The genes of a chromosome, sorted by start.

    Attributes:
        names, starts, ends, strands: as in `GeneRows`.
        first_exon: index of each gene's first exon in the next two, plus the number of exons;
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
        """The furthest end (bp) of all genes up to each one, int64 (G,), for bisection."""
        return np.maximum.accumulate(self.ends)


@dataclass(frozen=True, slots=True)
class GeneCounts:
    """How many rows of an annotation were used, and how many were not.

    Attributes:
        read: rows.
        other: not used: of kinds that say nothing about genes and exons, such as start_codon.
        nameless: dropped: without gene_id.
        skipped: lines that are no rows: comments and blank ones.
    """

    read: int = 0
    other: int = 0
    nameless: int = 0
    skipped: int = 0

    @property
    def used(self) -> int:
        """Rows that became genes and exons."""
        return self.read - self.other - self.nameless

    def text(self) -> str:
        """The counts in words, those that are not 0.

        >>> GeneCounts(read=9, other=2).text()
        '7 of 9 rows; 2 of other kinds'
        """
        reasons = ((self.nameless, "dropped, without gene_id"), (self.other, "of other kinds"))
        found = [f"{count:,} {what}" for count, what in reasons if count]
        return "; ".join([f"{self.used:,} of {self.read:,} rows", *found])


@dataclass(frozen=True, eq=False)
class Genes:
    """The genes of an annotation, by chromosome, and how many of its rows were used."""

    by_chrom: dict[str, ChromGenes] = field(default_factory=dict)
    counts: GeneCounts = field(default_factory=GeneCounts)

    def __len__(self) -> int:
        return sum(len(genes.names) for genes in self.by_chrom.values())

    def within(self, chrom: str, start: int, end: int, limit: int = 200) -> GeneRows:
        """The genes that overlap a stretch: at most `limit`, the longest, sorted by start.

        Lanes leave a gap between neighbours: 1/50 of the stretch.
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
        """The position of a gene, ignoring case.

        Raises:
            RegionError: no gene has this name.
        """
        place = self._places.get(name.strip().lower())
        if place is None:
            known = (gene.name for gene in self._places.values())
            raise RegionError(f'there is no gene "{name[:60]}"{nearest(name[:60], known)}')
        return Interval(place.chrom, place.start, place.end)

    def complete(self, prefix: str, limit: int = 20) -> list[str]:
        """The names that begin with a prefix, ignoring case, in alphabetical order."""
        prefix = prefix.strip().lower()
        names = self._sorted_names
        at = bisect_left(names, prefix)
        found: list[str] = []
        while prefix and at < len(names) and len(found) < limit and names[at].startswith(prefix):
            found.append(self._places[names[at]].name)
            at += 1
        return found

    def _assembly_name(self, chrom: str) -> str:
        return (self._assembly.resolve(chrom) if self.by_chrom else None) or chrom

    @cached_property
    def _assembly(self) -> Assembly:
        """Only names; a GTF does not give the lengths of chromosomes."""
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
    """The lowest lane for each interval, int64 (n,), in which it overlaps none before it.

    Args:
        starts: ascending, (n,) in bp.
        ends: their ends, (n,) in bp.
        gap: minimum distance between neighbours (bp).

    >>> pack_lanes(np.array([0, 5, 10]), np.array([10, 8, 12])).tolist()
    [0, 1, 0]
    """
    free: list[int] = []  # end of the last interval in each lane
    lanes = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        lane = next((at for at, edge in enumerate(free) if edge <= start), len(free))
        free[lane : lane + 1] = [end + gap]
        lanes.append(lane)
    return np.array(lanes, dtype=np.int64)
