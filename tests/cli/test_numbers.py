"""Numbers that nobody means, for every option that takes one: one line, never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer
from small_lab import make_lab

from regtrack.cli.app import app

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
SWEEP = "raw.safetensors --reference genome.fa --out new --dry-run"
# what each command needs, on files of `make_lab`, with as little work as there can be
WORDS = {
    "build-dataset": "--reference genome.fa --markers markers.tsv --out new",
    "simulate": "--out new --length 100000",
    "evaluate": "dataset nowhere.safetensors",
    "compare": "tracks tracks --region chr1:1-100",
    "report": "nowhere --out new",
    "train": "dataset --out new --model cnn1 --epochs 1 --epoch-windows 2",
    "search": "dataset --out new --model cnn1 --trials 1 --epochs 1 --epoch-windows 2",
    "calibrate": "raw.safetensors --dataset dataset",
    "check-model": "nowhere.safetensors",
    "benchmark": "grammar --out new --models none",
    "predict": "raw.safetensors --reference genome.fa --region chr1:1-100",
    "predict-genome": SWEEP,
    "saliency-tracks": SWEEP,
    "calls": "nowhere",
    "figure": "genome.fa --region chr1:1-100 --out new.png",
    "saliency": "raw.safetensors --reference genome.fa --region chr1:1-100 --marker none "
    "--out new.svg",
    "receptive-field": "nowhere.safetensors --dataset dataset",
}
# these go on to long work or listen, or fetch
LEFT_OUT = {"demo", "quickstart", "fetch", "serve"}


def numeric(name: str) -> Iterator[tuple[str, set[type]]]:
    """The options of a command that take numbers, and their types."""
    module = __import__(COMMANDS[name].callback.__module__, fromlist=["command"])
    hints = get_type_hints(module.command)
    for option in COMMANDS[name].params:
        kinds = {hints.get(option.name), *get_args(hints.get(option.name))} & {int, float}
        if kinds and option.param_type_name == "option":
            yield option.opts[-1], kinds


CASES = [(name, *case) for name in COMMANDS if name not in LEFT_OUT for case in numeric(name)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lab(tmp_path_factory.mktemp("lab")).folder


NUMBERS = {int: ("-1", "0", str(10**30)), float: ("-1", "0", "nan", "inf", "1e30")}
VALUES = [
    (name, option, value)
    for name, option, kinds in CASES
    for value in sorted({value for kind in kinds for value in NUMBERS[kind]})
]


@pytest.mark.parametrize(("name", "option", "value"), VALUES)
def test_a_number_is_taken_or_refused_in_one_line(
    name: str,
    option: str,
    value: str,
    lab: Path,
    run_regtrack: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(lab)
    status, _, said = run_regtrack("-q", *usual((option, value), *WORDS[name].split()))
    assert status in {0, 1, 2}
    assert status != 2 or said.count("error:") == 1 or "Invalid value" in said
