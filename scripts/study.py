"""Which training recipe and which parts of the hybrid pay: variants over three block splits.

Ten megabases of hg38 with 259 ENCODE and Roadmap peak files are split three times (seeds 0, 1
and 2) in stretches of 500 kb. Every variant is trained once on each split, with as many epochs as
the others of its study, and its scores go to a table, docs/study.csv. A row that is there is not
computed again, so that a study is continued by the same command, also elsewhere and later.

    python scripts/study.py                       # what is missing: some nights of a core
    python scripts/study.py recipe --variants "batch 1*"
    python scripts/study.py --show                # the tables in Markdown

The studies `recipe` and `ablation` choose by the valid split. `bar` compares networks once on test.
"""

from __future__ import annotations

import argparse
import csv
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from real_loci import REAL, ROOT

from regtrack.checkpoint import load_checkpoint

TABLE = ROOT / "docs" / "study.csv"
WORK = ROOT / "runs" / "study"
SPLITS = (0, 1, 2)
CATEGORIES = ("TF", "DNase", "histone")
COLUMNS = ("study", "variant", "split", "epochs", "scored_on", *CATEGORIES, "parameters", "seconds")

# the settings that every variant of `recipe` differs from in one point
RECIPE = {
    "batch-size": "4", "learning-rate": "0.003", "weight-decay": "0.01", "warmup": "0.3",
    "averaging": "0.98", "shift": "10000", "patience": "0",
}  # fmt: skip
# Gupta and Rush 2017: Adam at 0.001, batches of 8, dropout 0.25, momentum 0.1
PAPER = {"batch-size": "8", "learning-rate": "0.001", "dropout": "0.25", "patience": "0"}


@dataclass(frozen=True)
class Study:
    """Variants that are compared with each other.

    Attributes:
        epochs: of every training.
        scored_on: `valid` where the study chooses, `test` where it reports.
        variants: options of `regtrack train`, by the variant's name.
    """

    epochs: int
    scored_on: str
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def hybrid(**changes: str) -> dict[str, str]:
    """The options of the hybrid with the recipe and some changes; `set` holds settings."""
    return {"model": "hybrid", **RECIPE, **{key.replace("_", "-"): v for key, v in changes.items()}}


STUDIES = {
    "recipe": Study(4, "valid", {
        "batch 4, rate 0.003": hybrid(),
        "batch 1, rate 0.002": hybrid(batch_size="1", learning_rate="0.002", averaging="0.995"),
        "dropout 0.25": hybrid(dropout="0.25"),
        "rate 0.006": hybrid(learning_rate="0.006"),
        "rate 0.001": hybrid(learning_rate="0.001"),
        "weights not averaged": hybrid(averaging="0"),
        "momentum 0.02": hybrid(set="bn_momentum=0.02"),
        "windows not shifted": hybrid(shift="0"),
        "warm-up 0.05": hybrid(warmup="0.05"),
        "no weight decay": hybrid(weight_decay="0"),
        "labelled bases weigh 4": hybrid(positive_weight="4"),
    }),
    "ablation": Study(4, "valid", {
        "hybrid": hybrid(),
        "stem of width 5": hybrid(set="width=5"),
        "stem of width 25": hybrid(set="width=25"),
        "blocks of 5 bp": hybrid(set="block=5"),
        "blocks of 20 bp": hybrid(set="block=20"),
        "dilations 1, 3, 9 ...": hybrid(set="dilations=[1,3,9,27,81,243]"),
        "five residual blocks": hybrid(set="dilations=[1,2,4,8,16]"),
        "wider": hybrid(set="channels=[112,256,128]"),
    }),
    "bar": Study(12, "test", {
        "CNN7, the paper's settings": {"model": "cnn7", **PAPER},
        "DILATED, the paper's settings": {"model": "dilated", **PAPER},
        "DILATED with max pooling, the paper's settings": {
            "model": "dilated", "pooling": "max", **PAPER,
        },
        "CNN7": {**hybrid(), "model": "cnn7"},
        "DILATED": {**hybrid(), "model": "dilated"},
        "DILATED with max pooling": {**hybrid(), "model": "dilated", "pooling": "max"},
        "BI-LSTM": {**hybrid(), "model": "bi-lstm"},
        "hybrid": hybrid(),
    }),
}  # fmt: skip


def run(*arguments: object) -> str:
    """Run a command of regtrack, and return what it prints."""
    command = [sys.executable, "-m", "regtrack", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def read_rows() -> list[dict[str, str]]:
    """The table as it is."""
    if not TABLE.exists():
        return []
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def add_row(row: Mapping[str, object]) -> None:
    """Append a row; several processes may do so."""
    with TABLE.open("a", newline="", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if TABLE.stat().st_size == 0:
            writer.writeheader()
        writer.writerow(row)


def dataset_of(split: int) -> Path:
    """The dataset of a block split, built if it is not there."""
    real, out = REAL / "hg38-chr1-10mb", WORK / f"data{split}"
    if not out.exists():
        run("build-dataset", "--reference", real / "chr1_hg38_10M.fa.gz",
            "--markers", real / "markers.tsv", "--exclude", real / "exclude.bed",
            "--split", "block", "--block", "500000", "--seed", split, "--out", out)  # fmt: skip
    return out


def train(name: str, study: Study, options: Mapping[str, str], split: int) -> Path:
    """The run of a variant on a split; an interrupted one resumes."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in name)
    out = WORK / f"{kept}-{study.epochs}-{split}"
    if not (out / "checkpoint.safetensors").exists() or (out / "last.ckpt").exists():
        flags = [part for key, value in options.items() for part in (f"--{key}", value)]
        run("train", dataset_of(split), "--out", out, "--epochs", study.epochs, *flags)
    return out


def score(out: Path, study: Study, split: int) -> dict[str, float]:
    """Average precision by category on the split that the study speaks of."""
    report = json.loads(
        run("evaluate", dataset_of(split), out, "--split", study.scored_on, "--json")
    )
    return {row["category"]: row["average_precision"] for row in report["categories"]}


def missing(names: Sequence[str], globs: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """Study, variant and split of every row that is not in the table."""
    done = {(row["study"], row["variant"], int(row["split"])) for row in read_rows()}
    for name in names:
        for variant in STUDIES[name].variants:
            if not globs or any(fnmatch(variant, glob) for glob in globs):
                yield from (
                    (name, variant, split) for split in SPLITS if (name, variant, split) not in done
                )


def compute(name: str, variant: str, split: int) -> None:
    """Train and score a variant on a split, and add its row."""
    study = STUDIES[name]
    WORK.mkdir(parents=True, exist_ok=True)
    out = train(f"{name} {variant}", study, study.variants[variant], split)
    scores = score(out, study, split)
    result = json.loads((out / "training.json").read_text())["result"]
    add_row({
        "study": name, "variant": variant, "split": split, "epochs": study.epochs,
        "scored_on": study.scored_on, **{key: f"{scores[key]:.5f}" for key in CATEGORIES},
        "parameters": load_checkpoint(out).model.parameter_count,
        "seconds": round(result["seconds"]),
    })  # fmt: skip


def show(name: str) -> None:
    """A study's table in Markdown: means over the splits, and the lowest and highest."""
    rows = [row for row in read_rows() if row["study"] == name]
    if not rows:
        return
    study = STUDIES[name]
    print(f"\n{name}: {study.epochs} epochs, scored on {study.scored_on}\n")
    print("| variant | splits | " + " | ".join(CATEGORIES) + " |\n|---|---|---|---|---|")
    for variant in dict.fromkeys(row["variant"] for row in rows):
        of_it = [row for row in rows if row["variant"] == variant]
        cells = []
        for category in CATEGORIES:
            values = np.array([float(row[category]) for row in of_it])
            cells.append(f"{values.mean():.4f} ({values.min():.4f} to {values.max():.4f})")
        print(f"| {variant} | {len(of_it)} | " + " | ".join(cells) + " |")


def main() -> None:
    """Compute what is missing, or print the tables."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="Another machine continues where the table ends.",
    )
    parser.add_argument("studies", nargs="*", help=f"of {', '.join(STUDIES)}; default: all")
    parser.add_argument("--variants", nargs="*", default=[], help="globs of names; default: all")
    parser.add_argument("--show", action="store_true", help="print the tables and compute nothing")
    args = parser.parse_args()
    names = args.studies or list(STUDIES)
    for name in names:
        if name not in STUDIES:
            parser.error(f'no study is called "{name}"; expected {", ".join(STUDIES)}')
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if not args.show:
        for name, variant, split in missing(names, args.variants):
            print(f"{name}: {variant}, split {split}", flush=True)
            compute(name, variant, split)
    for name in names:
        show(name)


if __name__ == "__main__":
    main()
