"""Runs in processes of their own: killed by signals, and spread over two devices."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import forked
import numpy as np
import pytest
from forked import Forked, of_file
from no_plots import without_plots

from regtrack.checkpoint import load_checkpoint
from regtrack.dataset.store import Dataset
from regtrack.evaluation.report import evaluate
from regtrack.predict.forward import scores_of_codes
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.fit import TrainingResult, train
from regtrack.training.run import RunFolder

pytestmark = pytest.mark.slow

forked.preload("regtrack.training.fit", "torch._dynamo")

EPOCHS = 8

SCRIPT = """
import runpy, sys

data, out, epochs, devices, first = sys.argv[1:]
train_head = runpy.run_path({here!r})["train_head"]
result = train_head(data, out, int(epochs), int(devices), first)
print("leads" if result.leads else "follows", flush=True)
"""


def train_small(data: str | Path, out: str | Path, epochs: int) -> TrainingResult:
    """A small network, on one device."""
    return train(
        data,
        out,
        model="cnn3",
        settings={"channels": [6, 8, 4], "hidden": 8},
        config=TrainingConfig(epochs=epochs, learning_rate=0.01, batch_size=4, shift=40),
        hardware=Hardware(accelerator="cpu", devices=1),
    )


def train_head(
    data: str | Path, out: str | Path, epochs: int, devices: int, first: str | Path
) -> TrainingResult:
    """Only the head of a network, without dropout, with 8 windows per step over all devices.

    The trunk is frozen, since each process would normalise by its own windows.
    """
    return train(
        data,
        out,
        from_checkpoint=first,
        freeze=True,
        settings={"dropout": 0.0},
        config=TrainingConfig(epochs=epochs, learning_rate=0.01, batch_size=8 // devices, shift=40),
        hardware=Hardware(
            accelerator="cpu", devices=devices, strategy="ddp" if devices > 1 else "auto"
        ),
    )


def train_unplotted(data: str, out: str, epochs: int) -> None:
    """In a process of its own, which has not what the tests' own process replaces."""
    with without_plots():
        train_small(data, out, epochs)


@pytest.fixture(scope="module")
def first(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint to start from."""
    return train_small(dataset.path, tmp_path_factory.mktemp("first") / "run", 1).checkpoint


@pytest.fixture(scope="module")
def spread(
    dataset: Dataset, first: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunFolder, str]:
    """A run of `train_head` on two devices, which are two processes, and what they print."""
    folder = tmp_path_factory.mktemp("spread")
    path, out = folder / "script.py", folder / "run"
    path.write_text(SCRIPT.format(here=__file__))
    places = Path(__file__).parents[2], Path(forked.__file__).parent
    with pytest.MonkeyPatch.context() as patch:
        # for the second process, which the first one starts
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, places)))
        words = map(str, (path, dataset.path, out, 2, 2, first))
        process = Forked(forked.script, *words)
    try:
        output = "".join(process.communicate(timeout=400))
    finally:
        process.kill()
    assert process.returncode == 0, output
    return RunFolder(out), output


@pytest.fixture(scope="module")
def undisturbed(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The checkpoint of a run that nothing stopped."""
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    train_small(dataset.path, out, EPOCHS)
    return RunFolder(out).checkpoint.read_bytes()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGKILL"])
def test_a_killed_run_resumes_to_identical_weights(
    dataset: Dataset, undisturbed: bytes, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "killed"
    process = Forked(of_file, __file__, "train_unplotted", str(dataset.path), str(out), EPOCHS)
    deadline = time.monotonic() + 60
    while not RunFolder(out).last.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.Signals[name])
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0, output
    assert RunFolder(out).last.exists()
    train_small(dataset.path, out, EPOCHS)
    assert RunFolder(out).checkpoint.read_bytes() == undisturbed


def test_two_processes_train_one_network_and_score_it_exactly(
    dataset: Dataset, spread: tuple[RunFolder, str]
) -> None:
    run, output = spread
    assert run.plot.read_bytes().startswith(b"\x89PNG")
    assert output.split().count("leads") == output.split().count("follows") == 1
    report = evaluate(dataset, [run.checkpoint], split="valid")
    table = run.table.read_text().splitlines()
    rows = [dict(zip(table[0].split(","), line.split(","), strict=True)) for line in table[1:]]
    best = max(rows, key=lambda row: float(row["average_precision"]))
    for row in report.categories:
        scored = float(best[f"average_precision_{row.category}"])
        assert scored == pytest.approx(row.average_precision, abs=1e-5)


def test_two_processes_find_the_weights_and_scores_of_one(
    dataset: Dataset, first: Path, spread: tuple[RunFolder, str], tmp_path: Path
) -> None:
    """Each step averages the gradients of two processes with four windows each."""
    alone = train_head(dataset.path, tmp_path / "alone", 2, 1, first)
    models = [
        load_checkpoint(path).model for path in (first, alone.checkpoint, spread[0].checkpoint)
    ]
    started, one, two = (model.head.state_dict() for model in models)
    for name, tensor in one.items():
        moved = (tensor - started[name]).abs().max()
        # windows with N weigh a little more in the mean of two means
        assert (tensor - two[name]).abs().max() < 0.01 * moved
    codes = np.random.default_rng(0).integers(0, 4, (1, 2_000), dtype=np.uint8)
    before, by_one, by_two = (scores_of_codes(model.eval(), codes) for model in models)
    assert np.abs(by_one - by_two).max() < 0.01 * np.abs(by_one - before).max()
