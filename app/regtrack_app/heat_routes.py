"""The picture of all markers, fetched by the page's script, and the scores beside it."""

from __future__ import annotations

from typing import Any

from dash import Dash
from flask import Flask, Response, abort, jsonify, request

from regtrack.compare.overview import GivenUpError
from regtrack.compare.scoreboard import Scoreboard
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack_app.choices import Choices
from regtrack_app.heat import Heats, shown_of
from regtrack_app.jobs import Job, Jobs, progress_text
from regtrack_app.requested import refusal
from regtrack_app.score_job import score_job
from regtrack_app.state import HEAT_DIFFERENCE, HEAT_LABELS, View, compared, parse_view
from regtrack_app.turns import Turns


def register(app: Dash, sources: Sources, choices: Choices, jobs: Jobs) -> None:
    """Add the routes of the picture and of its scores."""
    server: Flask = app.server
    heats, turns = Heats(sources), Turns()

    def view_of_request() -> View:
        """The requested view; what is wrong with its address is said beside the tracks."""
        return parse_view(request.query_string.decode("utf-8", "replace"), choices).view

    @server.route("/heat/picture")
    def heat_picture() -> Response:
        """Colours by marker and position: see `Heat.packed`; with `first`, soon and coarser.

        A later `turn` of the same `page` ends the work on this one.
        """
        view = view_of_request()
        still = turns.take(request.args.get("page", ""), request.args.get("turn", 0, int))
        try:
            heat = heats.heat(view, first="first" in request.args, still=still)
        except GivenUpError:
            return Response(status=204)
        except RegtrackError as error:
            return refusal(error)
        labels = {model.id: model.label for model in sources.catalog.models}
        colours = {
            model.id: (model.style.light, model.style.dark) for model in sources.catalog.models
        }
        named = [heat.shown] if heat.shown in labels else list(heat.pair)
        return Response(
            heat.packed(
                kinds=list(dict.fromkeys(marker.category for marker in sources.catalog.markers)),
                labels=[labels[model] for model in named],
                colours=[colours[model] for model in named],
                query=view.query(),
                fold=view.axis == "fold" and heat.shown in labels,
            ),
            mimetype="application/octet-stream",
        )

    @server.route("/heat/scores")
    def heat_scores() -> Response:
        """PR AUC by marker, or how far the job is that computes it."""
        view = view_of_request()
        try:
            job = _job(sources, jobs, view, start="start" in request.args)
        except RegtrackError as error:
            return jsonify(state="failed", says=str(error), scores={})
        if job is None:
            abort(404)
        found = _scores(job.result, shown_of(view)) if job.state == "done" else {}
        says = "" if job.state == "done" else progress_text(job)
        return jsonify(state=job.state, says=says, scores=found)


def _job(sources: Sources, jobs: Jobs, view: View, *, start: bool) -> Job | None:
    """The job that scores what the picture shows; None without labels or models."""
    pair, shown = compared(view), shown_of(view)
    if sources.labels is None or not pair:
        return None
    if shown == HEAT_DIFFERENCE and len(pair) > 1:
        return score_job(sources, jobs, pair[0], pair[1], view.split, start=start)
    model = pair[0] if shown in {HEAT_LABELS, HEAT_DIFFERENCE} else shown
    return score_job(sources, jobs, None, model, view.split, start=start)


def _scores(board: Scoreboard, shown: str) -> dict[str, Any]:
    """By marker; of a difference that of the scores."""
    rows = [row for row in board.rows if row.first is not None and row.second is not None]
    return {
        row.marker: round((row.first or 0) - (row.second or 0), 5)
        if shown == HEAT_DIFFERENCE
        else round(row.second or 0, 5)
        for row in rows
    }
