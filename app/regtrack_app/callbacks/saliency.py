"""Saliency on request: start, watch, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State, no_update

from regtrack.errors import RegtrackError
from regtrack_app import ids
from regtrack_app.callbacks.causes import causes
from regtrack_app.choices import Choices
from regtrack_app.jobs import Job, Jobs, progress_text
from regtrack_app.saliency import Saliency
from regtrack_app.state import parse_view


def register(app: Dash, choices: Choices, jobs: Jobs, saliency: Saliency) -> None:
    """Let the panel start saliency, and the view show it."""

    @app.callback(
        Output(ids.SALIENCY_JOB, "data"),
        Output(ids.SALIENCY_DONE, "data"),
        Output(ids.SALIENCY_STATUS, "children"),
        Output(ids.SALIENCY_POLL, "disabled"),
        Output(ids.SALIENCY_CANCEL, "hidden"),
        Input(ids.SALIENCY_START, "n_clicks"),
        Input(ids.SALIENCY_CANCEL, "n_clicks"),
        Input(ids.SALIENCY_POLL, "n_intervals"),
        State(ids.URL, "search"),
        State(ids.SALIENCY_JOB, "data"),
        prevent_initial_call=True,
    )
    def follow(
        _starts: int | None, _cancels: int | None, polls: int | None, query: str | None,
        keys: list[str] | None,
    ) -> tuple[Any, ...]:  # fmt: skip
        """The state of the work; the view is notified when all of it is done."""
        keys = keys or []
        if ids.SALIENCY_START in causes():
            try:
                keys = [job.key for job in saliency.start(parse_view(query or "", choices).view)]
            except RegtrackError as error:
                return no_update, no_update, str(error), True, True
        mine = [key for key in keys if str(key).startswith("saliency|")]
        found = [job for job in map(jobs.get, mine) if job is not None]
        if ids.SALIENCY_CANCEL in causes():
            for job in found:
                job.cancel()
        ended = all(job.ended or job.cancelled() for job in found)
        done = ended and any(job.state == "done" for job in found)
        news = {"at": polls or 0, "keys": mine} if done else no_update
        return mine, news, says_of(found), ended, ended


def says_of(jobs: Sequence[Job]) -> str:
    """The state of the jobs; equal messages are merged."""
    if jobs and all(job.state == "done" for job in jobs):
        return "Done: drawn below the tracks."
    return " ".join(dict.fromkeys(progress_text(job) for job in jobs if job.state != "done"))
