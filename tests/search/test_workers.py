"""Two processes on one study, one of which is killed."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import forked
import pytest
from forked import Forked
from small_search import CPU, small_space, work

from regtrack.dataset.store import Dataset
from regtrack.training.defaults import recipe
from regtrack.training.fit import train

pytestmark = pytest.mark.slow

forked.preload("regtrack.search.run", "torch._dynamo")

TRIALS, EPOCHS = 2, 5


def owned(out: Path, pid: int | None) -> Path | None:
    """A trial that a process is training, once it has a complete epoch."""
    for lock in out.glob("trials/*/lock"):
        mine = lock.read_text().split()[:1] == [str(pid)]
        if mine and (lock.parent / "last.ckpt").exists():
            return lock.parent
    return None


def test_a_killed_worker_s_trial_is_resumed_by_the_other(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "search"
    asked = (str(dataset.path), str(out), TRIALS, EPOCHS)
    first, second = Forked(work, *asked), Forked(work, *asked)
    deadline = time.monotonic() + 90
    while (killed := owned(out, first.pid)) is None:
        assert time.monotonic() < deadline and first.poll() is None
        time.sleep(0.005)
    first.send_signal(signal.SIGKILL)
    first.wait(30)
    assert (killed / "last.ckpt").exists(), "it had finished: nothing to resume"
    _, said = second.communicate(timeout=120)
    assert second.returncode == 0, said

    found = work(*asked)  # nothing is left to do
    assert [trial.state for trial in found.trials] == ["complete"] * TRIALS
    assert sorted(trial.number for trial in found.trials) == list(range(TRIALS))
    resumed = next(trial for trial in found.trials if trial.number == int(killed.name))
    rate = resumed.values["learning_rate"]
    space = small_space({"learning_rate": [rate, 1.0]}, epochs=EPOCHS).with_recipe(recipe(dataset))
    settings, config = space.trial({"learning_rate": rate})
    whole = train(
        dataset, tmp_path / "whole", model="cnn3", settings=settings, config=config, hardware=CPU
    )
    assert resumed.score == whole.best.average_precision
    assert resumed.epochs == len(whole.history) == EPOCHS
    assert resumed.facts["best_epoch"] == whole.best.epoch
