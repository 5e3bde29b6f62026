"""Runs in processes of their own: killed by signals, and spread over two devices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from regtrack.dataset.store import Dataset
from regtrack.evaluation.report import evaluate
from regtrack.training.run import RunFolder

pytestmark = pytest.mark.slow

SCRIPT = """
import sys
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.fit import train

data, out, epochs, devices = sys.argv[1:]
result = train(
    data,
    out,
    model="cnn3",
    settings={"channels": [6, 8, 4], "hidden": 8},
    config=TrainingConfig(epochs=int(epochs), learning_rate=0.01, batch_size=4, shift=40),
    hardware=Hardware(
        accelerator="cpu",
        devices=int(devices),
        strategy="ddp" if int(devices) > 1 else "auto",
    ),
)
print("leads" if result.leads else "follows", flush=True)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def start(
    script: Path, dataset: Dataset, out: Path, epochs: int, devices: int = 1
) -> subprocess.Popen[str]:
    command = [sys.executable, script, dataset.path, out, str(epochs), str(devices)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        list(map(str, command)),
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGKILL"])
def test_a_killed_run_resumes_to_identical_weights(
    dataset: Dataset, script: Path, tmp_path: Path, name: str
) -> None:
    epochs = 25
    expected, out = tmp_path / "undisturbed", tmp_path / "killed"
    finish(start(script, dataset, expected, epochs))
    process = start(script, dataset, out, epochs)
    deadline = time.monotonic() + 60
    while not RunFolder(out).last.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.Signals[name])
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0, output
    assert RunFolder(out).last.exists()
    assert "follows" not in finish(start(script, dataset, out, epochs))
    assert RunFolder(out).checkpoint.read_bytes() == RunFolder(expected).checkpoint.read_bytes()


def test_two_processes_train_one_network_and_score_it_exactly(
    dataset: Dataset, script: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    output = finish(start(script, dataset, out, 2, devices=2))
    assert output.split().count("leads") == output.split().count("follows") == 1
    report = evaluate(dataset, [RunFolder(out).checkpoint], split="valid")
    table = RunFolder(out).table.read_text().splitlines()
    rows = [dict(zip(table[0].split(","), line.split(","), strict=True)) for line in table[1:]]
    best = max(rows, key=lambda row: float(row["average_precision"]))
    for row in report.categories:
        scored = float(best[f"average_precision_{row.category}"])
        assert scored == pytest.approx(row.average_precision, abs=1e-5)
