"""A run from start to end, interrupted, resumed and refused, on a small dataset."""

from __future__ import annotations

import csv
import json
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook

from regtrack.checkpoint import load_checkpoint
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import DeviceError, DivergedError, OutputError, TrainingError
from regtrack.progress import Task
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.fit import TrainingResult, train
from regtrack.training.module import TrackTraining
from regtrack.training.run import RunFolder

SETTINGS = {"channels": [6, 8, 4], "hidden": 8, "dropout": 0.2}
CONFIG = TrainingConfig(epochs=3, learning_rate=0.01, shift=40, batch_size=16)
CPU = Hardware(accelerator="cpu", devices=1)


def fit(dataset: Dataset, out: Path, **options: Any) -> TrainingResult:
    """A short run of a small network."""
    given = {"model": "cnn3", "settings": SETTINGS, "config": CONFIG, "hardware": CPU, **options}
    return train(dataset, out, **given)


@pytest.fixture(scope="module")
def undisturbed(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return fit(dataset, tmp_path_factory.mktemp("undisturbed") / "run")


def table(result: TrainingResult) -> list[dict[str, str]]:
    """metrics.csv but for the time it took."""
    with result.folder.table.open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def assert_same(first: TrainingResult, second: TrainingResult) -> None:
    """The same weights to the bit, the same table, the same best epoch."""
    assert first.checkpoint.read_bytes() == second.checkpoint.read_bytes()
    assert table(first) == table(second)
    assert first.best.to_dict() | {"seconds": 0} == second.best.to_dict() | {"seconds": 0}


class Stopping:
    """Progress that is interrupted after some advances; it also records what it is told."""

    def __init__(self, after: int = -1) -> None:
        self.left = after
        self.told: list[tuple[float, str | None]] = []
        self.total = 0.0
        self.unit = ""

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:
        self.total, self.unit = total or 0.0, unit
        yield self

    def advance(self, amount: float = 1, note: str | None = None) -> None:
        self.told.append((amount, note))
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def test_a_run_learns_and_keeps_its_best_epoch(
    dataset: Dataset, undisturbed: TrainingResult
) -> None:
    history = undisturbed.history
    assert [epoch.epoch for epoch in history] == [1, 2, 3]
    assert history[-1].train_loss < history[0].train_loss
    assert undisturbed.best.average_precision == max(e.average_precision for e in history)
    checkpoint = load_checkpoint(undisturbed.checkpoint)
    assert checkpoint.markers == dataset.markers
    assert checkpoint.window == dataset.window
    assert checkpoint.assembly == dataset.assembly
    assert checkpoint.training["dataset"]["digest"] == dataset_digest(dataset)
    assert checkpoint.training["epoch"] == undisturbed.best.epoch
    assert checkpoint.training["config"] == CONFIG.to_dict()
    assert checkpoint.training["validation"]["average_precision"] == pytest.approx(
        undisturbed.best.average_precision
    )


def test_a_finished_folder_holds_the_table_the_plot_and_the_record(
    undisturbed: TrainingResult,
) -> None:
    folder = undisturbed.folder
    assert {path.name for path in folder.path.iterdir()} == {
        "checkpoint.safetensors",
        "metrics.csv",
        "metrics.png",
        "training.json",
    }
    record = json.loads(folder.record.read_text())
    assert record["status"] == "finished"
    assert record["result"] == undisturbed.to_dict()
    rows = table(undisturbed)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[1]["average_precision_TF"]) == pytest.approx(
        undisturbed.history[1].categories["TF"], rel=1e-5
    )


@pytest.mark.parametrize("advances", [1, 3, 4, 5, 6, 8, 11, 15])
def test_an_interrupted_run_resumes_to_identical_weights(
    dataset: Dataset, run: Path, undisturbed: TrainingResult, advances: int
) -> None:
    """An epoch is 4 training and 1 validation batches: stopped in each part of each epoch."""
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, run, progress=Stopping(advances))
    assert signal.getsignal(signal.SIGINT) is handler
    assert RunFolder(run).last.exists() == (advances > 5)
    assert_same(fit(dataset, run), undisturbed)


@pytest.mark.parametrize("moment", ["before the state", "after the state", "before the end"])
def test_a_run_killed_while_writing_resumes_to_identical_weights(
    dataset: Dataset,
    run: Path,
    undisturbed: TrainingResult,
    moment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        target, name = {
            "before the state": (pl.Trainer, "save_checkpoint"),
            "after the state": (RunFolder, "publish"),
            "before the end": (RunFolder, "finish"),
        }[moment]
        patch.setattr(target, name, killed)
        with pytest.raises(KeyboardInterrupt):
            fit(dataset, run)
    assert_same(fit(dataset, run), undisturbed)


def test_a_run_interrupted_twice_resumes_to_identical_weights(
    dataset: Dataset, run: Path, undisturbed: TrainingResult
) -> None:
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            fit(dataset, run, progress=Stopping(7))
    assert_same(fit(dataset, run), undisturbed)


def test_a_run_with_decay_and_averaging_resumes_to_identical_weights(
    dataset: Dataset, run: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, weight_decay=0.1, averaging=0.9, epochs=2)
    whole = fit(dataset, tmp_path / "whole", config=config)
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, run, config=config, progress=Stopping(7))
    assert_same(fit(dataset, run, config=config), whole)
    # the mean was validated: it is not the weights of a run that trains the same way
    plain = fit(dataset, tmp_path / "plain", config=replace(config, averaging=0.0))
    assert [epoch.train_loss for epoch in plain.history] == [
        epoch.train_loss for epoch in whole.history
    ]
    assert plain.best.valid_loss != whole.best.valid_loss


@pytest.mark.parametrize(
    ("changes", "near"),
    [({"loss_every": 7}, 0.02), ({"loss_every": 100_000}, 0.5), ({"cutout": 0.2}, 0.1)],
)
def test_a_run_with_less_loss_or_sequence_resumes_to_identical_weights(
    dataset: Dataset,
    tmp_path: Path,
    undisturbed: TrainingResult,
    changes: dict[str, Any],
    near: float,
) -> None:
    config = replace(CONFIG, **changes, epochs=2)
    whole = fit(dataset, tmp_path / "whole", config=config)
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, tmp_path / "run", config=config, progress=Stopping(7))
    assert_same(fit(dataset, tmp_path / "run", config=config), whole)
    changed, plain = (one.history[0].train_loss for one in (whole, undisturbed))
    assert changed != plain
    assert changed == pytest.approx(plain, rel=near)


def test_reading_in_other_processes_changes_nothing(
    dataset: Dataset, run: Path, undisturbed: TrainingResult
) -> None:
    assert_same(fit(dataset, run, hardware=replace(CPU, workers=2)), undisturbed)


def test_a_resumed_run_says_so(
    dataset: Dataset, run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, run, progress=Stopping(6))
    assert "the same command resumes" in caplog.text
    caplog.clear()
    with caplog.at_level("INFO", logger="regtrack"):
        fit(dataset, run)
    assert "1 of 3 epochs done" in caplog.text


def test_patience_stops_a_run_and_a_stopped_run_does_not_resume(
    dataset: Dataset, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(CONFIG, learning_rate=1e-9, epochs=50, patience=2)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            fit(dataset, run, config=config)
    stopped = len(table(TrainingResult(RunFolder(run), (), None, {})))  # type: ignore[arg-type]
    result = fit(dataset, run, config=config)
    assert len(result.history) == stopped < 50
    assert result.history[-1].epoch - result.best.epoch == 2


def test_a_finished_run_is_not_trained_again_unless_asked(dataset: Dataset, run: Path) -> None:
    config = replace(CONFIG, epochs=1)
    first = fit(dataset, run, config=config)
    before = first.checkpoint.read_bytes()
    with pytest.raises(OutputError, match="finished"):
        fit(dataset, run, config=config)
    again = fit(dataset, run, config=config, overwrite=True)
    assert again.checkpoint.read_bytes() == before


def test_other_settings_in_the_same_folder_are_refused_by_name(dataset: Dataset, run: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, run, progress=Stopping(6))
    with pytest.raises(
        TrainingError, match=r"config.learning_rate 0.01 there and 0.02 now; config.seed 0 .* 1 now"
    ):
        fit(dataset, run, config=replace(CONFIG, learning_rate=0.02, seed=1))
    with pytest.raises(TrainingError, match="model cnn3 there and cnn7 now"):
        fit(dataset, run, model="cnn7")
    with pytest.raises(TrainingError, match=r"settings.dropout 0.2 there and 0.5 now"):
        fit(dataset, run, settings={**SETTINGS, "dropout": 0.5})
    assert fit(dataset, run, config=replace(CONFIG, seed=1), overwrite=True).history


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_old_run_stays_until_the_new_one_is_finished(
    dataset: Dataset, run: Path, undisturbed: TrainingResult
) -> None:
    fit(dataset, run, config=replace(CONFIG, epochs=1, seed=5))
    (run / "notes.txt").write_text("mine")
    old, beside = contents(run), run.with_name("run.partial")
    with pytest.raises(KeyboardInterrupt):  # before an epoch is complete
        fit(dataset, run, overwrite=True, progress=Stopping(2))
    assert contents(run) == old
    assert not beside.exists()
    with pytest.raises(DivergedError, match="lower `learning_rate`"):
        fit(dataset, run, overwrite=True, config=replace(CONFIG, learning_rate=1e18, clip=0.0))
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, run, overwrite=True, progress=Stopping(6))
    assert contents(run) == old
    assert (beside / "last.ckpt").exists()
    resumed = Stopping()
    assert_same(fit(dataset, run, overwrite=True, progress=resumed), undisturbed)
    assert "epoch 1" not in (resumed.told[0][1] or "")
    assert {path.name for path in run.iterdir()} == {
        *(path.name for path in undisturbed.folder.path.iterdir()), "notes.txt"
    }  # fmt: skip
    assert list(run.parent.iterdir()) == [run]


@pytest.mark.parametrize("moment", ["take_place", "give_to"])  # before it took its place, and after
def test_a_new_run_killed_when_it_took_its_place_is_in_it_next_time(
    dataset: Dataset,
    run: Path,
    undisturbed: TrainingResult,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    fit(dataset, run, config=replace(CONFIG, epochs=1, seed=5))
    (run / "notes.txt").write_text("mine")
    old = contents(run)

    def killed(self: RunFolder, final: RunFolder) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, moment, killed)
        with pytest.raises(KeyboardInterrupt):
            fit(dataset, run, overwrite=True)
    assert (contents(run) == old) == (moment == "take_place")
    quick = Stopping()
    assert_same(fit(dataset, run, overwrite=True, progress=quick), undisturbed)
    assert quick.told == []
    assert list(run.parent.iterdir()) == [run]
    assert (run / "notes.txt").read_text() == "mine"
    assert not RunFolder(run).last.exists()


def test_an_unfinished_run_resumes_with_overwrite_and_a_broken_one_starts_over(
    dataset: Dataset, run: Path, undisturbed: TrainingResult
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, run, overwrite=True, progress=Stopping(6))
    resumed = Stopping()
    assert_same(fit(dataset, run, overwrite=True, progress=resumed), undisturbed)
    assert resumed.total < 3 * 64 * 500
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, run, overwrite=True, config=replace(CONFIG, seed=1), progress=Stopping(6))
    last = RunFolder(run.with_name("run.partial")).last
    last.write_bytes(last.read_bytes()[:100])
    assert fit(dataset, run, overwrite=True, config=replace(CONFIG, seed=1)).history
    assert list(run.parent.iterdir()) == [run]


def test_two_processes_do_not_train_in_one_folder(dataset: Dataset, run: Path) -> None:
    refused = []

    class Beside(Stopping):
        def advance(self, amount: float = 1, note: str | None = None) -> None:
            if not refused:
                with pytest.raises(
                    OutputError, match=r"another process uses .*run: \d+ on "
                ) as said:
                    fit(dataset, run, overwrite=True)
                refused.append(said)

    assert fit(dataset, run, config=replace(CONFIG, epochs=1), progress=Beside()).history
    assert len(refused) == 1


def test_a_damaged_state_is_refused(dataset: Dataset, run: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, run, progress=Stopping(6))
    last = RunFolder(run).last
    last.write_bytes(last.read_bytes()[:100])
    with pytest.raises(TrainingError, match=r"last.ckpt cannot be read"):
        fit(dataset, run)
    other = run.with_name("other")
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, other, config=replace(CONFIG, seed=1), progress=Stopping(6))
    last.write_bytes(RunFolder(other).last.read_bytes())
    with pytest.raises(TrainingError, match=r"last.ckpt cannot be read \(it is of another run"):
        fit(dataset, run)


class Trap:
    """What unpickles into a call."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("sprung"),)


def test_code_in_the_state_file_is_not_run(
    dataset: Dataset, run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        fit(dataset, run, progress=Stopping(6))
    last = RunFolder(run).last
    state = torch.load(last, weights_only=True)  # all of it is plain
    torch.save({**state, "trap": Trap()}, last)
    with pytest.raises(TrainingError, match="cannot be read"):
        fit(dataset, run)
    assert not Path("sprung").exists()


def test_the_run_leaves_the_callers_random_numbers_alone(dataset: Dataset, run: Path) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    fit(dataset, run, config=replace(CONFIG, epochs=1))
    assert torch.equal(torch.rand(3), expected)


def test_the_seed_decides_the_weights(
    dataset: Dataset, run: Path, undisturbed: TrainingResult
) -> None:
    other = fit(dataset, run, config=replace(CONFIG, seed=1))
    assert other.best.valid_loss != undisturbed.best.valid_loss


def test_progress_counts_every_base_and_names_the_scores(dataset: Dataset, run: Path) -> None:
    progress = Stopping()
    fit(dataset, run, progress=progress)
    assert progress.unit == "bp"
    assert sum(amount for amount, _ in progress.told) == progress.total
    assert "epoch 1 of 3, loss 0." in (progress.told[0][1] or "")
    assert "average precision TF 0." in (progress.told[-1][1] or "")


def test_epoch_windows_limits_an_epoch(dataset: Dataset, run: Path) -> None:
    progress = Stopping()
    fit(dataset, run, config=replace(CONFIG, epoch_windows=20, epochs=2), progress=progress)
    assert sum(amount for amount, _ in progress.told) == progress.total
    trained = [a for a, note in progress.told if "loss" in (note or "")]
    assert sum(trained) == 2 * 20 * dataset.window


def test_mixed_precision_trains_a_float32_network(
    dataset: Dataset, run: Path, undisturbed: TrainingResult
) -> None:
    result = fit(dataset, run, config=replace(CONFIG, precision="bf16"))
    losses = [epoch.valid_loss for epoch in result.history]
    full = [epoch.valid_loss for epoch in undisturbed.history]
    assert losses == pytest.approx(full, rel=1e-3)
    assert losses != full
    state = load_checkpoint(result.checkpoint).model.state_dict()
    assert {t.dtype for t in state.values() if t.is_floating_point()} == {torch.float32}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_no_gradient_is_longer_than_clip(dataset: Dataset, run: Path, precision: str) -> None:
    lengths: list[float] = []

    def measure(optimizer: Optimizer, *_: object) -> None:
        weights = (weight for group in optimizer.param_groups for weight in group["params"])
        lengths.append(sum(float(weight.grad.double().square().sum()) for weight in weights) ** 0.5)

    hook = register_optimizer_step_post_hook(measure)
    try:
        for clip in (0.0, 0.01):
            config = replace(CONFIG, precision=precision, epochs=1, clip=clip)
            fit(dataset, run, config=config, overwrite=True)
    finally:
        hook.remove()
    half = len(lengths) // 2  # of steps that clip nothing
    assert len(lengths) == 2 * half > 2
    assert min(lengths[:half]) > 0.011
    assert max(lengths[half:]) == pytest.approx(0.01, rel=1e-4)


def test_a_network_that_diverges_is_named(dataset: Dataset, run: Path) -> None:
    config = replace(CONFIG, learning_rate=1e18, schedule="constant", warmup=0.0, clip=0.0)
    with pytest.raises(DivergedError, match=r"not finite after epoch 1; train again .* `learning_"):
        fit(dataset, run, config=config)
    assert not (run / "checkpoint.safetensors").exists()


def test_the_epochs_before_a_divergence_stay(
    dataset: Dataset, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = TrackTraining.on_validation_epoch_start

    def diverging(module: TrackTraining) -> None:
        start(module)
        if module.current_epoch == 2:
            next(module.model.parameters()).data.fill_(torch.inf)

    monkeypatch.setattr(TrackTraining, "on_validation_epoch_start", diverging)
    with pytest.raises(DivergedError, match="after epoch 3; the checkpoint is of an epoch before"):
        fit(dataset, run, config=replace(CONFIG, epochs=4, patience=0))
    rows = (run / "metrics.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["epoch", "1", "2"]
    assert load_checkpoint(run / "checkpoint.safetensors").training["epoch"] in {1, 2}


def test_unavailable_hardware_is_refused(dataset: Dataset, run: Path) -> None:
    with pytest.raises(DeviceError, match='`accelerator` is "abacus"; expected auto'):
        fit(dataset, run, hardware=Hardware(accelerator="abacus"))
    with pytest.raises(TrainingError, match='`strategy` "luck" cannot be used together here'):
        fit(dataset, run, hardware=replace(CPU, strategy="luck"))


def test_a_folder_with_a_strange_checkpoint_is_left_alone(dataset: Dataset, run: Path) -> None:
    run.mkdir()
    (run / "checkpoint.safetensors").write_text("somebody's")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match=r"exists without a training\.json"):
            fit(dataset, run, overwrite=overwrite)
    assert (run / "checkpoint.safetensors").read_text() == "somebody's"


def test_a_file_in_place_of_the_folder_is_refused(dataset: Dataset, run: Path) -> None:
    run.write_text("not a folder")
    with pytest.raises(OutputError, match="is a file"):
        fit(dataset, run)


def test_training_raises_no_warnings(dataset: Dataset, run: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(dataset, run, config=replace(CONFIG, epochs=1))


def test_unavailable_hardware_leaves_no_folder(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match='`devices` is "foo"; expected 1 to'):
        train(dataset, tmp_path / "run", model="cnn1", hardware=Hardware(devices="foo"))
    assert not (tmp_path / "run").exists()
