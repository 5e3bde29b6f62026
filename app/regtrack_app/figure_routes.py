"""Views as figures for print, drawn by the very command that the page shows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from dash import Dash
from flask import Flask, Response, request

from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack_app.choices import Choices
from regtrack_app.figure_words import figure_words, with_output
from regtrack_app.regions import region_text
from regtrack_app.requested import refusal, requested_view
from regtrack_app.state import View

_KINDS = {"pdf": "application/pdf", "svg": "image/svg+xml"}
_PATIENCE = 180.0  # seconds for a figure
_drawing = threading.BoundedSemaphore(2)  # processes at once
_ERROR = "error: "


def register(app: Dash, sources: Sources, choices: Choices) -> None:
    """Add the routes: a figure of a view, and its command."""
    server: Flask = app.server

    @server.route("/figure/command")
    def command() -> Response:
        """The command that draws a view, as a line for a shell."""
        try:
            view = requested_view(choices)
            words = with_output(figure_words(sources, view), f"{figure_name(view)}.pdf")
        except RegtrackError as error:
            return refusal(error)
        return Response(shlex.join(words) + "\n", mimetype="text/plain")

    @server.route("/export/figure.<kind>")
    def figure(kind: str) -> Response:
        """A view as PDF or SVG; with `check`, only whether it can be had."""
        try:
            if kind not in _KINDS:
                raise RegtrackError(f"no figure as {kind[:10]}; expected pdf or svg")
            view = requested_view(choices)
            words = figure_words(sources, view)
            if "check" in request.args:
                return Response(status=204)
            drawn = draw(words, kind)
        except RegtrackError as error:
            return refusal(error)
        answer = Response(drawn, mimetype=_KINDS[kind])
        name = f"{figure_name(view)}.{kind}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


def figure_name(view: View) -> str:
    """The name of a view's figure, without its ending."""
    place = re.sub(r"[^\w.-]+", "_", region_text(view.region), flags=re.ASCII)
    return f"regtrack_{place}"


def draw(words: list[str], kind: str) -> bytes:
    """The figure that a command draws, run in a process of its own.

    Args:
        words: of the command, without its output.
        kind: `pdf` or `svg`.

    Raises:
        RegtrackError: the command failed, took too long, or too many are drawn already.
    """
    if not _drawing.acquire(blocking=False):
        raise RegtrackError("two figures are being drawn already; try again in a moment")
    try:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / f"figure.{kind}"
            done = subprocess.run(
                [sys.executable, "-m", *with_output(words, str(out))],
                capture_output=True, text=True, timeout=_PATIENCE, check=False,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
            if done.returncode:
                lines = done.stderr.strip().splitlines()
                raise RegtrackError(
                    lines[-1].removeprefix(_ERROR) if lines else "nothing was drawn"
                )
            return out.read_bytes()
    except subprocess.TimeoutExpired:
        raise RegtrackError(f"the figure took longer than {_PATIENCE:.0f} s; choose less") from None
    finally:
        _drawing.release()
