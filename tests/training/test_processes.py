"""Runs in processes of their own: killed by signals, and spread over two devices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import forked
import pytest
from forked import Forked, of_file
from no_plots import without_plots

from regtrack.dataset.store import Dataset
from regtrack.evaluation.report import evaluate
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.fit import TrainingResult, train
from regtrack.training.run import RunFolder

pytestmark = pytest.mark.slow

forked.preload("regtrack.training.fit", "torch._dynamo")

EPOCHS = 8

SCRIPT = """
import runpy, sys

data, out, epochs, devices = sys.argv[1:]
train_small = runpy.run_path({here!r})["train_small"]
result = train_small(data, out, int(epochs), int(devices))
print("leads" if result.leads else "follows", flush=True)
"""


def train_small(data: str | Path, out: str | Path, epochs: int, devices: int = 1) -> TrainingResult:
    """A small network; in this process, or in one of its own by `SCRIPT`."""
    return train(
        data,
        out,
        model="cnn3",
        settings={"channels": [6, 8, 4], "hidden": 8},
        config=TrainingConfig(epochs=epochs, learning_rate=0.01, batch_size=4, shift=40),
        hardware=Hardware(
            accelerator="cpu", devices=devices, strategy="ddp" if devices > 1 else "auto"
        ),
    )


def train_unplotted(data: str, out: str, epochs: int) -> None:
    """In a process of its own, which has not what the tests' own process replaces."""
    with without_plots():
        train_small(data, out, epochs)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(here=__file__))
    return path


def start(
    script: Path, dataset: Dataset, out: Path, epochs: int, devices: int = 1
) -> subprocess.Popen[str]:
    command = [sys.executable, script, dataset.path, out, str(epochs), str(devices)]
    places = Path(__file__).parents[2], Path(forked.__file__).parent
    return subprocess.Popen(
        list(map(str, command)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


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
    dataset: Dataset, script: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    output = finish(start(script, dataset, out, 2, devices=2))
    assert RunFolder(out).plot.read_bytes().startswith(b"\x89PNG")
    assert output.split().count("leads") == output.split().count("follows") == 1
    report = evaluate(dataset, [RunFolder(out).checkpoint], split="valid")
    table = RunFolder(out).table.read_text().splitlines()
    rows = [dict(zip(table[0].split(","), line.split(","), strict=True)) for line in table[1:]]
    best = max(rows, key=lambda row: float(row["average_precision"]))
    for row in report.categories:
        scored = float(best[f"average_precision_{row.category}"])
        assert scored == pytest.approx(row.average_precision, abs=1e-5)
