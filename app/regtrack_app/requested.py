"""The view that a request for a file names, and the answer to one that cannot be had."""

from __future__ import annotations

from flask import Response, request

from regtrack.errors import RegtrackError
from regtrack_app.choices import Choices
from regtrack_app.state import View, parse_view


def requested_view(choices: Choices) -> View:
    """The requested view, complete: nobody would notice what is missing from a file.

    Raises:
        RegtrackError: a part of the address could not be applied.
    """
    parsed = parse_view(request.query_string.decode("utf-8", "replace"), choices)
    if parsed.problems:
        raise RegtrackError(" ".join(parsed.problems))
    return parsed.view


def refusal(error: object) -> Response:
    """Why there is no file, in a line."""
    return Response(f"{error}\n", 400, mimetype="text/plain")
