"""Which training recipe and which parts of the hybrid pay: variants over three block splits.

Ten megabases of hg38 with 259 ENCODE and Roadmap peak files are split three times (seeds 0, 1
and 2) in stretches of 500 kb. Every variant is trained once on each split, with as many epochs as
the others of its study, and its scores go to a table, docs/study.csv. A row that is there is not
computed again, so that a study is continued by the same command, also elsewhere and later.

    python scripts/study.py                        # what is missing, on all GPUs or CPUs there are
    python scripts/study.py recipe --variants "batch*"
    python scripts/study.py --jobs 12 --minutes 8  # trainings at a time; begin none after 8 minutes
    python scripts/study.py --show                 # the tables in Markdown

The studies `recipe` and `ablation` choose by the valid split. `bar` compares networks on test.
All of `ablation` but its first row read one strand, in half the time.
"""

from __future__ import annotations

import argparse
import csv
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jobs
import numpy as np
import study_networks
from real_loci import PAPER, REAL, RECIPE, ROOT

import regtrack
from regtrack.checkpoint import load_checkpoint

TABLE = ROOT / "docs" / "study.csv"
WORK = ROOT / "runs" / "study"
SPLITS = (0, 1, 2)
CATEGORIES = ("TF", "DNase", "histone")
COLUMNS = ("study", "variant", "split", "epochs", "scored_on", *CATEGORIES, "parameters")
# what was chosen last, as it was before
FULL = {"cutout": 0.0, "loss_every": 1}


@dataclass(frozen=True)
class Variant:
    """A network and how it is trained.

    Attributes:
        model: in the registry.
        settings: of the network, if they differ from its defaults.
        config: of `TrainingConfig`.
        widths: bins whose loss is added to that of single bases (bp).
        renormalises_after: steps, then with batch renormalisation; None: never.
        mean_of: other variants of the study whose logits are averaged, instead of a training.
    """

    model: str = "hybrid"
    settings: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    widths: tuple[int, ...] = ()
    renormalises_after: int | None = None
    mean_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """Variants that are compared with each other.

    Attributes:
        scored_on: `valid` where the study chooses, `test` where it reports.
        variants: by name.
        epochs: of every training, unless a variant's config says otherwise.
    """

    scored_on: str
    variants: Mapping[str, Variant]
    epochs: int = 12


def based(**changes: Any) -> Variant:
    """The hybrid with the recipe that others are compared with, and some changes."""
    return Variant(config=RECIPE | changes)


def full(settings: Mapping[str, Any] | None = None, **changes: Any) -> Variant:
    """As `based`, but of one strand, with its whole sequence and the loss of every base.

    Most of `recipe` was computed like this.
    """
    return Variant(
        settings={"both_strands": False, **(settings or {})}, config=RECIPE | FULL | changes
    )


def having(**settings: Any) -> Variant:
    """The hybrid with the recipe and other settings of the network."""
    return Variant(settings=settings, config=RECIPE)


def of_one_strand(model: str = "hybrid", **settings: Any) -> Variant:
    """The hybrid with the recipe, of one strand, and other settings of the network."""
    return Variant(model, {"both_strands": False, **settings}, RECIPE)


def other(model: str, **settings: Any) -> Variant:
    """Another network with the recipe."""
    return Variant(model, settings, RECIPE)


STUDIES = {
    "recipe": Study("valid", {
        "30 epochs": full(epochs=30),
        "batch 2, rate 0.002": full(),
        "batch 4, rate 0.003": full(batch_size=4, learning_rate=0.003, averaging=0.98),
        "batch 1, rate 0.0015": full(batch_size=1, learning_rate=0.0015, averaging=0.995),
        "dropout 0.25": full({"dropout": 0.25}),
        "dropout 0.4": full({"dropout": 0.4}),
        "rate 0.004": full(learning_rate=0.004),
        "rate 0.001": full(learning_rate=0.001),
        "weight decay 0.1": full(weight_decay=0.1),
        "no weight decay": full(weight_decay=0.0),
        "weights not averaged": full(averaging=0.0),
        "averaging 0.999": full(averaging=0.999),
        "momentum 0.02": full({"bn_momentum": 0.02}),
        "windows not shifted": full(shift=0),
        "strands as they are": full(reverse_complement=False),
        "warm-up 0.05": full(warmup=0.05),
        "labelled bases weigh 4": full(positive_weight=4.0),
        "balance 0.5": full(balance=0.5),
        "balance 1": full(balance=1.0),
        "batch renormalisation": replace(full(), renormalises_after=140),
        "batch renormalisation, 30 epochs": replace(
            full(epochs=30), renormalises_after=140
        ),
        "loss of every fifth base": full(loss_every=5),
        "the same, cutout 0.15": full(loss_every=5, cutout=0.15),
        "the same, both strands": based(),
    }),
    "ablation": Study("valid", {
        "hybrid": having(),
        "one strand": of_one_strand(),
        "stem of width 7": of_one_strand(width=7),
        "stem of width 25": of_one_strand(width=25),
        "stride instead of pooling": of_one_strand("hybrid-strided"),
        "dilations 1, 3, 9, ..., 243": of_one_strand(dilations=[1, 3, 9, 27, 81, 243]),
        "five residual blocks": of_one_strand(dilations=[1, 2, 4, 8, 16]),
        "no residual sums": of_one_strand("hybrid-plain"),
        "gates": of_one_strand("hybrid-gated"),
        "ConvNeXt blocks": of_one_strand("hybrid-convnext"),
        "no join with single bases": of_one_strand("hybrid-no-join"),
        "a stem that reads both strands": of_one_strand("hybrid-strands"),
        "loss of bins of 25 and 250 bp as well": replace(of_one_strand(), widths=(25, 250)),
        "blocks of 20 bp": of_one_strand(block=20),
        "blocks of 5 bp": of_one_strand(block=5),
        "hidden layer of 250": of_one_strand(hidden=250),
        "twice the channels": of_one_strand(channels=[192, 192, 128]),
    }, epochs=6),
    "bar": Study("test", {
        "CNN7, the paper's settings": Variant("cnn7", config=PAPER),
        "DILATED, the paper's settings": Variant("dilated", config=PAPER),
        "DILATED with max pooling, the paper's settings": Variant(
            "dilated", {"pooling": "max"}, PAPER
        ),
        "CNN7": other("cnn7"),
        "DILATED": other("dilated"),
        "DILATED with max pooling": other("dilated", pooling="max"),
        "BI-LSTM": other("bi-lstm"),
        "hybrid": other("hybrid"),
        "hybrid, one strand": having(both_strands=False),
        "hybrid, one strand, no cutout": full(),
        "hybrid, seed 1": based(seed=1),
        "hybrid, seed 2": based(seed=2),
        "hybrid, wider": having(channels=[112, 256, 128]),
        "mean of three hybrids": Variant(mean_of=("hybrid", "hybrid, seed 1", "hybrid, seed 2")),
        "mean of CNN7 and DILATED": Variant(mean_of=("CNN7", "DILATED")),
    }),
}  # fmt: skip


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
        jobs.run_regtrack("build-dataset", "--reference", real / "chr1_hg38_10M.fa.gz",
            "--markers", real / "markers.tsv", "--exclude", real / "exclude.bed",
            "--split", "block", "--block", "500000", "--seed", split, "--out", out)  # fmt: skip
    return out


def run_of(name: str, variant: str, split: int) -> Path:
    """The folder of a training."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in f"{name} {variant}")
    return WORK / f"{kept}-{split}"


def train(name: str, variant: str, split: int) -> Path:
    """The run of a variant on a split; an interrupted one resumes."""
    study, out = STUDIES[name], run_of(name, variant, split)
    chosen = study.variants[variant]
    config = {
        "epochs": study.epochs, "patience": 0, "precision": jobs.PRECISION, **chosen.config,
    }  # fmt: skip
    every = chosen.config.get("loss_every", 1)
    with (
        study_networks.losses_at([width // every for width in chosen.widths]),
        study_networks.renormalised(chosen.renormalises_after),
    ):
        jobs.train(dataset_of(split), out, chosen.model, chosen.settings, config)
    return out


def compute(name: str, variant: str, split: int) -> str:
    """Train and score a variant on a split, or the mean of others, and add its row."""
    study = STUDIES[name]
    members = study.variants[variant].mean_of or (variant,)
    runs = [train(name, member, split) for member in members]
    if study.scored_on == "valid":  # the best epoch's scores
        result = json.loads((runs[0] / "training.json").read_text())["result"]
        scores = {key: result[f"average_precision_{key}"] for key in CATEGORIES}
    else:
        report = regtrack.evaluate(
            dataset_of(split), "+".join(map(str, runs)), split=study.scored_on
        )
        scores = {row.category: row.average_precision for row in report.categories}
    add_row({
        "study": name, "variant": variant, "split": split,
        "epochs": study.variants[variant].config.get("epochs", study.epochs),
        "scored_on": study.scored_on, **{key: f"{scores[key]:.5f}" for key in CATEGORIES},
        "parameters": sum(load_checkpoint(run).model.parameter_count for run in runs),
    })  # fmt: skip
    return ", ".join(f"{key} {scores[key]:.4f}" for key in CATEGORIES)


def missing(names: Sequence[str], globs: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """Study, variant and split of every row that is not in the table."""
    done = {(row["study"], row["variant"], int(row["split"])) for row in read_rows()}
    for name in names:
        for variant in STUDIES[name].variants:
            if not globs or any(fnmatch(variant, glob) for glob in globs):
                yield from (
                    (name, variant, split) for split in SPLITS if (name, variant, split) not in done
                )


def start() -> None:
    """Prepare a process that trains."""
    jobs.one_thread()
    study_networks.register()


def compute_all(rows: Sequence[tuple[str, str, int]], at_once: int, minutes: float) -> None:
    """Compute rows, several at a time, in order; begin none after some minutes."""
    WORK.mkdir(parents=True, exist_ok=True)
    for split in {split for *_, split in rows}:
        dataset_of(split)
    means = [row for row in rows if STUDIES[row[0]].variants[row[1]].mean_of]
    left, end = [], time.monotonic() + 60 * minutes
    for some in ([row for row in rows if row not in means], means):  # of networks that are trained
        wanted = [jobs.Job("{}: {}, split {}".format(*row), compute, row) for row in some]
        left += jobs.run_jobs(wanted, at_once, minutes=(end - time.monotonic()) / 60, start=start)
    if left:
        print(f"{len(left)} are left; the same command continues")


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
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin none after them")
    parser.add_argument("--show", action="store_true", help="print the tables and compute nothing")
    args = parser.parse_args()
    names = args.studies or list(STUDIES)
    for name in names:
        if name not in STUDIES:
            parser.error(f'no study is called "{name}"; expected {", ".join(STUDIES)}')
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if not args.show:
        compute_all(list(missing(names, args.variants)), args.jobs, args.minutes)
    for name in names:
        show(name)


if __name__ == "__main__":
    main()
