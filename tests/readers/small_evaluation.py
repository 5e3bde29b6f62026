"""A small dataset, networks with random weights, and their logits at every base."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from regtrack.checkpoint import Checkpoint
from regtrack.dataset.build import build_dataset
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.genome.sequence import N
from regtrack.models.registry import build_model

WINDOW = 300
FEW = "cell_few"


def built(folder: Path, lengths: dict[str, int]) -> Dataset:
    """A dataset that depends only on the lengths; its last chromosome is the valid split."""
    random = np.random.default_rng(1)
    last = list(lengths)[-1]
    with (folder / "genome.fa").open("w") as file:
        for name, length in lengths.items():
            letters = np.array(list("ACGT"))[random.integers(4, size=length)]
            letters[3_010:3_030] = "N"
            file.write(f">{name}\n{''.join(letters)}\n")
    for marker in ("a", "b", "c"):
        with (folder / f"{marker}.bed").open("w") as file:
            for name, length in lengths.items():
                for start in random.integers(0, length - 200, size=40).tolist():
                    file.write(f"{name}\t{start}\t{start + int(random.integers(5, 150))}\n")
    (folder / "few.bed").write_text(f"{last}\t100\t103\n{last}\t8000\t8003\n")
    categories = {"a": "TF", "b": "TF", "c": "histone", "few": "TF"}
    rows = [f"{name}.bed\t{category}\tcell\t{name}\n" for name, category in categories.items()]
    (folder / "markers.tsv").write_text("file\tcategory\tbiosample\ttarget\n" + "".join(rows))
    spec = DatasetSpec(
        window=WINDOW, split=SplitSpec(kind="chrom", valid_chroms=(last,)), max_n=0.5
    )
    path = folder / "dataset"
    build_dataset(folder / "genome.fa", folder / "markers.tsv", path, spec=spec)
    return Dataset.open(path)


def trained(
    dataset: Dataset,
    seed: int = 0,
    name: str = "cnn1",
    columns: list[int] | None = None,
) -> Checkpoint:
    """A model with random weights, for some of the dataset's markers in any order."""
    chosen = list(range(len(dataset.markers))) if columns is None else columns
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build_model(name, len(chosen), hidden=16)
        torch.nn.init.normal_(model.head.output.weight, std=1.0)
    return Checkpoint(
        model=model,
        markers=tuple(dataset.markers[index] for index in chosen),
        assembly=dataset.assembly,
        window=dataset.window,
        training={"dataset": {"digest": dataset_digest(dataset)}},
    )  # fmt: skip


def known_positions(
    dataset: Dataset, checkpoint: Checkpoint, split: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Logits and labels (M, positions) of every known base of a split, one window at a time."""
    logits, labels = [], []
    model = checkpoint.model.eval()
    for window_id in dataset.window_ids(split).tolist():
        at = dataset.interval(window_id)
        codes = dataset.codes(at.chrom, at.start, at.end)
        with torch.no_grad():
            found = model.logits(torch.from_numpy(codes)[None])[0].numpy()
        logits.append(found[:, codes != N])
        labels.append(dataset.dense(at.chrom, at.start, at.end)[:, codes != N])
    return np.concatenate(logits, axis=1), np.concatenate(labels, axis=1)
