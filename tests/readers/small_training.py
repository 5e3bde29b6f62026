"""A small dataset that takes a second to train on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset

WINDOW = 500
MOTIF = "TGACTCA"


def make_dataset(folder: Path) -> Dataset:
    """40 kb in 80 windows, with some N; three markers of two categories that follow a motif."""
    random = np.random.default_rng(0)
    letters = np.array(list("ACGT"))[random.integers(4, size=40_000)]
    letters[12_010:12_040] = "N"
    sites = np.sort(random.choice(np.arange(0, 39_900, 100), size=160, replace=False)) + 40
    for site in sites:
        letters[site : site + len(MOTIF)] = list(MOTIF)
    (folder / "genome.fa").write_text(">chr1\n" + "".join(letters) + "\n")
    reaches = {"near_TF": 10, "wide_histone": 45, "shifted_histone": 30}
    for name, reach in reaches.items():
        lines = [f"chr1\t{site - reach}\t{site + reach}\n" for site in sites.tolist()]
        (folder / f"{name}.bed").write_text("".join(lines))
    table = ["file\tcategory\tbiosample\ttarget\n"]
    table += [f"{n}.bed\t{n.split('_')[1]}\tcell\t{n.split('_')[0]}\n" for n in reaches]
    (folder / "markers.tsv").write_text("".join(table))
    spec = DatasetSpec(window=WINDOW, split=SplitSpec(kind="random", fractions=(0.7, 0.2, 0.1)))
    path = folder / "dataset"
    build_dataset(folder / "genome.fa", folder / "markers.tsv", path, spec=spec)
    return Dataset.open(path)
