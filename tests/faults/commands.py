"""The commands that write, on inputs so small that each takes a moment."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

Run = Callable[[], object]


@dataclass(frozen=True)
class Command:
    """A command and its output.

    Attributes:
        line: its words; `--overwrite` is added to replace an earlier output.
        older: words of a command that makes another output at the same place; none if an output
            is never replaced.
        outputs: the files and folders that it writes; each is whole on its own.
        spare: a file that a command killed at its very end leaves in a new output, and that the
            next run removes.
        grows: whether a new output is made where it stays, from which the same command resumes.
        torch: whether it loads torch.
    """

    line: str
    older: str = ""
    outputs: tuple[str, ...] = ("out",)
    spare: str = ""
    grows: bool = False
    torch: bool = True


_SMALL = "--set channels=[4,4,4] --set hidden=4 --accelerator cpu --epoch-windows 4 --batch-size 4"
_TRAIN = f"train data --out out --model cnn3 {_SMALL}"
_BUILD = "build-dataset --reference genome/reference.fa --markers genome/markers.tsv --out"
_CHROM = "--split chrom --valid-chroms chr3 --test-chroms chr4"
_SWEEP = "--reference genome/reference.fa --device cpu --window 1000 --batch-size 4"
_CKPT = "first/checkpoint.safetensors"
_FIGURES = ("out.png", "out.html", "out.tsv")
_DRAW = "--device cpu --data --out out.png --out out.html"
_REGION = "--reference genome/reference.fa --region chr4:3,001-3,200 --threshold 0.0001"

INDEXES = {".fai", ".gzi"}  # of a FASTA, made by whoever reads it first

COMMANDS = {
    "simulate": Command(
        "simulate --out out --length 100000", "simulate --out out --length 100000 --seed 7",
        torch=False,
    ),
    "build-dataset": Command(
        f"{_BUILD} out --window 2000 {_CHROM}", f"{_BUILD} out --window 1000 {_CHROM}", torch=False
    ),
    "train": Command(
        f"{_TRAIN} --epochs 2", f"{_TRAIN} --epochs 1 --seed 3", spare="last.ckpt", grows=True
    ),
    "evaluate": Command(
        "evaluate data first --device cpu --out out", "evaluate data second --device cpu --out out"
    ),
    "calibrate": Command(
        "calibrate first data --device cpu --out out.safetensors --figure out.png",
        "calibrate second data --device cpu --out out.safetensors --figure out.png",
        outputs=("out.safetensors", "out.png"),
    ),
    "predict-genome": Command(
        f"predict-genome {_CKPT} {_SWEEP} --chroms chr3 --out out",
        f"predict-genome {_CKPT} {_SWEEP} --chroms chr4 --out out",
    ),
    "calls": Command(
        "calls swept --threshold 0.01 --out out", "calls swept --threshold 0.02 --out out",
        torch=False,
    ),
    "compare": Command(
        "compare swept genome/markers.tsv --markers *CTCF --out out",
        "compare swept genome/markers.tsv --markers *CTCF --resolution 10 --out out",
        torch=False,
    ),
    "saliency-tracks": Command(
        f"saliency-tracks {_CKPT} {_SWEEP} --chroms chr3 --out out --markers *CTCF",
        f"saliency-tracks {_CKPT} {_SWEEP} --chroms chr4 --out out --markers *CTCF",
    ),
    "assemble": Command(
        "assemble out", f"predict-genome {_CKPT} {_SWEEP} --chroms chr4 --out out"
    ),
    "saliency": Command(
        f"saliency first --marker *CTCF {_REGION} {_DRAW}",
        f"saliency second --marker *CTCF {_REGION} {_DRAW}",
        outputs=_FIGURES,
    ),
    "receptive-field": Command(
        f"receptive-field first --dataset data --positives 4 {_DRAW}",
        f"receptive-field second --dataset data --positives 4 {_DRAW}",
        outputs=_FIGURES,
    ),
    "benchmark": Command("benchmark grammar --out out --models cnn1 --seeds 1", grows=True),
    "demo": Command(
        "demo --out out", "demo --out out --seed 5", spare="last.ckpt", grows=True,
        outputs=(
            "out/genome", "out/data", "out/models/cnn7", "out/scores", "out/tracks/cnn7",
            "out/window.png",
        ),
    ),
}  # fmt: skip


def shrink(line: str) -> None:
    """Make the benchmark and the demo of this process so small that each takes a moment."""
    if line.startswith("benchmark"):
        from regtrack.benchmark import run

        run.Plan = partial(run.Plan, length=100_000, epochs=1, regions=2, positives=3)  # type: ignore[misc,assignment]
    if line.startswith("demo"):
        from regtrack import demo

        small = {"channels": (4, 4, 4), "hidden": 4, "dropout": 0.0}
        demo._MODELS = {"cnn7": demo._Training(1, small)}
        demo.simulate = partial(demo.simulate, length=400_000)


# what makes the inputs of all commands, and shares to assemble, which are moved to `shares`
INPUTS = (
    "simulate --out genome --length 100000 --seed 1",
    f"{_BUILD} data --window 1000 {_CHROM}",
    f"train data --out first --model cnn3 {_SMALL} --epochs 1",
    f"train data --out second --model cnn3 {_SMALL} --epochs 1 --seed 1",
    f"predict-genome {_CKPT} {_SWEEP} --chroms chr3 --out shares --shard 1/1",
    f"predict-genome {_CKPT} {_SWEEP} --chroms chr3 --out swept --markers *CTCF",
)


def odd(word: str) -> str:
    """A word of a command line; an output gets a name with a space and bytes that are not UTF-8."""
    first, dot, rest = word.partition("/" if "/" in word else ".")
    return os.fsdecode(b"o\xff t") + dot + rest if first == "out" else word


def contents(place: Path) -> dict[str, bytes] | None:
    """The files of an output with their bytes, but for indexes and the seconds that it took."""
    if not os.path.lexists(place):
        return None
    files = [place] if place.is_file() else sorted(place.rglob("*"))
    return {
        str(file.relative_to(place)): _timeless(file)
        for file in files
        if file.is_file() and file.suffix not in INDEXES
    }


def _timeless(file: Path) -> bytes:
    if file.name == "training.json":
        record = json.loads(file.read_text())
        record.get("result", {}).pop("seconds", None)
        record.pop("digest")  # covers the seconds
        return json.dumps(record).encode()
    if file.name == "metrics.csv":
        with file.open(newline="") as rows:
            return json.dumps([{**row, "seconds": ""} for row in csv.DictReader(rows)]).encode()
    return file.read_bytes()
