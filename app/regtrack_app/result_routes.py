"""Downloads of what was computed for the panels: ranked windows and scores."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from dash import Dash
from flask import Flask, Response, request

from regtrack.compare.ranking import WindowTable
from regtrack.compare.scoreboard import Scoreboard
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack_app.choices import Choices
from regtrack_app.jobs import Job, Jobs, progress_text
from regtrack_app.requested import refusal, requested_view
from regtrack_app.score_job import score_job
from regtrack_app.state import compared
from regtrack_app.window_job import window_job

_PATIENCE = 20.0  # seconds for what is still being computed
_HIGHEST = 1_000  # of BED's scores


def register(app: Dash, sources: Sources, choices: Choices, jobs: Jobs) -> None:
    """Add the routes of the downloads."""
    server: Flask = app.server

    @server.route("/export/windows.bed")
    def windows_file() -> Response:
        """The ranked windows, all of them."""
        try:
            view = requested_view(choices)
            table: WindowTable = _result(window_job(sources, jobs, view, start=True))
        except RegtrackError as error:
            return refusal(error)
        name = (*view.markers[:1], view.rank, *compared(view), view.split)
        return _file(windows_bed(table), ("windows", *name), "bed", "text/plain")

    @server.route("/export/scores.csv")
    def scores_file() -> Response:
        """PR AUC of every marker."""
        try:
            view = requested_view(choices)
            pair = compared(view)
            if not pair:
                raise RegtrackError("select a model, or two to compare")
            first, second = pair if len(pair) == 2 else (None, pair[0])
            job = score_job(sources, jobs, first, second, view.split, start=True)
            board: Scoreboard = _result(job)
        except RegtrackError as error:
            return refusal(error)
        return _file(scores_csv(board), ("scores", *pair, view.split), "csv", "text/csv")


def _result(job: Job) -> Any:
    if job.wait(_PATIENCE) != "done":
        raise RegtrackError(f"not computed yet: {progress_text(job)}")
    return job.result


def _file(text: str, parts: Sequence[str], suffix: str, kind: str) -> Response:
    if "check" in request.args:  # the page asks whether it can be had before it saves it
        return Response(status=204)
    answer = Response(text, mimetype=kind)
    name = "_".join(re.sub(r"[^\w.-]+", "-", part) for part in ("regtrack", *parts))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    return answer


def windows_bed(table: WindowTable) -> str:
    """Ranked windows as BED6 with further columns: value, means of A and B, labelled fraction.

    The name is the rank, from 1, with the split; the score, 0 to 1000, is the value in parts of the
    first one's.
    """
    lines = ["#chrom\tstart\tend\trank\tscore\tstrand\tvalue\tmean_a\tmean_b\tlabelled"]
    most = max((float(value) for value in table.value), default=0.0) or 1.0
    for row in table.rows():
        name = f"{row['rank'] + 1}" + (f"_{row['split']}" if row["split"] else "")
        score = round(_HIGHEST * max(row["value"] or 0.0, 0.0) / most)
        numbers = [
            "." if row[key] is None else f"{row[key]:.6g}"
            for key in ("value", "mean_a", "mean_b", "labelled")
        ]
        fields = (row["chrom"], str(row["start"]), str(row["end"]), name, str(score), ".", *numbers)
        lines.append("\t".join(fields))
    return "\n".join(lines) + "\n"


def scores_csv(board: Scoreboard) -> str:
    """PR AUC of every marker by both models; empty where there are too few labelled bases."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    first = board.model_a or "chance"
    columns = ["marker", "category", f"pr_auc.{first}", f"pr_auc.{board.model_b}"]
    writer.writerow([*columns, "base_rate", "labelled_bases", "split"])
    for row in board.rows:
        scores = ["" if score is None else f"{score:.6g}" for score in (row.first, row.second)]
        rate = "" if row.base_rate is None else f"{row.base_rate:.6g}"
        writer.writerow(
            [row.marker, row.category, *scores, rate, row.positives, board.split or "all"]
        )
    return text.getvalue()
