"""What a search leaves: a table, figures, and the checkpoints of the best trials."""

from __future__ import annotations

import filecmp
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regtrack.atomic import publish_file
from regtrack.csv_table import write_csv
from regtrack.figures.interactive import save_html
from regtrack.figures.search import (
    Axis,
    Lines,
    importance_figure,
    interactive_parallel,
    parallel_figure,
)
from regtrack.figures.style import save_figure
from regtrack.model_style import style_of
from regtrack.search.folder import SearchFolder
from regtrack.search.space import Range, Space, text_of
from regtrack.search.trials import COMPLETE, FAILED, PRUNED, RUNNING, Trial, best_of

SCORE = "validation PR AUC"


@dataclass(frozen=True)
class SearchResult:
    """The outcome of a search.

    Attributes:
        folder: of all files.
        study: name of the study.
        space: what was searched.
        trials: all trials, the best first.
        importances: how much each setting explains of the scores' variance (fractions of 1);
            empty if too few trials are complete.
        files: tables and figures.
    """

    folder: Path
    study: str
    space: Space
    trials: tuple[Trial, ...]
    importances: Mapping[str, float] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    @property
    def best(self) -> Trial | None:
        """The complete trial with the highest score; None if there is none."""
        return best_of(self.trials)

    @property
    def checkpoint(self) -> Path | None:
        """The best trial's network; None if there is none, or if another machine keeps it."""
        path = SearchFolder(self.folder).checkpoint
        return path if path.exists() else None

    def counts(self) -> dict[str, int]:
        """The number of trials by state."""
        states = [trial.state for trial in self.trials]
        return {state: states.count(state) for state in (COMPLETE, PRUNED, FAILED, RUNNING)}

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-serialisable values."""
        return {
            "folder": str(self.folder),
            "study": self.study,
            "model": self.space.model,
            "space": self.space.to_dict(),
            "counts": self.counts(),
            "best": None if self.best is None else self.best.to_dict(),
            "checkpoint": None if self.checkpoint is None else str(self.checkpoint),
            "importances": dict(self.importances),
            "trials": [trial.to_dict() for trial in self.trials],
        }


def keep_best(folder: SearchFolder, trials: Sequence[Trial], place: str, keep: int) -> None:
    """Publish the best trial's checkpoint, remove those of worse ones, and write the table.

    Only within `folder.alone()`. What was trained in another folder stays there.

    Args:
        folder: of the search.
        trials: the best first.
        place: what distinguishes this folder.
        keep: the number of checkpoints to keep.
    """
    _write_table(folder, trials)
    best = best_of(trials)
    here = [trial for trial in trials if trial.place == place]
    if best is not None and best in here:
        _publish(folder.trial(best.number).checkpoint, folder.checkpoint)
    else:
        folder.checkpoint.unlink(missing_ok=True)
    kept = [trial for trial in here if trial.state == COMPLETE][:keep]
    for trial in here:
        if trial not in kept and trial.state != RUNNING:
            folder.trial(trial.number).checkpoint.unlink(missing_ok=True)


def _publish(made: Path, path: Path) -> None:
    if not made.exists() or (path.exists() and filecmp.cmp(made, path, shallow=False)):
        return
    with publish_file(path, overwrite=True) as temporary:
        shutil.copyfile(made, temporary)


def _write_table(folder: SearchFolder, trials: Sequence[Trial]) -> None:
    rows = [trial.row() for trial in trials]
    names = dict.fromkeys(name for row in rows for name in row)
    with publish_file(folder.table, overwrite=True) as temporary:
        write_csv(temporary, list(names), [{n: row.get(n) for n in names} for row in rows])


def report(folder: SearchFolder, result: SearchResult) -> SearchResult:
    """Draw the figures and write the report; only within `folder.alone()`."""
    files = [folder.table]
    title = style_of(result.space.model, {}).title
    scored = [trial for trial in result.trials if not math.isnan(trial.score)]
    if result.importances:
        figure = importance_figure(result.importances, f"{title}: {SCORE}")
        files.append(folder.path / "importance.png")
        save_figure(figure, files[-1], overwrite=True)
    if len(scored) > 1:
        named = f"{title}: {len(scored)} trials"
        axes, lines = _axes(result.space, scored), _lines(scored)
        files.append(folder.path / "parallel.png")
        save_figure(parallel_figure(axes, lines, SCORE, named), files[-1], overwrite=True)
        files.append(folder.path / "parallel.html")
        page = interactive_parallel(axes, lines, SCORE, named)
        save_html(page, files[-1], overwrite=True)
    made = SearchResult(
        result.folder, result.study, result.space, result.trials, result.importances,
        (*files, folder.report),
    )  # fmt: skip
    with publish_file(folder.report, overwrite=True) as temporary:
        temporary.write_text(json.dumps(made.to_dict(), indent=2) + "\n", encoding="utf-8")
    return made


def _axes(space: Space, trials: Sequence[Trial]) -> list[Axis]:
    """One axis per setting that differs between trials."""
    axes = []
    for name, domain in space.searched.items():
        values = [trial.values[name] for trial in trials]
        if isinstance(domain, Range):
            axes.append(Axis(name, tuple(values), log=domain.log))
        else:
            order = {value: nth for nth, value in enumerate(domain.values)}
            ticks = tuple(text_of(value) for value in domain.values)
            axes.append(Axis(name, tuple(order[value] for value in values), ticks=ticks))
    return axes


def _lines(trials: Sequence[Trial]) -> Lines:
    return Lines(
        scores=tuple(trial.score for trial in trials),
        complete=tuple(trial.state == COMPLETE for trial in trials),
        names=tuple(f"trial {trial.number}" for trial in trials),
    )
