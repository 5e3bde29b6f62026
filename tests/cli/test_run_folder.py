"""The folder of a training run is its checkpoint for every command that reads one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.cli import main
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec
from regtrack.dataset.store import Dataset
from regtrack.models.registry import build_model

COMMANDS = {
    "predict-genome": "predict-genome {} --reference r.fa --out tracks --dry-run",
    "evaluate": "evaluate data {} --split train",
    "saliency": (
        "saliency {} --dataset data --marker K562_CTCF --region chr1:2,001-3,000 --threshold 0"
    ),
    "receptive-field": "receptive-field {} --dataset data --split train --positives 3",
    "inspect": "inspect {}",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset, a run, one that was interrupted, and one of something else."""
    folder = tmp_path_factory.mktemp("world")
    bases = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, 40_000)]
    (folder / "r.fa").write_text(f">chr1\n{bases.tobytes().decode()}\n")
    peaks = "".join(f"chr1\t{start + 500}\t{start + 600}\n" for start in range(0, 40_000, 1_000))
    (folder / "a.bed").write_text(peaks)
    (folder / "m.tsv").write_text("file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tCTCF\n")
    spec = DatasetSpec(window=1_000)
    build_dataset(folder / "r.fa", folder / "m.tsv", folder / "data", spec=spec)
    dataset = Dataset.open(folder / "data")
    torch.manual_seed(0)
    model = build_model("cnn3", 1, channels=[6, 8, 5], hidden=7)
    checkpoint = Checkpoint(model, dataset.markers, dataset.assembly, 1_000, {})
    save_checkpoint(folder / "run/checkpoint.safetensors", checkpoint)
    for name in ("interrupted", "other"):
        (folder / name).mkdir()
    (folder / "interrupted/training.json").write_text('{"status": "unfinished"}')
    return folder


def run(words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["regtrack", "--quiet", *words.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_folder_is_equivalent_to_its_checkpoint_file(
    command: str, world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(world)
    said = []
    for path in ("run/checkpoint.safetensors", "run"):
        assert run(COMMANDS[command].format(path), monkeypatch) == 0
        said.append(capsys.readouterr().out.replace(path, "PATH").split("about")[0])
    # the table of inspect is as wide as the path that it names
    assert said[0].split() == said[1].split() or command == "inspect"
    assert "cnn3" in said[1].lower() or command == "predict-genome"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_without_a_checkpoint_is_refused_in_one_line(
    command: str, world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(world)
    for path, message in (
        ("interrupted", "was interrupted in its first epoch"),
        ("other", "other"),
    ):
        assert run(COMMANDS[command].format(path), monkeypatch) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
