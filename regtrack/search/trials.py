"""The trials of a study as rows: settings, score, and what became of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from regtrack.search.space import Space, plain, text_of
from regtrack.search.study import values_of

FACTS, PLACE = "facts", "place"  # attributes of Optuna's trials
COMPLETE, PRUNED, FAILED, RUNNING = "complete", "pruned", "failed", "running"
_STATES = {
    TrialState.COMPLETE: COMPLETE,
    TrialState.PRUNED: PRUNED,
    TrialState.FAIL: FAILED,
    TrialState.RUNNING: RUNNING,
}
_ORDER = (COMPLETE, RUNNING, PRUNED, FAILED)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One training of a search.

    Attributes:
        number: of the trial, from 0.
        state: `complete`, `pruned`, `failed` or `running`.
        score: the best epoch's mean average precision over the categories, on the valid split;
            NaN if no epoch is complete.
        epochs: complete epochs.
        values: the settings that the search varies, by name.
        facts: the best epoch, parameters, seconds, average precision per category, machine, the
            error of a failed trial; those that are known.
        place: the folder that has its run, as `SearchFolder.start` names it.
    """

    number: int
    state: str
    score: float
    epochs: int
    values: dict[str, Any]
    facts: dict[str, Any]
    place: str

    def to_dict(self) -> dict[str, Any]:
        """The trial as JSON-serialisable values; no score is None."""
        return {
            "trial": self.number,
            "state": self.state,
            "average_precision": None if math.isnan(self.score) else self.score,
            "epochs": self.epochs,
            **{name: plain(value) for name, value in self.values.items()},
            **self.facts,
        }

    def row(self) -> dict[str, Any]:
        """The trial as cells of a CSV; lists have commas between their numbers."""
        cells = self.to_dict()
        for name, value in self.values.items():
            cells[name] = text_of(value) if isinstance(value, tuple) else value
        return cells


def trials_of(study: Study, space: Space) -> list[Trial]:
    """All trials that have begun, the best first: complete, running, pruned and failed ones."""
    found = [
        _trial(one, space)
        for one in study.get_trials(deepcopy=False)
        if one.state in _STATES and set(space.searched) <= set(one.params)
    ]
    return sorted(found, key=_rank)


def _rank(trial: Trial) -> tuple[int, float, int]:
    score = -math.inf if math.isnan(trial.score) else trial.score
    return _ORDER.index(trial.state), -score, trial.number


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """The complete trial with the highest score; None if there is none."""
    return next((trial for trial in trials if trial.state == COMPLETE), None)


def _trial(one: FrozenTrial, space: Space) -> Trial:
    reported = [value for value in one.intermediate_values.values() if not math.isnan(value)]
    return Trial(
        number=one.number,
        state=_STATES[one.state],
        score=max(reported, default=math.nan),
        epochs=len(one.intermediate_values),
        values=values_of(space, one.params),
        facts=dict(one.user_attrs.get(FACTS, {})),
        place=one.user_attrs.get(PLACE, ""),
    )
