"""Rows of an annotation become genes: which rows belong together, and which transcript is drawn.

One id may stand at several places: a gene of the pseudoautosomal regions on X and Y, or copies on
one chromosome. Rows of one id on one chromosome are one gene where they overlap. Where they do
not, two rows `gene` are two genes; other rows belong together if they are on one strand and at most
2 Mb apart: few introns are longer than 1 Mb.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from regtrack.genome.intervals import Positions
from regtrack.tracks.genes import ChromGenes, Strands
from regtrack.tracks.transcripts import Transcripts

FAR = 2_000_000  # bp


class Kind(IntEnum):
    """What a row describes."""

    GENE = 0
    TRANSCRIPT = 1
    EXON = 2
    CODING = 3


@dataclass(frozen=True, eq=False)
class Features:
    """Rows of an annotation, in the order of the file; G ids on chromosomes, T transcripts, n rows.

    Attributes:
        chroms: chromosome of each id, (G,).
        names: name of the gene of each id, (G,).
        canonical: whether each transcript is marked as canonical, bool (T,).
        owners: id of each row, int64 (n,).
        transcripts: transcript of each row, or -1, int64 (n,).
        kinds: `Kind` of each row, int8 (n,).
        strands: 1, -1, or 0 if unknown, int8 (n,).
        starts, ends: in bp, 0-based and half-open, int64 (n,).
    """

    chroms: tuple[str, ...]
    names: tuple[str, ...]
    canonical: npt.NDArray[np.bool_]
    owners: Positions
    transcripts: Positions
    kinds: npt.NDArray[np.int8]
    strands: Strands
    starts: Positions
    ends: Positions


def place_genes(rows: Features) -> dict[str, ChromGenes]:
    """The genes by chromosome, in the order of the chromosomes' first appearance."""
    place = _places(rows)
    count = int(place.max()) + 1 if len(place) else 0
    first = np.full(count, len(rows.owners))
    np.minimum.at(first, place, np.arange(len(place)))  # the row that comes first in the file
    lows, highs = rows.starts[first], rows.ends[first]
    np.minimum.at(lows, place, rows.starts)
    np.maximum.at(highs, place, rows.ends)
    chroms = {name: number for number, name in enumerate(dict.fromkeys(rows.chroms))}
    chrom = np.array([chroms[name] for name in rows.chroms], np.int64)[rows.owners[first]]
    order = np.lexsort((highs, lows, chrom))
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    transcripts = _transcripts(rows, place, rank)
    bounds = np.searchsorted(chrom[order], np.arange(len(chroms) + 1)).tolist()
    found = {}
    for name, number in chroms.items():
        genes = order[bounds[number] : bounds[number + 1]]
        found[name] = ChromGenes(
            names=tuple(rows.names[owner] for owner in rows.owners[first[genes]].tolist()),
            starts=lows[genes],
            ends=highs[genes],
            strands=rows.strands[first[genes]],
            transcripts=_of_genes(transcripts, bounds[number], bounds[number + 1]),
        )
    return found


def _of_genes(known: Transcripts, low: int, high: int) -> Transcripts:
    """The transcripts of the genes from `low` to `high`, excluded."""
    one, two = (int(edge) for edge in known.first[[low, high]])
    three, four = (int(edge) for edge in known.first_exon[[one, two]])
    return Transcripts(
        first=known.first[low : high + 1] - one,
        coding=known.coding[one:two],
        first_exon=known.first_exon[one : two + 1] - three,
        exon_starts=known.exon_starts[three:four],
        exon_ends=known.exon_ends[three:four],
    )


def _places(rows: Features) -> Positions:
    """The number of the gene of each row, int64 (n,)."""
    order = np.lexsort((rows.kinds, rows.starts, rows.owners))
    if not len(order):
        return order
    owners, starts = rows.owners[order], rows.starts[order]
    # the furthest end so far of each id: ids ascend, so one running maximum serves all
    span = int(rows.ends.max()) + 1
    reach = np.maximum.accumulate(owners * span + rows.ends[order]) - owners * span
    opens = np.concatenate([[True], (owners[1:] != owners[:-1]) | (starts[1:] >= reach[:-1])])
    island = np.cumsum(opens) - 1
    begins = np.flatnonzero(opens)
    last = np.append(begins[1:], len(order)) - 1
    has_gene = np.zeros(len(begins), dtype=bool)
    has_gene[island[rows.kinds[order] == Kind.GENE]] = True
    columns = (owners[begins], starts[begins], reach[last], rows.strands[order][begins], has_gene)
    place = np.empty(len(order), np.int64)
    place[order] = _joined(*(column.tolist() for column in columns))[island]
    return place


def _joined(
    owners: list[int], starts: list[int], ends: list[int], strands: list[int], genes: list[bool]
) -> Positions:
    """The number of the gene of each island of rows that overlap, int64 (islands,)."""
    numbers = np.empty(len(owners), np.int64)
    number, owner, end, strand, gene = -1, -1, 0, 0, False
    for at, mine in enumerate(owners):
        far = starts[at] - end > FAR or strands[at] * strand < 0
        if mine != owner or far or (gene and genes[at]):
            number, owner, gene, strand = number + 1, mine, False, strands[at]
        end, gene = ends[at], gene or genes[at]
        numbers[at] = number
    return numbers


def _transcripts(rows: Features, place: Positions, rank: Positions) -> Transcripts:
    """All transcripts with their exons, else their coding parts; by gene, the one to draw first.

    That is the one marked as canonical, else that with most bases; those with exons come before
    those without, whatever they are called.

    Args:
        rows: of the file.
        place: the gene of each row, int64 (n,).
        rank: the rank of each gene in the result, int64 (G,).
    """
    parts = np.flatnonzero(rows.kinds >= Kind.EXON)
    most = len(rows.canonical) + 1
    units, unit = np.unique(
        rank[place[parts]] * most + rows.transcripts[parts] + 1, return_inverse=True
    )
    is_exon = rows.kinds[parts] == Kind.EXON
    has_exon = np.zeros(len(units), dtype=bool)
    has_exon[unit[is_exon]] = True
    coding = _extents(rows, parts[~is_exon], unit[~is_exon], len(units))
    kept = is_exon | ~has_exon[unit]
    parts, unit = parts[kept], unit[kept]
    genes, transcripts = units // most, units % most - 1
    bases = np.bincount(unit, (rows.ends - rows.starts)[parts], minlength=len(units))
    marked = np.append(rows.canonical, False)[transcripts]  # -1 is none
    begins = np.full(len(units), len(rows.owners))
    np.minimum.at(begins, unit, parts)
    order = np.lexsort((begins, -bases, ~has_exon, ~marked, genes))
    turn = np.empty(len(units), np.int64)
    turn[order] = np.arange(len(units))
    parts = parts[np.lexsort((rows.starts[parts], turn[unit]))]
    counts = np.bincount(turn[unit], minlength=len(units))
    return Transcripts(
        first=np.searchsorted(genes[order], np.arange(len(rank) + 1)),
        coding=coding[order],
        first_exon=np.concatenate([[0], np.cumsum(counts)]),
        exon_starts=rows.starts[parts],
        exon_ends=rows.ends[parts],
    )


def _extents(rows: Features, coding: Positions, unit: Positions, count: int) -> Positions:
    """Where each unit begins and ceases to code, int64 (count, 2); 0 and 0 if it does not."""
    found = np.zeros((count, 2), np.int64)
    found[unit, 0] = np.iinfo(np.int64).max
    np.minimum.at(found[:, 0], unit, rows.starts[coding])
    np.maximum.at(found[:, 1], unit, rows.ends[coding])
    return found
