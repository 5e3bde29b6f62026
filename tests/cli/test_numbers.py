"""Numbers that nobody means, for every option that takes one: one line, never a traceback."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer
from no_plots import without_plots
from small_lab import make_lab

from regtrack.cli.app import app

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
SWEEP = "raw.safetensors --reference genome.fa --out new --dry-run"
# what each command needs, on files of `make_lab`, with as little work as there can be
WORDS = {
    "build-dataset": "--reference genome.fa --markers markers.tsv --window 200 --out new",
    "simulate": "--out new --length 100000",
    "evaluate": "dataset raw.safetensors --split valid",
    "compare": "tracks a.bed --out new",
    "report": "tracks --labels dataset --out new.html",
    "train": "dataset --out new --model cnn1 --epochs 1 --epoch-windows 2",
    "search": "dataset --out new --model cnn1 --trials 1 --epochs 1 --epoch-windows 2",
    "calibrate": "raw.safetensors --dataset dataset",
    "check-model": "nowhere.safetensors",
    "benchmark": "grammar --out new --models cnn1",
    "predict": "raw.safetensors --reference genome.fa --region chr1:1-100",
    "predict-genome": SWEEP,
    "saliency-tracks": SWEEP,
    "calls": "tracks --checkpoint calibrated.safetensors --precision 0.3 --out new",
    "figure": "tracks --region chr1:1-100 --out new.png",
    "saliency": "raw.safetensors --reference genome.fa --region chr1:1-100 --marker cell_a "
    "--out new.svg",
    "receptive-field": "raw.safetensors --dataset dataset --marker cell_a --positives 2",
}
# these work for long, wait for requests or fetch; and a search may have any number of trials
LEFT_OUT = {"demo", "quickstart", "fetch", "serve"}
ENDLESS = {("search", "--trials", str(10**30))}


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
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = make_lab(tmp_path_factory.mktemp("lab"))
    made.tracks("tracks", "calibrated")
    with without_plots():
        yield made.folder


NUMBERS = {int: ("-1", "0", str(10**30)), float: ("-1", "0", "nan", "inf", "1e30")}
VALUES = [
    (name, option, value)
    for name, option, kinds in CASES
    for value in sorted({value for kind in kinds for value in NUMBERS[kind]})
    if (name, option, value) not in ENDLESS
]


def words_of(name: str, option: str, value: str) -> list[str]:
    """A command's words, with this value of an option in place of its own."""
    words = WORDS[name].split()
    if option in words:
        at = words.index(option)
        del words[at : at + 2]
    return [name, *words, option, value]


@pytest.mark.parametrize("case", VALUES, ids=" ".join)
def test_a_number_is_taken_or_refused_in_one_line(
    case: tuple[str, str, str],
    lab: Path,
    run_regtrack: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(lab)
    for file in lab.glob("new*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    status, _, said = run_regtrack("-q", *words_of(*case))
    assert status in {0, 1, 2}
    if status == 2:
        assert re.fullmatch("error: .*", said)
        assert "error:" not in said[1:]


def test_every_command_with_numbers_is_walked() -> None:
    assert {name for name, *_ in CASES} <= WORDS.keys()
    assert len(VALUES) > 200
