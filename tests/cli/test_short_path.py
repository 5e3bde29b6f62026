"""Windows with a label for their middle, from a dataset to tracks; and networks of both tasks."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from small_training import make_dataset

from regtrack.checkpoint import load_checkpoint
from regtrack.cli import main
from regtrack.dataset.build import build_dataset
from regtrack.dataset.loader import dense_labels, make_loader
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig.read import values

Run = Callable[..., tuple[int, str, str]]

SPEC = DatasetSpec(
    window=90, crop=40, bin=10, needs="histone", split=SplitSpec("block", block=2_000)
)  # fmt: skip
SMALL = (
    "channels=[6,8,5]", "hidden=8", "window=90", "label=10", "pool=2", "width=7",
    "dilations=[1,3]", "last_dropout=0.1",
)  # fmt: skip


def train(data: Path, out: Path, *words: str) -> None:
    """Train a small network as from a shell."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr("regtrack.training.run.draw_history", lambda _, __, path: path.touch())
        common = ["--out", str(out), "--accelerator", "cpu", "--batch-size", "16"]
        patch.setattr("sys.argv", ["regtrack", "--quiet", "train", str(data), *words, *common])
        main()
    assert not ended.value.code


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both datasets of one genome, and a network of each: `short`, `dataset`, `window`, `dense`."""
    made = tmp_path_factory.mktemp("tasks")
    make_dataset(made)
    build_dataset(made / "genome.fa", made / "markers.tsv", made / "short", spec=SPEC)
    settings = [word for one in SMALL for word in ("--set", one)]
    train(
        made / "short", made / "window", "--model", "dilated6", *settings,
        "--epochs", "6", "--learning-rate", "0.01",
    )  # fmt: skip
    dense = ["--set", "channels=[4,4,4]", "--set", "hidden=4", "--epoch-windows", "16"]
    train(made / "dataset", made / "dense", "--model", "cnn3", *dense, "--epochs", "1")
    return made


def scored(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels and logits of a split's windows, (windows, markers), without `evaluate`."""
    data, model = Dataset.open(folder / "short"), load_checkpoint(folder / "window").model
    batches = list(make_loader(data, split, batch_size=32, seed=0, epoch=0, shuffle=False))
    with torch.inference_mode():
        logits = [model.labelled_logits(batch.codes)[:, :, 0] for batch in batches]
    labels = [dense_labels(batch, 3)[:, :, 0] for batch in batches]
    return torch.cat(labels).numpy(), torch.cat(logits).numpy()


def test_evaluate_agrees_with_scikit_learn_and_reads_no_window_twice(
    folder: Path, run_regtrack: Run
) -> None:
    words = ("--split", "test", "--exact", "--json")
    status, plain, _ = run_regtrack("evaluate", folder / "short", folder / "window", *words)
    assert status == 0
    again, with_flanks, warned = run_regtrack(
        "evaluate", folder / "short", folder / "window", *words, "--flanks"
    )

    labels, logits = scored(folder, "test")
    rows = json.loads(plain)["markers"]
    assert [row["positives"] for row in rows] == labels.sum(0).tolist()
    for column, row in enumerate(rows):
        expected = average_precision_score(labels[:, column], logits[:, column])
        assert row["average_precision"] == pytest.approx(expected, abs=1e-6)
    learnt = max(row["average_precision"] / row["base_rate"] for row in rows)
    assert learnt > 1.5
    assert (again, json.loads(with_flanks)["markers"]) == (0, rows)
    assert "are read once" in warned


def test_tracks_have_the_scores_of_the_windows(
    folder: Path, tmp_path: Path, run_regtrack: Run
) -> None:
    words = ("--reference", folder / "genome.fa", "--keep-bits", "23", "--device", "cpu")
    for step, extra in ((10, ()), (5, ("--step", "5"))):
        out = tmp_path / f"tracks{step}"
        status, _, shown = run_regtrack(
            "predict-genome", folder / "window", *words, *extra, "--out", out
        )
        assert status == 0, shown
    data, (_, logits) = Dataset.open(folder / "short"), scored(folder, "test")
    record = json.loads((tmp_path / "tracks10" / "sweep.json").read_text())
    for column, marker in enumerate(data.markers):
        file = next(one["file"] for one in record["tracks"] if one["marker"] == marker.name)
        for row, window in enumerate(data.window_ids("test")):
            place = data.interval(int(window))
            middle = Interval(place.chrom, place.start + 40, place.start + 50)
            found = values(tmp_path / "tracks10" / file, middle)
            np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits[row, column])), rtol=1e-4)
    # a step of 5 bp is in the bins of two windows, and has their mean logit
    model, place = load_checkpoint(folder / "window").model, data.interval(5)
    codes = data.codes(place.chrom, place.start, place.start + 95)
    with torch.inference_mode():
        two = [model.labelled_logits(torch.from_numpy(codes[None, at : at + 90])) for at in (0, 5)]
    expected = torch.sigmoid(torch.stack(two).mean(0))[0, column, 0].item()
    found = values(
        tmp_path / "tracks5" / file, Interval(place.chrom, place.start + 45, place.start + 50)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_it_is_calibrated_and_explained(folder: Path, tmp_path: Path, run_regtrack: Run) -> None:
    calibrated, figure = tmp_path / "calibrated.safetensors", tmp_path / "saliency.png"
    status, _, shown = run_regtrack(
        "calibrate", folder / "window", folder / "short", "--out", calibrated, "--device", "cpu"
    )
    assert status == 0, shown
    record = load_checkpoint(calibrated).calibration
    assert record is not None
    assert record.split == "valid"

    status, _, shown = run_regtrack(
        "saliency", calibrated, "--dataset", folder / "short", "--marker", "cell_near",
        "--out", figure, "--data", "--device", "cpu",
    )  # fmt: skip
    assert status == 0, shown
    assert figure.read_bytes().startswith(b"\x89PNG")
    (table,) = tmp_path.glob("*.tsv")
    text = [line for line in table.read_text().splitlines() if not line.startswith("#")]
    assert len(list(csv.DictReader(text, delimiter="\t"))) == SPEC.window


@pytest.mark.parametrize(
    "words",
    [
        "train dataset --model dilated6 --out new",
        "train short --model cnn3 --out new",
        "train short --from dense --out new",
        "train dataset --from window --out new",
        "search dataset --model danq --out new",
        "search short --model cnn3 --out new",
        "search short --model cnn3 --out new --dry-run",
        "evaluate short dense --out new",
        "evaluate dataset dense window --out new",
        "evaluate short window dense --table --out new",
        "calibrate dense short --out new",
        "calibrate window dataset --out new",
    ],
)
def test_a_network_of_the_other_task_is_refused(
    words: str, folder: Path, monkeypatch: pytest.MonkeyPatch, run_regtrack: Run
) -> None:
    monkeypatch.chdir(folder)
    status, _, shown = run_regtrack(*words.split())

    assert status == 2
    assert "expected a network and a dataset of one task, dense or short (see `task` of" in shown
    assert "a value per base" in shown
    assert not (folder / "new").exists()
