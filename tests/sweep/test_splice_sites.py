"""A trained network that regtrack did not make finds real splice sites, seamlessly."""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

import regtrack
from regtrack.genome.interval import Interval
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, reverse_complement
from regtrack.tracks.bigwig.read import values

from .spliceai import CONTEXT, SpliceAI, load_spliceai, splice_sites

REGION = Interval("chr1", 900_000, 1_260_000)
SEAM = slice(240_000, 260_000)  # strips meet at 250,000


def one_pass(module: SpliceAI, codes: Codes) -> np.ndarray:
    """Acceptors and donors (2, L - 400) of codes (L,), without regtrack."""
    one_hot = torch.eye(5)[torch.as_tensor(codes).long()].T[None, :4]
    with torch.inference_mode():
        return module(one_hot)[0].softmax(0)[1:].numpy()


def splice_sites_of(gtf: Path) -> tuple[np.ndarray, np.ndarray]:
    """Acceptors and donors (2, L), and what lies in transcripts (L,), of coding ones on +."""
    exons = defaultdict(list)
    with gzip.open(gtf, "rt") as lines:
        for line in lines:
            chrom, _, kind, start, end, _, strand, _, told = line.rstrip("\n").split("\t")
            if (chrom, kind, strand) != (REGION.chrom, "exon", "+"):
                continue
            if 'transcript_biotype "protein_coding"' in told:
                transcript = re.search(r'transcript_id "([^"]+)"', told)[1]
                exons[transcript].append((int(start) - 1, int(end)))
    sites = np.zeros((2, REGION.end), dtype=bool)
    within = np.zeros(REGION.end, dtype=bool)
    for found in map(sorted, exons.values()):
        within[found[0][0] : found[-1][1]] = True
        for start, _ in found[1:]:
            sites[0, start : start + 1] = True
        for _, end in found[:-1]:
            sites[1, end - 1 : end] = True
    return sites[:, REGION.start :], within[REGION.start :]


@pytest.mark.real
@pytest.mark.slow
def test_a_trained_network_of_others_finds_real_splice_sites(
    tmp_path: Path, real_data: Path, splice_weights: Path
) -> None:
    module = load_spliceai(splice_weights)
    fasta = real_data / "chr1_hg38_10M.fa.gz"
    summary = regtrack.predict_genome(
        splice_sites(module), fasta, tmp_path / "tracks",
        selection=regtrack.Selection(region="chr1:900,001-1,260,000"),
        storage=regtrack.Storage(keep_bits=23),
    )  # fmt: skip
    plus, minus = (
        np.stack([values(summary.out / track.file, REGION) for track in summary.tracks[half]])
        for half in (slice(0, 2), slice(2, 4))
    )
    assert [track.marker for track in summary.tracks] == [
        "acceptor.plus", "donor.plus", "acceptor.minus", "donor.minus",
    ]  # fmt: skip

    with Reference(fasta) as reference:
        half = CONTEXT // 2
        codes = reference.codes("chr1", REGION.start - half, REGION.end + half)
    read = codes[SEAM.start : SEAM.stop + CONTEXT]
    here, other = one_pass(module, read), one_pass(module, reverse_complement(read))
    np.testing.assert_allclose(plus[:, SEAM], here, rtol=0, atol=3e-6)
    np.testing.assert_allclose(minus[:, SEAM], other[:, ::-1], rtol=0, atol=3e-6)

    sites, within = splice_sites_of(real_data / "genes_ensembl_hg38_chr1_10M.gtf.gz")
    precision = [
        average_precision_score(labels[within], found[within])
        for labels, found in zip(sites, plus, strict=True)
    ]
    assert precision[0] >= 0.80
    assert precision[1] >= 0.85
