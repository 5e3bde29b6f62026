"""The leaderboard of a search: on a terminal it stays above the bars, elsewhere it is lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.progress import Progress as RichProgress
from rich.table import Table

from regtrack.cli.console import bars, errors, is_quiet, rich_bars
from regtrack.progress import Progress

if TYPE_CHECKING:
    from regtrack.search.trials import Trial

_ROWS = 10  # trials on the leaderboard
_NO_SCORE = "-"


@contextmanager
def leaderboard(names: Sequence[str]) -> Iterator[tuple[Progress, Any]]:
    """Progress, and what shows all trials so far, as `regtrack.search.worker.Board`.

    Args:
        names: of the settings that are searched.
    """
    if is_quiet() or not errors.is_terminal:
        with bars() as progress:
            yield progress, None if is_quiet() else _Lines(names)
        return
    with rich_bars(_Above, remain=False) as (rich, progress):
        yield progress, lambda trials: rich.show(board_table(trials, names))


def board_table(trials: Sequence[Trial], names: Sequence[str]) -> Table:
    """The best trials, as rich shows them."""
    ended = sum(trial.state != "running" for trial in trials)
    title = f"Leaderboard: {ended} of {len(trials)} trials ended"
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns(names):
        table.add_column(column, no_wrap=True)
    for row in rows(trials[:_ROWS], names):
        table.add_row(*row)
    return table


def columns(names: Iterable[str]) -> list[str]:
    """The headings of a leaderboard."""
    return ["trial", "PR AUC", "epochs", "", *names]


def rows(trials: Iterable[Trial], names: Sequence[str]) -> list[list[str]]:
    """The cells of a leaderboard."""
    from regtrack.search.space import text_of

    return [
        [
            str(trial.number),
            _score(trial.score),
            str(trial.epochs),
            trial.state,
            *(text_of(trial.values[name]) for name in names),
        ]
        for trial in trials
    ]


def _score(score: float) -> str:
    return _NO_SCORE if math.isnan(score) else f"{score:.4f}"


class _Above(RichProgress):
    """Progress bars below a table."""

    _table: Table | None = None

    def show(self, table: Table) -> None:
        """Show a table in the place of the last one."""
        self._table = table

    def get_renderables(self) -> Iterable[RenderableType]:
        """The table and the bars."""
        if self._table is not None:
            yield self._table
        yield self.make_tasks_table(self.tasks)


class _Lines:
    """One line per trial that ended, for log files."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._said: set[int] | None = None

    def __call__(self, trials: Sequence[Trial]) -> None:
        ended = {trial.number: trial for trial in trials if trial.state != "running"}
        known = self._said or set()
        best = next((trial for trial in trials if trial.state == "complete"), None)
        for number in sorted(set(ended) - known):
            (cells,) = rows([ended[number]], self._names)
            values = ", ".join(
                f"{name} {cell}" for name, cell in zip(self._names, cells[4:], strict=True)
            )
            leads = "" if best is None else f" (best: {best.number}, {_score(best.score)})"
            errors.print(
                f"trial {number} {cells[3]}, epochs: {cells[2]}, PR AUC {cells[1]}{leads}; "
                f"{values}",
                markup=False, highlight=False,
            )  # fmt: skip
        self._said = known | set(ended)
