"""What the pictures of README.md and docs are made of: real sequence, real peaks, trained models.

Ten megabases of hg38 with 259 ENCODE and Roadmap peak files become a dataset. CNN7, DILATED with
max pooling, BI-LSTM and the hybrid are trained on it and scored on its test split, and their tracks
of some markers are written. Each step is a command of regtrack, and is skipped where its output
exists.

    python scripts/real_loci.py                 # into runs/screenshots, which git ignores
    python scripts/real_loci.py --epochs 1      # quickly, to try the pictures
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jobs import PRECISION, run_regtrack

from regtrack.dataset.store import Dataset
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig.read import values
from regtrack.tracks.genes import Genes
from regtrack.tracks.gtf import read_genes
from regtrack.training.config import TrainingConfig
from regtrack.training.recipes import RECIPES

ROOT = Path(__file__).parents[1]
REAL = Path(os.environ.get("REGTRACK_REAL_DATA", ROOT.parent / "shared" / "data"))
CACHE = ROOT / "runs" / "screenshots"

MODELS = {
    "hybrid": ["--model", "hybrid"],
    "cnn7": ["--model", "cnn7"],
    "dilated": ["--model", "dilated", "--pooling", "max"],
    "bi-lstm": ["--model", "bi-lstm"],
}


def _settings(config: TrainingConfig) -> dict[str, float]:
    """The settings in which regtrack's recipes differ, except when to stop."""
    names = (
        "batch_size", "learning_rate", "weight_decay", "warmup", "averaging", "shift", "cutout",
        "loss_every",
    )  # fmt: skip
    return {name: getattr(config, name) for name in names}


# of datasets that label every base, and of those that label the middle of a window; dropout 0.25
# and momentum 0.1, the paper's, are defaults of its networks
RECIPE, SHORT_RECIPE = map(_settings, RECIPES["standard"])
PAPER, SHORT_PAPER = map(_settings, RECIPES["paper"])
EPOCHS = 12
SHOWN = ("GM12878_CTCF", "Gm12878_DNase", "GM12878_H3K27ac")
SWEPT = (
    *SHOWN, "category:histone", "GM12878_POLR2A", "GM12878_ELF1", "GM12878_YY1", "GM12878_EBF1",
    "GM12878_CHD2", "GM12878_MAZ", "GM12878_Pol2", "GM12878_Egr-1", "GM12878_NF-YB",
    "GM12878_RUNX3", "GM12878_ATF2", "GM12878_Max", "GM12878_PU.1", "GM12878_Rad21",
    "GM12878_c-Myc", "GM12878_USF2", "Hepg2_DNase", "K562_DNase", "A549_DNase", "H7hesc_DNase",
    "Cd20_DNase", "Huvec_DNase",
)  # fmt: skip
WIDTH = 50_000  # bp of the locus


@dataclass(frozen=True)
class Loci:
    """Everything that pictures are made of.

    Attributes:
        real: the folder hg38-chr1-10mb, with sequence, peaks and genes.
        data: the dataset.
        runs: a folder of training runs, one per model.
        cache: where tracks and scores lie.
    """

    real: Path
    data: Path
    runs: Path
    cache: Path

    @property
    def reference(self) -> Path:
        """The FASTA."""
        return self.real / "chr1_hg38_10M.fa.gz"

    @property
    def gene_file(self) -> Path:
        """The GTF."""
        return self.real / "genes_ensembl_hg38_chr1_10M.gtf.gz"

    @property
    def tracks(self) -> Path:
        """A folder per model with its bigWigs."""
        return self.cache / "tracks"

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset, opened."""
        return Dataset.open(self.data)

    @cached_property
    def genes(self) -> Genes:
        """The genes."""
        return read_genes(self.gene_file)

    def checkpoint(self, model: str) -> Path:
        """The trained network."""
        return self.runs / model / "checkpoint.safetensors"

    def track(self, model: str, marker: str) -> Path:
        """A model's bigWig of a marker."""
        record = json.loads((self.tracks / model / "sweep.json").read_text())
        files: dict[str, str] = {track["marker"]: track["file"] for track in record["tracks"]}
        return self.tracks / model / files[marker]

    @cached_property
    def locus(self) -> Interval:
        """The stretch of the test split with most labelled peaks, all shown markers among them.

        It is chosen by labels and genes alone, not by what any model says.
        """
        rows = [self._row(name) for name in SHOWN]
        best, found = 0, None
        for window in self.dataset.window_ids("test"):
            place = self.dataset.interval(window)
            shown = Interval(place.chrom, place.start, place.start + WIDTH)
            if shown.end > self.dataset.extent(window)[1]:
                continue
            labels = self.dataset.labels(shown.chrom, shown.start, shown.end)
            counts = [int(np.count_nonzero(labels.marker == row)) for row in rows]
            genes = len(self.genes.within(shown.chrom, shown.start, shown.end))
            if min(counts) and genes and sum(counts) > best:
                best, found = sum(counts), shown
        assert found is not None, "a stretch with all shown markers"
        return found

    def summit(self, marker: str, model: str) -> int:
        """The labelled base of the locus at which a model's score of a marker is highest (bp)."""
        place = self.locus
        labels = self.dataset.dense(place.chrom, place.start, place.end)[self._row(marker)] > 0
        scores = np.where(labels, values(self.track(model, marker), place), 0)
        return place.start + int(np.nanargmax(scores))

    def _row(self, marker: str) -> int:
        return [known.name for known in self.dataset.markers].index(marker)


def make_loci(
    real: Path = REAL, cache: Path = CACHE, runs: Path | None = None, epochs: int = EPOCHS
) -> Loci:
    """Make what is not there yet.

    Args:
        real: the folder that holds hg38-chr1-10mb.
        cache: where everything is kept.
        runs: a folder of finished runs and their dataset, `data`, to use instead of training.
        epochs: of each training.
    """
    loci = Loci(real / "hg38-chr1-10mb", (runs or cache) / "data", runs or cache, cache)
    if not loci.reference.is_file():
        sys.exit(f"no {loci.reference}; REGTRACK_REAL_DATA names the folder with hg38-chr1-10mb")
    if not (loci.data / "dataset.json").is_file():
        _regtrack(
            "build-dataset", "--reference", loci.reference, "--markers", loci.real / "markers.tsv",
            "--exclude", loci.real / "exclude.bed", "--split", "block", "--block", "500000",
            "--out", loci.data,
        )  # fmt: skip
    for model, settings in MODELS.items():
        if not loci.checkpoint(model).is_file():
            _regtrack(
                "train", loci.data, *settings, "--out", loci.runs / model, "--epochs", epochs,
                "--patience", "0", "--precision", PRECISION, *flags(RECIPE),
            )  # fmt: skip
        if not (loci.tracks / model / "sweep.json").is_file():
            (loci.tracks).mkdir(parents=True, exist_ok=True)
            _regtrack(
                "predict-genome", loci.checkpoint(model), "--reference", loci.reference,
                "--markers", ",".join(SWEPT), "--out", loci.tracks / model,
            )  # fmt: skip
    if not (loci.cache / "scores").is_dir():
        _regtrack(
            "evaluate", loci.data, *map(loci.checkpoint, MODELS), "--split", "test",
            "--out", loci.cache / "scores",
        )  # fmt: skip
    return loci


def flags(config: Mapping[str, object]) -> list[str]:
    """Settings of `TrainingConfig` as options of `regtrack train`."""
    return [
        word for key, value in config.items() for word in (f"--{key.replace('_', '-')}", str(value))
    ]


def print_scores(loci: Loci) -> None:
    """PR AUC beside the base rate, for captions: of the shown markers, and category means."""
    report = json.loads((loci.cache / "scores" / "report.json").read_text())
    for row in report["categories"] + report["markers"]:
        if row.get("marker", SHOWN[0]) in SHOWN:
            name = row.get("marker", f"mean of {row['category']}")
            print(f"{row['model']:8} {name:20} PR AUC {row['average_precision']:.3f}, "
                  f"base rate {row['base_rate']:.4f}")  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that say where input is and goes."""
    parser.add_argument("--real", type=Path, default=REAL, help="holds hg38-chr1-10mb")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where everything is kept")
    parser.add_argument("--runs", type=Path, help="finished runs and their data, to be used")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of each training")


def loci_of(options: argparse.Namespace) -> Loci:
    """What was asked for, made."""
    return make_loci(options.real, options.cache, options.runs, options.epochs)


def _regtrack(*words: object) -> None:
    print(run_regtrack(*words), end="", flush=True)


def main() -> None:
    """Make all of it, and say where the locus is and how good the models are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    loci = loci_of(parser.parse_args())
    print(f"locus: {loci.locus}")
    print_scores(loci)


if __name__ == "__main__":
    main()
