"""`regtrack predict-genome` from the outside: what is printed, exit codes, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.cli import main
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.models.registry import build_model

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a checkpoint of two markers and a reference of two chromosomes."""
    monkeypatch.chdir(tmp_path)
    bases = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, 6_000)]
    text = bases.tobytes().decode()
    Path("r.fa").write_text(f">chr1\nNNNNN{text[:4995]}\n>chr2\n{text[:1000]}\n")
    torch.manual_seed(0)
    markers = (Marker("K562_CTCF", "TF", "K562", "CTCF"), Marker("A_D", "DNase", "A", "DNase"))
    assembly = Assembly(("chr1", "chr2"), (5_000, 1_000))
    model = build_model("cnn3", 2, channels=[6, 8, 5], hidden=7)
    save_checkpoint("c.safetensors", Checkpoint(model, markers, assembly, 1_000, {}))
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in that folder."""

    def call(*options: str) -> tuple[int, str, str]:
        fixed = ["predict-genome", "c.safetensors", "--reference", "r.fa", "--out", "tracks"]
        monkeypatch.setattr("sys.argv", ["regtrack", *fixed, *options])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return call


def test_it_says_what_it_will_write_and_what_it_wrote(run: Run) -> None:
    code, out, err = run("--window", "1000", "--batch-size", "2")
    assert code == 0
    forecast, windows = out.splitlines()[:2]
    assert forecast == "tracks: 2 files, 0.01 Mb each, at most 62.4 kB"
    assert windows.startswith("6 windows of 1,000 bp, 2 at once, flank ")
    assert "fp32 on cpu" in windows
    assert "cnn3.K562_CTCF.bw" in out
    assert "bases with a value 5,995, N 5" in out
    assert "Predicting: 100%" in err
    assert sorted(p.name for p in Path("tracks").iterdir()) == [
        "cnn3.A_D.bw", "cnn3.K562_CTCF.bw", "sweep.json",
    ]  # fmt: skip


def test_json_is_alone_on_stdout(run: Run) -> None:
    code, out, _ = run("--json", "--markers", "*ctcf,category:none", "--chroms", "2")
    assert (code, out) == (2, "")
    code, out, _ = run("--json", "--markers", "*ctcf", "--chroms", "2")
    found = json.loads(out)
    assert (code, found["bases"], found["absent"]) == (0, 1_000, 0)
    assert [track["marker"] for track in found["tracks"]] == ["K562_CTCF"]


def test_options_reach_the_sweep(run: Run, folder: Path) -> None:
    Path("x.bed").write_text("chr1\t0\t1000\n")
    code, _, _ = run(
        "--exclude", "x.bed", "--window", "500", "--flank", "200", "--batch-size", "3",
        "--precision", "bf16", "--device", "cpu", "--reverse-complement",
    )  # fmt: skip
    record = json.loads(Path("tracks/sweep.json").read_text())
    assert code == 0
    assert record["precision"] == "bf16"
    assert record["exclude"]["path"] == "x.bed"
    expected = {"window": 500, "flank": 200, "batch_size": 3, "both_strands": True, "bases": 5000}
    assert expected.items() <= record["plan"].items()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--window", "999"], "window 999 is no multiple"),
        (["--flank", "0"], "would leave seams"),
        (["--chroms", "chr1", "--regions", "r.bed"], "take one of --chroms and --regions"),
        (["--markers", "CTFC"], "no marker matches"),
    ],
)
def test_a_mistake_costs_one_line(run: Run, options: list[str], message: str) -> None:
    code, out, err = run(*options)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not list(Path().glob("*tracks*"))


def test_an_existing_output_is_kept(run: Run) -> None:
    Path("tracks").mkdir()
    Path("tracks/mine.txt").write_text("mine")
    code, _, err = run()
    assert code == 2
    assert "exists already" in err
    assert Path("tracks/mine.txt").exists()
    assert run("--overwrite")[0] == 0
    assert not Path("tracks/mine.txt").exists()


def test_ctrl_c_ends_without_a_traceback_and_leaves_nothing(folder: Path) -> None:
    Path("long.fa").write_text(">chr1\n" + ("ACGT" * 15 + "\n") * 100_000)
    before = set(folder.iterdir()) | {folder / "long.fa.fai"}
    process = subprocess.Popen(
        [
            sys.executable, "-m", "regtrack", "--quiet", "predict-genome", "c.safetensors",
            "--reference", "long.fa", "--out", "tracks", "--any-assembly",
            "--window", "1000", "--batch-size", "1",
        ],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        for _ in range(600):
            if list(folder.glob(".tracks.*/.*.partial")) or process.poll() is not None:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err.strip() in {"", "error: interrupted"}
    assert set(folder.iterdir()) == before
