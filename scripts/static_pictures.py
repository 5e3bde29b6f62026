"""The pictures of README.md and docs that are figures: a locus, saliency, mutations, reach."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from real_loci import MODELS, SHOWN, Loci

from regtrack.genome.interval import Interval

MUTATED = 120  # bp about the highest score in a labelled peak
MUTATED_MARKER = "GM12878_ELF1"


def draw_locus(loci: Loci, path: Path) -> None:
    """Genes, labels and the tracks of all models over the locus."""
    _regtrack(
        "figure", *(loci.tracks / model for model in MODELS), "--region", loci.locus,
        "--labels", loci.data, "--genes", loci.gene_file, "--markers", ",".join(SHOWN),
        "--out", path, "--dpi", "200", "--overwrite",
    )  # fmt: skip


def draw_saliency(loci: Loci, path: Path) -> None:
    """What the models look at for one labelled peak of H3K4me3."""
    place = loci.locus
    half = Interval(place.chrom, place.start, place.start + len(place) // 2)
    _regtrack(
        "saliency", *map(loci.checkpoint, MODELS), "--dataset", loci.data,
        "--marker", "GM12878_H3K4me3", "--region", half, "--out", path, "--overwrite",
    )  # fmt: skip


def draw_mutations(loci: Loci, path: Path) -> None:
    """Every substitution about the hybrid's highest score in a peak of ELF1."""
    middle = loci.summit(MUTATED_MARKER, "hybrid")
    start = middle - MUTATED // 2
    _regtrack(
        "saliency", loci.checkpoint("hybrid"), "--dataset", loci.data, "--marker", MUTATED_MARKER,
        "--region", Interval(loci.locus.chrom, start, start + MUTATED), "--method", "ism",
        "--out", path, "--overwrite",
    )  # fmt: skip


def draw_receptive_field(loci: Loci, path: Path) -> None:
    """How far the models look."""
    _regtrack(
        "receptive-field", *map(loci.checkpoint, MODELS), "--dataset", loci.data,
        "--marker", "GM12878_H3K4me3", "--split", "test", "--positives", "60", "--out", path,
        "--overwrite",
    )  # fmt: skip


FIGURES: dict[str, Callable[[Loci, Path], None]] = {
    "locus": draw_locus,
    "saliency": draw_saliency,
    "mutations": draw_mutations,
    "receptive-field": draw_receptive_field,
}


def _regtrack(*words: object) -> None:
    command = ["regtrack", *map(str, words)]
    print(" ".join(command), flush=True)
    subprocess.run([sys.executable, "-m", *command], check=True)
