"""The panel of scores: two models, or chance and one, by marker and by category."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State, html, no_update

from regtrack.compare.scoreboard import CategoryRow, Scoreboard
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack_app import ids
from regtrack_app.callbacks.causes import causes
from regtrack_app.callbacks.measures import number_text
from regtrack_app.choices import Choices
from regtrack_app.jobs import Job, Jobs, progress_text
from regtrack_app.panels import GRAPH_CONFIG
from regtrack_app.score_figure import score_figure
from regtrack_app.score_job import score_job
from regtrack_app.screen import screen_of
from regtrack_app.state import View, compared, parse_view


def register(app: Dash, sources: Sources, choices: Choices, jobs: Jobs) -> None:
    """Connect the scatter plot to the models and the split of the address."""

    @app.callback(
        Output(ids.SCORES_FIGURE, "data"),
        Output(ids.SCORES_TABLE, "children"),
        Output(ids.SCORES_STATUS, "children"),
        Output(ids.SCORES_POLL, "disabled"),
        Input(ids.SCORES_JOB, "data"),
        Input(ids.SCORES_POLL, "n_intervals"),
        State(ids.SCREEN, "data"),
        prevent_initial_call=True,
    )
    def fill(
        query: str | None, _polls: int | None, screen: dict[str, Any] | None
    ) -> tuple[Any, ...]:
        """The scatter plot once it is computed, and the progress until then."""
        view = parse_view(query or "", choices).view
        try:
            job = _job(sources, jobs, view, start=ids.SCORES_JOB in causes())
        except RegtrackError as error:
            return None, "", str(error), True
        if job.state != "done":
            return no_update, no_update, progress_text(job), job.ended
        board: Scoreboard = job.result
        labels = _labels(sources, board)
        return (
            score_figure(board, labels, screen_of(screen).theme) | {"config": GRAPH_CONFIG},
            category_table(board.categories(), labels),
            score_text(board, labels),
            True,
        )


def _job(sources: Sources, jobs: Jobs, view: View, *, start: bool) -> Job:
    pair = compared(view)
    if not pair:
        raise RegtrackError("select a model, or two to compare")
    first, second = pair if len(pair) == 2 else (None, pair[0])
    return score_job(sources, jobs, first, second, view.split, start=start)


def category_table(rows: Sequence[CategoryRow], labels: tuple[str, str]) -> html.Table:
    """Means by category."""
    head = html.Tr(
        [
            html.Th(name, scope="col", className="text" if name == "Category" else "")
            for name in ("Category", "Markers", *labels)
        ]
    )
    body = [
        html.Tr(
            [
                html.Th(row.category, scope="row", className="text"),
                html.Td(f"{row.markers:,}"),
                html.Td(number_text(row.first)),
                html.Td(number_text(row.second)),
            ]
        )
        for row in rows
    ]
    return html.Table([html.Caption("Mean PR AUC"), html.Thead(head), html.Tbody(body)])


def _labels(sources: Sources, board: Scoreboard) -> tuple[str, str]:
    catalog = sources.catalog
    first = "base rate" if board.model_a is None else catalog.model(board.model_a).label
    return first, catalog.model(board.model_b).label


def score_text(board: Scoreboard, labels: tuple[str, str]) -> str:
    """Which model is better on more markers, and on how many; a single one is named anyway."""
    scored = [row for row in board.rows if row.first is not None and row.second is not None]
    pairs = [(row.first or 0, row.second or 0) for row in scored]
    wins = (sum(a > b for a, b in pairs), sum(b > a for a, b in pairs))
    best = 1 if board.model_a is None or wins[1] >= wins[0] else 0
    where = "all windows" if board.split is None else f"the {board.split} windows"
    skipped = len(board.rows) - len(scored)
    chance = " than chance" if board.model_a is None else ""
    more = f" {skipped} more have too few labelled bases." if skipped else ""
    return (
        f"PR AUC (average precision) over {where}: {labels[best]} is better{chance} on "
        f"{wins[best]} of {len(scored)} markers.{more} Click a point to go to its marker."
    )
