"""The table of ranked windows: computed in the background, watched, filtered by split."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, no_update

from regtrack.compare.ranking import WindowTable
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval
from regtrack_app import ids
from regtrack_app.callbacks.causes import causes
from regtrack_app.choices import Choices
from regtrack_app.jobs import Job, Jobs, progress_text
from regtrack_app.panels import window_columns
from regtrack_app.state import View, compared, parse_view
from regtrack_app.window_job import window_job

MOST_ROWS = 1_000


def register(app: Dash, sources: Sources, choices: Choices, jobs: Jobs) -> None:
    """Connect the table to the ranking requested by the address."""

    @app.callback(
        Output(ids.WINDOWS_ROWS, "data"),
        Output(ids.WINDOWS_STATUS, "children"),
        Output(ids.WINDOWS_POLL, "disabled"),
        Output(ids.WINDOWS_CANCEL, "hidden"),
        Output(ids.WINDOWS_AGAIN, "hidden"),
        Input(ids.WINDOWS_JOB, "data"),
        Input(ids.WINDOWS_POLL, "n_intervals"),
        Input(ids.WINDOWS_CANCEL, "n_clicks"),
        Input(ids.WINDOWS_AGAIN, "n_clicks"),
        prevent_initial_call=True,
    )
    def fill(
        query: str | None, _polls: int | None, _cancels: int | None, _starts: int | None
    ) -> tuple[Any, ...]:
        """The rows once they are computed, and the progress until then."""
        view = parse_view(query or "", choices).view
        try:
            start = bool(causes() & {ids.WINDOWS_JOB, ids.WINDOWS_AGAIN})
            job = window_job(sources, jobs, view, start=start)
        except RegtrackError as error:
            return None, str(error), True, True, True
        if ids.WINDOWS_CANCEL in causes():
            job.cancel()
            job.wait(1.0)
        found: Any = no_update
        if job.state == "done":
            columns = window_columns(sources, compared(view))
            found = {"columns": columns, "rows": grid_rows(job.result)}
        elif ids.WINDOWS_JOB in causes():
            found = None
        stopped = job.ended and job.state != "done"
        return found, _says(job, view), job.ended, job.ended, not stopped


def grid_rows(table: WindowTable) -> list[dict[str, Any]]:
    """The first rows for the grid: regions 1-based, numbers with five digits."""
    return [
        {
            "region": str(Interval(row["chrom"], row["start"], row["end"])),
            "split": row["split"] or "",
            **{name: _short(row[name]) for name in ("value", "mean_a", "mean_b", "labelled")},
        }
        for row in table.rows(0, MOST_ROWS)
    ]


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def _says(job: Job, view: View) -> str:
    if job.state == "done":
        count = len(job.result)
        shown = f"the first {MOST_ROWS:,} of {count:,}" if count > MOST_ROWS else f"{count:,}"
        return f"{view.markers[0]}: {shown} windows; press n and p to step through them."
    return f"{view.markers[0]}: {progress_text(job)}"
