"""A dataset with labels that are known, and checkpoints that predict its markers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from regtrack.checkpoint import load_checkpoint, save_checkpoint
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from tests.sweep.toys import write_fasta

from .toys import Sequences, checkpoint_of, random_codes

PEAKS = ((1_200, 1_260), (1_990, 2_020), (7_000, 7_400), (9_950, 10_000))


@dataclass(frozen=True)
class Files:
    """The files of a user."""

    folder: Path

    @property
    def reference(self) -> Path:
        return self.folder / "r.fa"

    @property
    def peaks(self) -> Path:
        return self.folder / "tf.bed"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def dataset(self) -> Dataset:
        return Dataset.open(self.data)

    def checkpoint(self, name: str) -> Path:
        return self.folder / name / "checkpoint.safetensors"


def lacks_tf(files: Files, folder: Path) -> Path:
    """A checkpoint like CNN7's whose first marker has another name."""
    found = load_checkpoint(files.checkpoint("cnn7"))
    markers = (replace(found.markers[0], name="K562_other"), *found.markers[1:])
    path = folder / "other.safetensors"
    save_checkpoint(path, replace(found, markers=markers))
    return path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Two chromosomes of 10,000 bp in windows of 1,000 bp, `chr2` for validation."""
    folder = tmp_path_factory.mktemp("saliency")
    found = Files(folder)
    codes = {chrom: random_codes(10_000, seed) for seed, chrom in enumerate(("chr1", "chr2"))}
    write_fasta(found.reference, codes)
    found.peaks.write_text(
        "".join(f"{chrom}\t{start}\t{end}\n" for chrom in codes for start, end in PEAKS)
    )
    (folder / "histone.bed").write_text("chr1\t100\t200\nchr2\t5000\t5050\n")
    (folder / "dnase.bed").write_text("chr1\t100\t200\n")
    (folder / "markers.tsv").write_text(
        "file\tcategory\tcell\ttarget\n"
        "tf.bed\tTF\tK562\tTF\nhistone.bed\thistone\tK562\thistone\n"
        "dnase.bed\tDNase\tK562\tDNase\n"
    )
    spec = DatasetSpec(window=1_000, split=SplitSpec(kind="chrom", valid_chroms=("chr2",)))
    build_dataset(found.reference, folder / "markers.tsv", found.data, spec=spec)
    for name in ("cnn3", "cnn7", "dilated", "bi-lstm"):
        checkpoint = checkpoint_of(name, Sequences(codes))
        checkpoint.model.float()
        found.checkpoint(name).parent.mkdir()
        save_checkpoint(found.checkpoint(name), checkpoint)
    return found
