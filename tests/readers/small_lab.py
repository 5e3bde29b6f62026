"""A calibrated network with random weights, and what it predicts for its genome."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from small_evaluation import built, trained

from regtrack.checkpoint import load_checkpoint, save_checkpoint
from regtrack.dataset.store import Dataset
from regtrack.evaluation.calibrate import calibrate
from regtrack.sweep.request import Compute, Storage
from regtrack.sweep.run import predict_genome


@dataclass(frozen=True)
class Lab:
    """A folder with a dataset, a network before and after its calibration, and its tracks."""

    folder: Path
    dataset: Dataset

    def tracks(self, name: str, checkpoint: str = "calibrated", **options: object) -> Path:
        """The tracks of a checkpoint; options as of `Storage` and `Compute`."""
        out = self.folder / name
        if not out.exists():
            storage = {key: value for key, value in options.items() if key != "reverse_complement"}
            compute = {key: value for key, value in options.items() if key not in storage}
            predict_genome(
                self.folder / f"{checkpoint}.safetensors", self.folder / "genome.fa", out,
                compute=Compute(device="cpu", **compute), storage=Storage(**storage),  # type: ignore[arg-type]
            )  # fmt: skip
        return out


def make_lab(folder: Path) -> Lab:
    """Write all of it to a folder."""
    dataset = built(folder, {"chr1": 6_000, "chr2": 6_000})
    for name, seed in (("raw", 0), ("other", 1)):
        checkpoint = trained(dataset, seed=seed)
        save_checkpoint(folder / f"{name}.safetensors", checkpoint)
    for name, made_of, split in (
        ("calibrated", "raw", "valid"), ("again", "raw", "train"), ("stranger", "other", "valid")
    ):  # fmt: skip
        opened = load_checkpoint(folder / f"{made_of}.safetensors")
        save_checkpoint(
            folder / f"{name}.safetensors", calibrate(opened, dataset, split=split).checkpoint
        )
    return Lab(folder, dataset)
