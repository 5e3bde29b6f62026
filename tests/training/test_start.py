"""A run that starts from another checkpoint's weights."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from regtrack.checkpoint import load_checkpoint, model_digest, save_checkpoint
from regtrack.dataset.build import build_dataset
from regtrack.dataset.store import Dataset
from regtrack.errors import CheckpointError, OutputError, TrainingError
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.fit import TrainingResult, train

SETTINGS = {"channels": [6, 8, 4], "hidden": 8, "dropout": 0.2}
CONFIG = TrainingConfig(epochs=2, learning_rate=0.01, batch_size=16, averaging=0.5)
CPU = Hardware(accelerator="cpu", devices=1)

Fit = Callable[..., TrainingResult]


def fit(dataset: Dataset, out: Path, **options: Any) -> TrainingResult:
    return train(dataset, out, **{"config": CONFIG, "hardware": CPU, **options})


@pytest.fixture(scope="module")
def first(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a short run."""
    out = tmp_path_factory.mktemp("first") / "run"
    return fit(dataset, out, model="cnn3", settings=SETTINGS).checkpoint


@pytest.fixture(scope="module")
def other(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The same genome with one of its markers alone."""
    folder = dataset.path.parent
    table = (folder / "markers.tsv").read_text().splitlines(keepends=True)
    (folder / "other.tsv").write_text("".join(table[:2]))
    path = tmp_path_factory.mktemp("other") / "dataset"
    build_dataset(folder / "genome.fa", folder / "other.tsv", path, spec=dataset.spec)
    return Dataset.open(path)


def tensors(path: Path) -> dict[str, Tensor]:
    return load_checkpoint(path).model.state_dict()


def trunk(path: Path) -> dict[str, Tensor]:
    return {name: one for name, one in tensors(path).items() if not name.startswith("head.")}


def test_the_first_step_starts_where_the_checkpoint_ended(
    dataset: Dataset, first: Path, run: Path
) -> None:
    """At a learning rate of almost nothing, weights stay what they were: also the head's."""
    still = replace(CONFIG, learning_rate=1e-12, epochs=1, averaging=0.0)
    result = fit(dataset, run, from_checkpoint=first, config=still)
    before, after = tensors(first), tensors(result.checkpoint)
    for name, tensor in before.items():
        if "running" not in name:
            torch.testing.assert_close(after[name], tensor, rtol=0, atol=1e-9)


def test_other_markers_get_a_new_head_that_begins_at_their_base_rates(
    other: Dataset, first: Path, run: Path
) -> None:
    still = replace(CONFIG, learning_rate=1e-12, epochs=1, averaging=0.0)
    result = fit(other, run, from_checkpoint=first.parent, config=still)
    found = load_checkpoint(result.checkpoint)
    assert found.markers == other.markers
    assert (found.model.name, found.model.config["hidden"]) == ("cnn3", 8)
    after = found.model.state_dict()
    assert after["head.output.weight"].shape == (1, 8)
    rate = torch.sigmoid(after["head.output.bias"].double()).item()
    assert rate == pytest.approx(other.base_rates("train")[0], rel=1e-4)
    assert not torch.equal(after["head.hidden.weight"], tensors(first)["head.hidden.weight"])
    for name, tensor in trunk(first).items():
        if "running" not in name:
            torch.testing.assert_close(after[name], tensor, rtol=0, atol=1e-9)


def test_a_frozen_trunk_keeps_weights_and_statistics_and_its_head_learns(
    other: Dataset, first: Path, run: Path
) -> None:
    result = fit(other, run, from_checkpoint=first, freeze=True)
    before, after = trunk(first), trunk(result.checkpoint)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert result.history[1].train_loss < result.history[0].train_loss


def test_it_is_recorded_with_the_run_and_in_its_checkpoint(
    other: Dataset, first: Path, run: Path
) -> None:
    result = fit(other, run, from_checkpoint=first, freeze=True, config=replace(CONFIG, epochs=1))
    expected = {
        "path": str(first),
        "digest": model_digest(load_checkpoint(first).model),
        "markers": 3,
        "head": "new",
        "freeze": True,
    }
    record = json.loads(result.folder.record.read_text())
    assert record["request"]["start"] == expected
    assert load_checkpoint(result.checkpoint).training["start"] == expected


class Stopping:
    """Progress that is interrupted in the second epoch: 4 training and 1 validation batches."""

    def __init__(self) -> None:
        self.left = 7

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Any:
        yield self

    def advance(self, amount: float = 1, note: str | None = None) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("freeze", [False, True])
def test_an_interrupted_one_resumes_to_identical_weights_also_from_a_moved_checkpoint(
    other: Dataset, first: Path, tmp_path: Path, freeze: bool
) -> None:
    whole = fit(other, tmp_path / "whole", from_checkpoint=first, freeze=freeze)
    with pytest.raises(KeyboardInterrupt):
        fit(other, tmp_path / "run", from_checkpoint=first, freeze=freeze, progress=Stopping())
    moved = tmp_path / "moved.safetensors"
    shutil.copy(first, moved)
    again = fit(other, tmp_path / "run", from_checkpoint=moved, freeze=freeze)
    assert len(again.history) == 2
    found, expected = tensors(again.checkpoint), tensors(whole.checkpoint)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_an_interrupted_one_does_not_resume_from_other_weights(
    other: Dataset, first: Path, run: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(other, run, from_checkpoint=first, progress=Stopping())
    changed = load_checkpoint(first)
    with torch.no_grad():
        changed.model.head.hidden.bias += 1
    save_checkpoint(tmp_path / "changed.safetensors", changed)
    with pytest.raises(TrainingError, match=r"start\.digest \w+ there and \w+ now"):
        fit(other, run, from_checkpoint=tmp_path / "changed.safetensors")
    with pytest.raises(TrainingError, match="freeze False there and True now"):
        fit(other, run, from_checkpoint=first, freeze=True)
    with pytest.raises(TrainingError, match=r"start\.digest \w+ there and not set now"):
        fit(other, run, model="cnn3", settings=SETTINGS)


def test_dropout_may_differ_and_nothing_else(dataset: Dataset, first: Path, run: Path) -> None:
    with pytest.raises(CheckpointError, match="holds cnn3, whose weights are not for cnn7; leave"):
        fit(dataset, run, from_checkpoint=first, model="cnn7")
    with pytest.raises(
        CheckpointError, match=r"trained with hidden 8, and .* are not for 16; only"
    ):
        fit(dataset, run, from_checkpoint=first, settings={"hidden": 16})
    with pytest.raises(CheckpointError, match='no setting "pooling"'):
        fit(dataset, run, from_checkpoint=first, settings={"pooling": "max"})
    with pytest.raises(CheckpointError, match=r"no checkpoint at .*none\.safetensors"):
        fit(dataset, run, from_checkpoint=run / "none.safetensors")
    with pytest.raises(TrainingError, match="none is given; pass `from_checkpoint`"):
        fit(dataset, run, freeze=True)
    assert not run.exists()
    result = fit(dataset, run, from_checkpoint=first, model="cnn3", settings={"dropout": 0.0},
                 config=replace(CONFIG, epochs=1))  # fmt: skip
    assert load_checkpoint(result.checkpoint).model.config["dropout"] == 0.0


def test_a_run_does_not_replace_the_one_that_it_starts_from(dataset: Dataset, first: Path) -> None:
    content = first.read_bytes()
    with pytest.raises(OutputError):
        fit(dataset, first.parent, from_checkpoint=first, overwrite=True)
    assert first.read_bytes() == content
