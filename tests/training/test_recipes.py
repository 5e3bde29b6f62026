"""What is trained, and how, where nothing else is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.errors import DatasetError, TrainingError
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.defaults import recipe
from regtrack.training.fit import train

SPLIT = SplitSpec(kind="chrom", valid_chroms=("b",), test_chroms=("c",))


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dense"), DatasetSpec(window=200, split=SPLIT))


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = DatasetSpec(window=1_000, crop=400, bin=200, split=SPLIT)
    return build(tmp_path_factory.mktemp("short"), spec)


def build(folder: Path, spec: DatasetSpec) -> Path:
    """A dataset of three chromosomes of 8 kb, with a marker on most bases."""
    (folder / "a.fa").write_text("".join(f">{name}\n{'ACGGT' * 1600}\n" for name in "abc"))
    (folder / "x.bed").write_text("".join(f"{name}\t600\t5600\n" for name in "abc"))
    (folder / "m.tsv").write_text("file\tcategory\tbiosample\ttarget\nx.bed\tTF\tK562\tCTCF\n")
    build_dataset(folder / "a.fa", folder / "m.tsv", folder / "data", spec=spec)
    return folder / "data"


def test_the_paper_s_settings(dense: Path) -> None:
    """Gupta and Rush 2017: Adam with learning rate 0.001, batches of 8."""
    config = recipe(dense, "paper")
    assert (config.batch_size, config.learning_rate, config.weight_decay) == (8, 0.001, 0)
    assert (config.averaging, config.shift) == (0, 0)


def test_the_middle_of_a_short_window_stays_in_it(short: Path) -> None:
    assert recipe(short).shift <= 100  # half of the 200 bp that are labelled
    assert recipe(short).batch_size > 8


def test_changes_of_a_recipe(dense: Path) -> None:
    config = recipe(dense, epochs=3, shift=0)
    assert (config.epochs, config.shift) == (3, 0)
    assert config.batch_size == recipe(dense).batch_size


@pytest.mark.parametrize(("kind", "model"), [("dense", "hybrid"), ("short", "dilated6")])
def test_what_is_trained_by_default(
    kind: str, model: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    data: Path = request.getfixturevalue(kind)
    small = {"channels": [4, 4, 4], "hidden": 4}
    ended = train(
        data, tmp_path / "run", settings=small, hardware=Hardware(accelerator="cpu", devices=1),
        watch=bool,
    )  # fmt: skip
    found = json.loads((ended.folder.path / "training.json").read_text())["request"]
    assert found["model"] == model
    assert TrainingConfig(**found["config"]) == recipe(data)


def test_mistakes_are_reported_in_one_line(dense: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match='`recipe` is "ours"; expected standard or paper'):
        recipe(dense, "ours")
    with pytest.raises(TrainingError, match="batch_size"):
        recipe(dense, batch_size=0)
    with pytest.raises(DatasetError, match="no dataset at"):
        recipe(tmp_path / "nowhere")
