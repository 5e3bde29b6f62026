"""A dataset without a train split: commands for other splits work, training is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.cli import main
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.models.registry import build_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 40 test windows, one of train and test, and a checkpoint."""
    folder = tmp_path_factory.mktemp("world")
    bases = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, 40_000)]
    (folder / "r.fa").write_text(f">chr1\n{bases.tobytes().decode()}\n")
    peaks = "".join(f"chr1\t{start + 500}\t{start + 600}\n" for start in range(0, 40_000, 1_000))
    (folder / "a.bed").write_text(peaks)
    (folder / "m.tsv").write_text("file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tCTCF\n")
    for name, fractions in (("held-out", (0.0, 0.0, 1.0)), ("no-valid", (0.5, 0.0, 0.5))):
        spec = DatasetSpec(window=1_000, split=SplitSpec(fractions=fractions))
        build_dataset(folder / "r.fa", folder / "m.tsv", folder / name, spec=spec)
    dataset = Dataset.open(folder / "held-out")
    torch.manual_seed(0)
    model = build_model("cnn3", 1, channels=[6, 8, 5], hidden=7)
    checkpoint = Checkpoint(model, dataset.markers, dataset.assembly, 1_000, {})
    save_checkpoint(folder / "run/checkpoint.safetensors", checkpoint)
    return folder


def run(words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["regtrack", "--quiet", *words.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    "words",
    [
        "evaluate held-out run",
        "saliency run --dataset held-out --marker K562_CTCF --split test",
        "receptive-field run --dataset held-out --split test --positives 3",
        "inspect held-out",
    ],
)
def test_commands_read_the_split_that_exists(
    words: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert run(words, monkeypatch) == 0
    assert "test" in capsys.readouterr().out or "receptive" in words or "saliency" in words


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train held-out --out new", "has windows in train 0, valid 0, test 40; training needs"),
        ("train no-valid --out new", "has windows in train 20, valid 0, test 20; training needs"),
        ("evaluate held-out run --split train", "the train split of held-out has no windows"),
        ("evaluate held-out run --split valid", "no windows (train 0, valid 0, test 40)"),
        (
            "saliency run --dataset held-out --marker K562_CTCF",
            "the valid split of held-out has no",
        ),
        ("receptive-field run --dataset held-out", "the valid split of held-out has no"),
    ],
)
def test_commands_that_need_a_missing_split_are_refused_in_one_line(
    words: str,
    message: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    assert run(words, monkeypatch) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert not Path("new").exists()
