"""What a network trained on 200 markers is worth to somebody with peaks of five others.

Ten megabases of hg38: 200 of its markers are one dataset, and five experiments on GM12878 another,
with the same windows in the same splits. No marker of the first is of the same target and cell as
one of the five. A network is trained on the first, and then on the five in three ways with the same
settings: from fresh weights, from those of the first, and from those with all but the head frozen.

    python scripts/fine_tune.py                      # into runs/fine-tune; 20 minutes of a core
    python scripts/fine_tune.py --show               # the table in Markdown
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from pathlib import Path

import numpy as np
from jobs import run_regtrack
from real_loci import REAL, RECIPE, ROOT, flags

from regtrack.dataset.store import Dataset

WORK = ROOT / "runs" / "fine-tune"
SOURCE = REAL / "hg38-chr1-10mb"
OWN = tuple(f"encode_GM12878_{name}_" for name in ("CTCF", "POLR2A", "DNase", "H3K27ac", "H3K4me3"))
SAME = ("CTCF", "Pol2", "POLR2A", "DNase", "H3K27ac", "H3K4me3")  # targets of the five, in any lab
MARKERS, SEED = 200, 0


def tables() -> None:
    """Write the two markers tables."""
    with (SOURCE / "markers.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    own = [row for row in rows if Path(row["file"]).name.startswith(OWN)]
    others = [
        row for row in rows
        if not (row["cell"].lower() == "gm12878" and row["target"] in SAME)
    ]  # fmt: skip
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(others))[:MARKERS])
    for name, part in (("others", [others[index] for index in chosen]), ("own", own)):
        with (WORK / f"{name}.tsv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(part)


def build(name: str) -> Path:
    """The dataset of a table, if it is not there."""
    out = WORK / f"data-{name}"
    if not out.exists():
        run_regtrack("build-dataset", "--reference", SOURCE / "chr1_hg38_10M.fa.gz", "--markers",
            WORK / f"{name}.tsv", "--peaks-folder", SOURCE, "--exclude", SOURCE / "exclude.bed",
            "--split", "block", "--block", "500000", "--out", out)  # fmt: skip
    return out


def train(data: Path, name: str, epochs: int, *options: object, **changes: float) -> Path:
    """A run, if it is not finished; an interrupted one resumes."""
    out = WORK / name
    if not (out / "checkpoint.safetensors").exists() or (out / "last.ckpt").exists():
        recipe = flags({"epochs": epochs, "patience": 0, **RECIPE, **changes})
        run_regtrack("train", data, "--out", out, *recipe, *options)
    return out


def check_same_windows(first: Path, second: Path) -> None:
    """What one network is tested on, the other has not seen."""
    one, two = Dataset.open(first), Dataset.open(second)
    for split in ("train", "valid", "test"):
        places = [{data.interval(i) for i in data.window_ids(split)} for data in (one, two)]
        assert places[0] == places[1], split


def compute(model: str, first: int, epochs: int, windows: int, rate: float) -> None:
    """Build, train and score what is missing."""
    WORK.mkdir(parents=True, exist_ok=True)
    tables()
    others, own = build("others"), build("own")
    check_same_windows(others, own)
    start = train(others, "others", first, "--model", model)
    ways: dict[str, list[object]] = {
        "fresh": ["--model", model],
        "from": ["--from", start],
        "frozen": ["--from", start, "--freeze"],
    }
    for name, options in ways.items():
        given = ("--epoch-windows", windows, *options)
        out = train(
            own,
            name,
            epochs,
            *given,
            learning_rate=rate if name == "from" else RECIPE["learning_rate"],
        )
        for split in ("valid", "test"):
            scores = run_regtrack("evaluate", own, out, "--split", split, "--json")
            (WORK / f"{name}-{split}.json").write_text(scores)


def show() -> None:
    """A row per marker and way, in Markdown."""
    for split in ("valid", "test"):
        ways = {
            name: json.loads((WORK / f"{name}-{split}.json").read_text())["markers"]
            for name in ("fresh", "from", "frozen")
        }
        print(f"\n| {split} | base rate | " + " | ".join(ways) + " |\n|---|---|---|---|---|")
        for rows in zip(*ways.values(), strict=True):
            scores = " | ".join(f"{row['average_precision']:.4f}" for row in rows)
            print(f"| {rows[0]['marker']} | {rows[0]['base_rate']:.4f} | {scores} |")
        means = [np.mean([row["average_precision"] for row in rows]) for rows in ways.values()]
        print("| mean | | " + " | ".join(f"{mean:.4f}" for mean in means) + " |")
    for name in ("others", "fresh", "from", "frozen"):
        print(name, json.loads((WORK / name / "training.json").read_text())["result"]["seconds"])


def main() -> None:
    """Compute what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="hybrid")
    parser.add_argument("--first", type=int, default=4, help="epochs on the 200 markers")
    parser.add_argument("--epochs", type=int, default=4, help="epochs on the five")
    parser.add_argument("--windows", type=int, default=0, help="per epoch on the five; 0: all")
    parser.add_argument(
        "--rate", type=float, default=0.001, help="peak learning rate from other weights"
    )
    parser.add_argument("--show", action="store_true", help="print the table and compute nothing")
    args = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if not args.show:
        compute(args.model, args.first, args.epochs, args.windows, args.rate)
    show()


if __name__ == "__main__":
    main()
