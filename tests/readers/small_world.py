"""A small labelled genome with the tracks of two models, known base by base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from small_tracks import write_bigwig, write_sweep

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.tracks.bigwig.rounding import round_mantissa

LENGTHS = {"chr1": 310_000, "chr2": 130_013}
MARKERS = {"K562_CTCF": "TF", "K562_DNase": "DNase"}
GAP = slice(60_000, 82_000)  # bases without values in all models

ByChrom = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class World:
    """Files and their contents.

    Attributes:
        folder: has genome.fa, markers.tsv, data, held-out (only test windows), sweeps, signal.bw
            and genes.gtf.
        labels: by marker and chromosome, bool (L,).
        scores: values of the tracks by model, marker and chromosome, float32 (L,).
    """

    folder: Path
    labels: dict[str, dict[str, npt.NDArray[np.bool_]]]
    scores: dict[str, dict[str, ByChrom]]

    def open(self, **options: Path | None) -> Sources:
        """Open everything as sources, with the dataset as labels."""
        given = {"labels": self.folder / "data", **options}
        return open_sources([self.folder / "sweeps", self.folder / "signal.bw"], **given)


def make_world(folder: Path) -> World:
    """Write the files into an existing folder."""
    random = np.random.default_rng(0)
    labels = {marker: _peaks(folder, marker, random) for marker in MARKERS}
    rows = [
        f"{marker}.bed\t{kind}\t{marker.replace('_', chr(9))}" for marker, kind in MARKERS.items()
    ]
    (folder / "markers.tsv").write_text("file\tcategory\tcell\ttarget\n" + "\n".join(rows) + "\n")
    _write_fasta(folder / "genome.fa", random)
    for name, test_chroms in (("data", ("chr2",)), ("held-out", ("chr1", "chr2"))):
        split = SplitSpec(kind="chrom", test_chroms=test_chroms)
        build_dataset(
            folder / "genome.fa",
            folder / "markers.tsv",
            folder / name,
            spec=DatasetSpec(window=10_000, split=split),
        )
    scores = {
        model: {marker: _scores(labels[marker], skill, random) for marker in MARKERS}
        for model, skill in (("cnn7", 1.0), ("dilated", 2.0))
    }
    for model, tracks in scores.items():
        write_sweep(folder / "sweeps" / model, model, tracks)
    signal = {chrom: np.arange(length, dtype=np.float32) for chrom, length in LENGTHS.items()}
    write_bigwig(folder / "signal.bw", signal)
    (folder / "genes.gtf").write_text(
        'chr1\tx\tgene\t1001\t2000\t.\t+\t.\tgene_id "G1"; gene_name "NOL9";\n'
    )
    return World(folder, labels, scores)


def _peaks(
    folder: Path, marker: str, random: np.random.Generator
) -> dict[str, npt.NDArray[np.bool_]]:
    labels = {chrom: np.zeros(length, dtype=bool) for chrom, length in LENGTHS.items()}
    lines = []
    for chrom, length in LENGTHS.items():
        for start in random.integers(0, length - 500, length // 4000).tolist():
            end = start + int(random.integers(50, 500))
            labels[chrom][start:end] = True
            lines.append(f"{chrom}\t{start}\t{end}\n")
    (folder / f"{marker}.bed").write_text("".join(lines))
    return labels


def _write_fasta(path: Path, random: np.random.Generator) -> None:
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    text = [
        f">{chrom}\n{letters[random.integers(0, 4, length)].tobytes().decode()}\n"
        for chrom, length in LENGTHS.items()
    ]
    path.write_text("".join(text))


def _scores(
    labels: dict[str, npt.NDArray[np.bool_]], skill: float, random: np.random.Generator
) -> ByChrom:
    scores = {}
    for chrom, truth in labels.items():
        logits = random.normal(size=len(truth)) + skill * truth - 3
        values = (1 / (1 + np.exp(-logits))).astype(np.float32)
        round_mantissa(values, keep_bits=7)
        values[GAP] = np.nan
        scores[chrom] = values
    return scores
