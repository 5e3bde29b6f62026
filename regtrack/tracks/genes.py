"""Genes: positions, strands, and their transcripts, of which one per gene is drawn by default."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from regtrack.errors import RegionError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Positions
from regtrack.tracks.transcripts import Transcripts, slices

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
        coding: where each gene's drawn transcript begins and ceases to code (bp), int64 (G, 2);
            two equal numbers if it does not code.
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
    coding: Positions = field(default_factory=lambda: np.zeros((0, 2), np.int64))

    def __len__(self) -> int:
        return len(self.names)

    def thick(self) -> tuple[Positions, Positions, Positions]:
        """The coding parts of exons: their starts and ends (bp) and their genes, int64 (P,)."""
        if not len(self.coding):
            return self.exon_starts[:0], self.exon_ends[:0], self.exon_owners[:0]
        low, high = self.coding[self.exon_owners].T
        starts, ends = np.maximum(self.exon_starts, low), np.minimum(self.exon_ends, high)
        there = starts < ends
        return starts[there], ends[there], self.exon_owners[there]


@dataclass(frozen=True, eq=False)
class ChromGenes:
    """The genes of a chromosome, sorted by start.

    Attributes:
        names, starts, ends, strands: as in `GeneRows`.
        transcripts: of all genes; a gene may have none.
    """

    names: tuple[str, ...]
    starts: Positions
    ends: Positions
    strands: Strands
    transcripts: Transcripts

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

    def within(
        self, chrom: str, start: int, end: int, limit: int = 200, *, isoforms: bool = False
    ) -> GeneRows:
        """The genes that overlap a stretch: at most `limit`, the longest, sorted by start.

        Lanes leave a gap between neighbours: 1/50 of the stretch.

        Args:
            chrom: the chromosome.
            start: first base (bp).
            end: one past the last base (bp).
            limit: maximum number of genes.
            isoforms: a row for each transcript that overlaps, as long as the transcript, instead
                of one per gene, sorted by start.
        """
        genes = self.by_chrom.get(self._assembly_name(chrom), _NO_GENES)
        low = int(np.searchsorted(genes.reach, start, side="right"))
        high = int(np.searchsorted(genes.starts, end, side="left"))
        found = low + np.flatnonzero(genes.ends[low:high] > start)
        lengths = genes.ends[found] - genes.starts[found]
        chosen = np.sort(found[np.argsort(-lengths, kind="stable")[:limit]])
        hidden = len(found) - len(chosen)
        rows = _one_each(genes, chosen, hidden)
        if isoforms:
            rows = _every_transcript(genes, chosen, rows, (start, end))
        return replace(rows, lanes=pack_lanes(rows.starts, rows.ends, gap=(end - start) // 50))

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
_NO_PAIRS = np.empty((0, 2), dtype=np.int64)
_NO_GENES = ChromGenes(
    (), _NOWHERE, _NOWHERE, np.empty(0, np.int8),
    Transcripts(np.zeros(1, np.int64), _NO_PAIRS, np.zeros(1, np.int64), _NOWHERE, _NOWHERE),
)  # fmt: skip


def _one_each(genes: ChromGenes, chosen: Positions, hidden: int) -> GeneRows:
    """Genes with the exons of the transcript that is drawn for each."""
    first = genes.transcripts.first
    there = np.flatnonzero(first[chosen] < first[chosen + 1])
    drawn = first[chosen[there]]
    starts, ends, owners = genes.transcripts.exons_of(drawn)
    coding = np.zeros((len(chosen), 2), np.int64)
    coding[there] = genes.transcripts.coding[drawn]
    return GeneRows(
        names=tuple(genes.names[index] for index in chosen.tolist()),
        starts=genes.starts[chosen],
        ends=genes.ends[chosen],
        strands=genes.strands[chosen],
        lanes=np.zeros(len(chosen), np.int64),
        exon_starts=starts,
        exon_ends=ends,
        exon_owners=there[owners],
        hidden=hidden,
        coding=coding,
    )


def _every_transcript(
    genes: ChromGenes, chosen: Positions, rows: GeneRows, stretch: tuple[int, int]
) -> GeneRows:
    """A row for each transcript in a stretch; a gene without exons keeps its own row."""
    known = genes.transcripts
    found, owners = slices(known.first, chosen)
    lows, highs = known.starts[found], known.ends[found]
    there = (lows < stretch[1]) & (highs > stretch[0])
    found, owners, lows, highs = found[there], owners[there], lows[there], highs[there]
    bare = np.setdiff1d(np.arange(len(chosen)), owners)  # genes without a transcript here
    of_gene = np.concatenate([owners, bare])
    starts = np.concatenate([lows, rows.starts[bare]])
    ends = np.concatenate([highs, rows.ends[bare]])
    order = np.lexsort((of_gene, starts))  # stable: the one to draw before others of its gene
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    exon_starts, exon_ends, exon_owners = known.exons_of(found)
    coding = np.concatenate([known.coding[found], np.zeros((len(bare), 2), np.int64)])
    return GeneRows(
        names=tuple(rows.names[gene] for gene in of_gene[order].tolist()),
        starts=starts[order],
        ends=ends[order],
        strands=rows.strands[of_gene[order]],
        lanes=np.zeros(len(order), np.int64),
        exon_starts=exon_starts,
        exon_ends=exon_ends,
        exon_owners=place[exon_owners],
        hidden=rows.hidden,
        coding=coding[order],
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
