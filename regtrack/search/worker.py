"""One process of a search: trains trials that no other process trains, and reports on them."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import optuna
import torch
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from regtrack.dataset.store import Dataset
from regtrack.errors import CheckpointError, DivergedError, SearchError
from regtrack.files.shown import shown
from regtrack.lock import Lock
from regtrack.models.registry import build_model
from regtrack.progress import Progress, Task
from regtrack.search.folder import SearchFolder
from regtrack.search.request import SearchPlan
from regtrack.search.results import keep_best
from regtrack.search.space import Space
from regtrack.search.study import (
    make_pruner,
    make_sampler,
    quiet_optuna,
    storage_errors,
    suggest,
)
from regtrack.search.trials import FACTS, PLACE, RUNNING, Trial, trials_of
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.fit import train
from regtrack.training.history import Epoch, out_of_patience

_log = logging.getLogger(__name__)

Board = Callable[[Sequence[Trial]], None]
"""Called with all trials, the best first, whenever this process has news of one."""

_GIVE_UP = 5  # trials that fail before any succeeds
# a trial's own fault, not the search's
_OF_A_TRIAL = (CheckpointError, DivergedError, torch.OutOfMemoryError)


@dataclass(frozen=True)
class _Job:
    """A trial that this process trains: nobody else does while the lock is held."""

    trial: optuna.Trial
    values: dict[str, Any]
    lock: Lock


@dataclass(frozen=True)
class Worker:
    """This process's part of a search."""

    dataset: Dataset
    folder: SearchFolder
    space: Space
    plan: SearchPlan
    hardware: Hardware
    study: Study
    place: str
    storage: str
    board: Board | None
    progress: Progress

    def work(self, wanted: int) -> None:
        """Train trials until the study has as many as wanted, begun by any process."""
        self.study.pruner = make_pruner(self.plan, self.space.config.epochs)
        with self.progress.task("Searching", wanted, "trials") as task:
            ended = 0
            while (job := self._next(wanted)) is not None:
                with job.lock:
                    self._train(job)
                ended = self._show_all(task, ended)
            self._show_all(task, ended)

    def _next(self, wanted: int) -> _Job | None:
        """An interrupted trial, else a new one; None if there are enough."""
        with self.folder.alone(), self.asking():
            trials = self.study.get_trials(deepcopy=False)
            self._check_some_succeed(trials)
            self.study.sampler = make_sampler(self.plan, self.space, len(trials))
            for one in trials:
                if one.state == TrialState.RUNNING and self._is_here(one):
                    lock = self.folder.claim(one.number, new=False)
                    if lock is not None:
                        if one.intermediate_values:
                            _log.info("trial %d was interrupted: it is resumed", one.number)
                        return self._job(optuna.Trial(self.study, one._trial_id), lock)
            if self._begun(trials) >= wanted:
                return None
            trial = self.study.ask()
            trial.set_user_attr(PLACE, self.place)
            lock = self.folder.claim(trial.number, new=True)
            assert lock is not None
            return self._job(trial, lock)

    def _job(self, trial: optuna.Trial, lock: Lock) -> _Job:
        return _Job(trial, suggest(trial, self.space), lock)

    def _is_here(self, trial: FrozenTrial) -> bool:
        """Whether a trial's run, if it has one, is in this folder."""
        in_file = self.storage == str(self.folder.journal)
        return in_file or trial.user_attrs.get(PLACE) == self.place

    def _begun(self, trials: Sequence[FrozenTrial]) -> int:
        begun = [one for one in trials if one.state != TrialState.WAITING]
        if self.plan.sampler == "grid":
            begun = [one for one in begun if "grid_id" in one.system_attrs]
        return len(begun)

    def _check_some_succeed(self, trials: Sequence[FrozenTrial]) -> None:
        failed = [one for one in trials if one.state == TrialState.FAIL]
        ended = [one for one in trials if one.state.is_finished()]
        if len(failed) == len(ended) >= _GIVE_UP:
            why = failed[-1].user_attrs.get(FACTS, {}).get("error", "for an unknown reason")
            raise SearchError(
                f"the first {len(failed)} trials all failed, the last one with: {shown(why, 300)}; "
                "change the search space"
            )

    def _train(self, job: _Job) -> None:
        """Train one trial and tell the study what became of it."""
        settings, config = self.space.trial(job.values)
        run = self.folder.trial(job.trial.number)
        facts: dict[str, Any] = {"machine": platform.node()}
        watch = _Watch(job.trial, config, self)
        try:
            facts["parameters"] = _parameters(self.space.model, settings, self.dataset)
            if not run.finished:  # else it was, when its process was killed
                train(
                    self.dataset, run.path, model=self.space.model, settings=settings,
                    config=config, hardware=self.hardware, progress=self.progress, watch=watch,
                )  # fmt: skip
            result = run.result
            if result["average_precision"] is None:
                raise CheckpointError("no epoch has a score, since no logits are finite")
        except _OF_A_TRIAL as error:
            facts["error"] = shown(error, 300)
            _log.warning("trial %d failed: %s", job.trial.number, facts["error"])
            return self._tell(job.trial, TrialState.FAIL, None, facts)
        facts |= {
            name: result[name]
            for name in result
            if name in {"best_epoch", "seconds"} or name.startswith("average_precision_")
        }
        state = TrialState.PRUNED if watch.is_pruned(result) else TrialState.COMPLETE
        score = result["average_precision"] if state == TrialState.COMPLETE else None
        return self._tell(job.trial, state, score, facts)

    def _tell(
        self, trial: optuna.Trial, state: TrialState, score: float | None, facts: dict[str, Any]
    ) -> None:
        with self.folder.alone(), self.asking():
            trial.set_user_attr(FACTS, facts)
            # a grid's own sampler would stop the study here, which only Optuna's own loop permits
            self.study.sampler = optuna.samplers.RandomSampler(seed=0)
            self.study.tell(trial, score, state=state)
            trials = trials_of(self.study, self.space)
            keep_best(self.folder, trials, self.place, self.plan.keep)

    def show(self) -> list[Trial]:
        """Pass all trials to the board."""
        with self.asking():
            trials = trials_of(self.study, self.space)
        if self.board is not None:
            self.board(trials)
        return trials

    def _show_all(self, task: Task, ended: int) -> int:
        """Advance the bar to the number of trials that have ended, in any process."""
        now = sum(trial.state != RUNNING for trial in self.show())
        task.advance(now - ended)
        return now

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Read or write the study: Optuna is silent, and its errors are ours."""
        with quiet_optuna(), storage_errors(self.storage):
            yield


class _Watch:
    """Reports every epoch of a trial to the study, which may end it."""

    def __init__(self, trial: optuna.Trial, config: TrainingConfig, worker: Worker) -> None:
        self._trial, self._config, self._worker = trial, config, worker
        self._pruned = False

    def __call__(self, history: Sequence[Epoch]) -> bool:
        """Report epochs that are new; whether to end the trial."""
        with self._worker.asking():
            known = self._worker.study.get_trials(deepcopy=False)[self._trial.number]
            for epoch in history:
                if epoch.epoch not in known.intermediate_values:
                    self._trial.report(epoch.average_precision, epoch.epoch)
            if len(history) < self._config.epochs and not self._out_of_patience(history):
                self._pruned = self._trial.should_prune()
        self._worker.show()
        return self._pruned

    def _out_of_patience(self, history: Sequence[Epoch]) -> bool:
        return out_of_patience(history, self._config.patience)

    def is_pruned(self, result: dict[str, Any]) -> bool:
        """Whether the study ended the trial, whichever process of it saw the end."""
        since = result["epochs"] - result["best_epoch"]
        patient = not self._config.patience or since < self._config.patience
        return self._pruned or bool(result["epochs"] < self._config.epochs and patient)


def _parameters(model: str, settings: dict[str, Any], dataset: Dataset) -> int:
    """The number of weights of a network."""
    with torch.random.fork_rng(devices=[]):
        return build_model(model, len(dataset.markers), **settings).parameter_count
