"""What a search is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import SearchError, check_seed, invalid, nearest
from regtrack.search.space import Space, plain

SAMPLERS = ("tpe", "random", "grid")
PRUNERS = ("median", "hyperband", "none")
_USUAL_TRIALS = 50


@dataclass(frozen=True, kw_only=True)
class SearchPlan:
    """How a space is searched; a later call of the same search may choose otherwise.

    Attributes:
        sampler: `tpe` (tree-structured Parzen estimator: settings near the best so far), `random`,
            or `grid` (every combination, in random order).
        pruner: `median` ends a trial that is below the median of the others at the same epoch, from
            the second epoch and the sixth trial on;
            `hyperband` lets a third of the trials continue, several times; `none`.
        trials: of the study in all, also those of other processes; None: 50, or the whole grid.
        keep: the number of best trials whose checkpoints are kept.
        seed: of the sampler.

    Raises:
        SearchError: an invalid value.
    """

    sampler: str = "tpe"
    pruner: str = "median"
    trials: int | None = None
    keep: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in (("sampler", SAMPLERS), ("pruner", PRUNERS)):
            if (value := getattr(self, name)) not in known:
                expected = " or ".join(known) + nearest(value, known)
                raise SearchError(invalid(name, value, expected))
        for name in ("trials", "keep"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise SearchError(invalid(name, value, "at least 1"))
        check_seed(self.seed, SearchError)

    def count(self, space: Space) -> int:
        """The number of trials in a space.

        Raises:
            SearchError: a grid of a space that has no end of values.
        """
        if self.sampler != "grid":
            return self.trials or _USUAL_TRIALS
        if space.size is None:
            name = next(n for n, domain in space.searched.items() if domain.grid is None)
            raise SearchError(
                f"{name} is a range of any number of values; a grid needs a list of values or a "
                "step: change the space, or choose another `sampler`"
            )
        return min(self.trials or space.size, space.size)


def identity(dataset: Dataset, space: Space) -> dict[str, Any]:
    """What all processes of a study must agree on, as JSON-serialisable values."""
    config = space.config.to_dict()
    training = {name: value for name, value in config.items() if name not in space.searched}
    return {
        "dataset": {"digest": dataset_digest(dataset)},
        "model": space.model,
        "searched": {name: domain.to_json() for name, domain in space.searched.items()},
        "settings": {n: plain(v) for n, v in space.fixed.items() if n not in config},
        "config": training,
    }
