"""Genes as BED12: the transcript that is drawn for each, thick where it codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.hub.items import ItemTrack
from regtrack.tracks.bigbed.form import GENE_FORM
from regtrack.tracks.bigbed.write import create_bigbed
from regtrack.tracks.genes import ChromGenes, Genes

_STRANDS = {1: "+", -1: "-"}


def write_genes(path: Path, assembly: Assembly, genes: Genes) -> ItemTrack:
    """Write the genes of an assembly as a bigBed.

    Raises:
        AssemblyError: two names of the annotation are one chromosome.
    """
    names = assembly.bridge(genes.by_chrom)
    by_chrom = {ours: genes.by_chrom[name] for name, ours in names.items()}
    with create_bigbed(path, assembly, GENE_FORM) as file:
        for chrom in file.chroms:
            if chrom in by_chrom and (rows := gene_rows(by_chrom[chrom], assembly.length(chrom))):
                file.write(chrom, *zip(*rows, strict=True))
    return ItemTrack("genes", path, "Genes", "Genes", "genes", GENE_FORM, file.items)


def gene_rows(genes: ChromGenes, length: int) -> list[tuple[Any, ...]]:
    """The rows of genes in BED12 without the chromosome, but not those past its end.

    A gene spans the exons that are drawn, since the blocks of BED12 begin and end with it.

    Args:
        genes: of one chromosome, sorted by start.
        length: of the chromosome (bp).
    """
    rows = []
    first = genes.transcripts.first.tolist()
    for at, (name, strand) in enumerate(zip(genes.names, genes.strands.tolist(), strict=True)):
        exons, coding = _drawn(genes, at, has_transcript=first[at] < first[at + 1])
        begin, end = int(exons.starts[0]), int(exons.ends[-1])
        if end > length:
            continue
        thick = coding if begin <= coding[0] < coding[1] <= end else (begin, begin)
        sizes, places = exons.ends - exons.starts, exons.starts - begin
        rows.append((
            begin, end, name, 0, _STRANDS.get(strand, "."), *thick, 0,
            len(exons), *("".join(f"{one}," for one in side.tolist()) for side in (sizes, places)),
        ))  # fmt: skip
    return rows


def _drawn(
    genes: ChromGenes, at: int, *, has_transcript: bool
) -> tuple[Intervals, tuple[int, int]]:
    """The exons of a gene, and from where to where it codes (bp)."""
    if not has_transcript:
        return Intervals.one(int(genes.starts[at]), int(genes.ends[at])), (0, 0)
    chosen = genes.transcripts.first[at : at + 1]
    starts, ends, _ = genes.transcripts.exons_of(np.asarray(chosen))
    begin, end = genes.transcripts.coding[int(chosen[0])].tolist()
    return Intervals.merged(starts, ends), (begin, end)
