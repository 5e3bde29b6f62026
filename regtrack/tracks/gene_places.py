"""Rows of an annotation become genes: which rows belong together, and which exons are drawn.

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
    exons = _drawn(rows, place, count)
    exons = exons[np.lexsort((rows.starts[exons], rank[place[exons]]))]
    first_exon = np.searchsorted(rank[place[exons]], np.arange(count + 1))
    bounds = np.searchsorted(chrom[order], np.arange(len(chroms) + 1)).tolist()
    ends = first_exon[bounds].tolist()
    found = {}
    for name, number in chroms.items():
        genes = order[bounds[number] : bounds[number + 1]]
        low, high = ends[number], ends[number + 1]
        found[name] = ChromGenes(
            names=tuple(rows.names[owner] for owner in rows.owners[first[genes]].tolist()),
            starts=lows[genes],
            ends=highs[genes],
            strands=rows.strands[first[genes]],
            first_exon=first_exon[bounds[number] : bounds[number + 1] + 1] - low,
            exon_starts=rows.starts[exons[low:high]],
            exon_ends=rows.ends[exons[low:high]],
        )
    return found


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


def _drawn(rows: Features, place: Positions, count: int) -> Positions:
    """The rows to draw: of one transcript per gene, its exons, else its coding parts; (E,)."""
    parts = np.flatnonzero(rows.kinds >= Kind.EXON)
    most = len(rows.canonical) + 1
    units, unit = np.unique(place[parts] * most + rows.transcripts[parts] + 1, return_inverse=True)
    has_exon = np.zeros(len(units), dtype=bool)
    has_exon[unit[rows.kinds[parts] == Kind.EXON]] = True
    kept = (rows.kinds[parts] == Kind.EXON) | ~has_exon[unit]
    parts, unit = parts[kept], unit[kept]
    owners, transcripts = units // most, units % most - 1
    bases = np.bincount(unit, (rows.ends - rows.starts)[parts], minlength=len(units))
    marked = np.append(rows.canonical, False)[transcripts]  # -1 is none
    begins = np.full(len(units), len(rows.owners))
    np.minimum.at(begins, unit, parts)
    order = np.lexsort((begins, -bases, ~has_exon, ~marked, owners))
    best = np.full(count, -1)
    best[owners[order][::-1]] = order[::-1]  # the first of each gene is written last
    drawn: Positions = parts[best[place[parts]] == unit]
    return drawn
