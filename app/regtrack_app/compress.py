"""Text is sent as gzip to those that accept it, and what never changes is kept by browsers."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from dash import Dash
from flask import Flask, Response, request
from isal import igzip, isal_zlib

from regtrack_app.index import SCRIPT
from regtrack_app.plotly_bundle import PATH as PLOTLY

_LEAST = 1_000  # bytes; less would not become fewer packets
_LEVEL = 3
_TEXT = ("text/", "application/json", "application/xml", "image/svg+xml")
_KEPT = ("/assets/", f"/{SCRIPT}", f"/{PLOTLY}")
_FOREVER = "public, max-age=31536000, immutable"


def compress_text(app: Dash) -> None:
    """Compress every response that is text, except parts of files, and those that change nothing.

    Assets whose address holds their version are kept by browsers for a year, as
    Dash lets its own scripts be kept.
    """
    server: Flask = app.server

    @server.after_request
    def compress(response: Response) -> Response:
        """Compress a response, if the client can read it."""
        if request.path.startswith(_KEPT) and "m" in request.args:
            response.headers["Cache-Control"] = _FOREVER
        if response.status_code != 200 or not (response.mimetype or "").startswith(_TEXT):
            return response
        response.vary.add("Accept-Encoding")
        if response.content_encoding or not request.accept_encodings["gzip"]:
            return response
        if response.is_streamed and not response.direct_passthrough:
            response.response = _stream(response.iter_encoded())
            response.headers.pop("Content-Length", None)
        else:
            response.direct_passthrough = False  # of files, which are scripts here
            data = response.get_data()
            if len(data) < _LEAST:
                return response
            response.set_data(igzip.compress(data, _LEVEL, mtime=0))
        response.content_encoding = "gzip"
        return response


def _stream(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Compress parts as they come."""
    packed = isal_zlib.compressobj(_LEVEL, wbits=16 + zlib.MAX_WBITS)
    for part in parts:
        if some := packed.compress(part):
            yield some
    yield packed.flush()
