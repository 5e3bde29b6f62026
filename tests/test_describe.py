"""What a path holds, and `regtrack inspect`, which prints it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec
from regtrack.describe import describe
from regtrack.errors import RegtrackError
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.models.registry import build_model
from regtrack.tracks.bigwig.assemble import create_bigwig

MARKER = Marker("K562_CTCF", "TF", "K562", "CTCF")
ASSEMBLY = Assembly(("chr1",), (60_000,))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with a checkpoint, as a training run leaves it."""
    model = build_model("cnn1", 1)
    folder = tmp_path / "run"
    save_checkpoint(
        folder / "checkpoint.safetensors",
        Checkpoint(model, (MARKER,), ASSEMBLY, 1000, {"epoch": 3}),
    )
    return folder


def test_a_run_is_described_by_its_checkpoint(run: Path) -> None:
    found = describe(run)
    assert found == describe(run / "checkpoint.safetensors")
    assert (found["kind"], found["model"], found["training"]) == (
        "checkpoint",
        "cnn1",
        {"epoch": 3},
    )
    assert found["markers"] == [MARKER.to_dict()]


def test_a_dataset_is_described(tmp_path: Path) -> None:
    (tmp_path / "r.fa").write_text(">chr1\n" + ("ACGT" * 15 + "\n") * 1000)
    (tmp_path / "a.bed").write_text("chr1\t1000\t2000\n")
    table = "file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tCTCF\n"
    (tmp_path / "markers.tsv").write_text(table)
    build_dataset(
        tmp_path / "r.fa",
        tmp_path / "markers.tsv",
        tmp_path / "data",
        spec=DatasetSpec(window=1000),
    )
    found = describe(tmp_path / "data")
    assert (found["kind"], found["window"], found["bases"]) == ("dataset", 1000, 60_000)
    assert sum(found["windows"].values()) == 60


def test_a_bigwig_is_described(tmp_path: Path) -> None:
    path = tmp_path / "a.bw"
    with create_bigwig(path, ASSEMBLY) as file:
        file.write("chr1", 10, np.full(100, 0.5, dtype=np.float32))
    found = describe(path)
    assert found["kind"] == "bigWig"
    assert (found["chromosomes"], found["bases with a value"], found["mean"]) == (1, 100, 0.5)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_sweep_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(RegtrackError, match="damaged"):
        describe(tmp_path)


def test_what_is_nothing_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegtrackError, match="nothing at"):
        describe(tmp_path / "missing")
    with pytest.raises(RegtrackError, match=r"holds no dataset\.json"):
        describe(tmp_path)
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(RegtrackError, match="no safetensors file"):
        describe(tmp_path / "a.txt")


def test_the_command_prints_a_table_or_json(run: Path) -> None:
    def inspect(*options: str) -> str:
        words = [sys.executable, "-m", "regtrack", "inspect", str(run), *options]
        return subprocess.run(
            words, capture_output=True, text=True, check=True, env=dict(os.environ)
        ).stdout

    shown = inspect("--markers")
    assert "training" in shown
    assert "1: 1 TF" in shown
    assert "K562_CTCF" in shown
    assert json.loads(inspect("--json"))["model"] == "cnn1"
