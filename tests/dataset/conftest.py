"""A small labelled assembly whose every base is known, and the files that describe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from regtrack.genome.sequence import Codes, decode

# ends that are no multiple of a tile or of a window, and a chromosome shorter than a window
LENGTHS = {"chr1": 130_013, "chr2": 80_000, "chrM": 500}
N_RUN = ("chr1", 40_000, 52_500)
MARKERS = (
    ("tf.bed", "TF", "K562", "CTCF"),
    ("dnase.bed", "DNase", "K562", "DNase"),
    ("histone.bed", "histone", "K562", "H3K27me3"),
    ("empty.bed", "TF", "K562", "ZNF274"),
)


@dataclass(frozen=True)
class Inputs:
    """Files for a build, and what they say base by base."""

    folder: Path
    codes: dict[str, Codes]
    labels: dict[str, npt.NDArray[np.uint8]]  # chrom -> (markers, length)

    @property
    def lengths(self) -> dict[str, int]:
        return {chrom: len(found) for chrom, found in self.codes.items()}

    @property
    def reference(self) -> Path:
        return self.folder / "reference.fa"

    @property
    def markers(self) -> Path:
        return self.folder / "markers.tsv"


def _write_fasta(path: Path, codes: dict[str, Codes]) -> None:
    with path.open("w") as file:
        for chrom, found in codes.items():
            text = decode(found)
            lines = [text[start : start + 60] for start in range(0, len(text), 60)]
            file.write("\n".join([f">{chrom}", *lines]) + "\n")


@pytest.fixture(scope="session")
def write_fasta() -> Callable[[Path, dict[str, Codes]], None]:
    return _write_fasta


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder = tmp_path_factory.mktemp("inputs")
    random = np.random.default_rng(0)
    codes = {
        chrom: random.integers(0, 4, length, dtype=np.uint8) for chrom, length in LENGTHS.items()
    }
    chrom, start, end = N_RUN
    codes[chrom][start:end] = 4
    found = Inputs(
        folder, codes, {name: np.zeros((4, size), np.uint8) for name, size in LENGTHS.items()}
    )
    _write_fasta(found.reference, codes)
    rows = ["\t".join(("file", "category", "cell", "target")), *map("\t".join, MARKERS)]
    found.markers.write_text("\n".join(rows) + "\n")
    # short, long and longest peaks: some lie within a tile, some cover several
    for marker, (longest, count) in enumerate(((300, 200), (3000, 60), (60_000, 3), (1, 0))):
        lines = []
        for chrom, length in LENGTHS.items():
            for start in random.integers(0, length, count).tolist():
                end = min(start + int(random.integers(1, longest)), length)
                found.labels[chrom][marker, start:end] = 1
                lines.append(f"{chrom}\t{start}\t{end}\n")
        (folder / MARKERS[marker][0]).write_text("".join(lines))
    return found
