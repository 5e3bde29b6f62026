"""Headers of every response, and which requests are answered."""

from __future__ import annotations

from collections.abc import Callable

from dash import Dash
from flask import Flask, Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from regtrack_app.access import Access
from regtrack_app.share import SHARED_HEADERS, shared
from regtrack_app.sign_in import keep_token, sign_in

_POLICY = {
    "default-src": "'self'",
    # plotly.js creates its own style elements
    "style-src": "'self' 'unsafe-inline'",
    # figures are saved through data and blob addresses, all created by the page itself
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# where notebooks run: on this machine, behind the same proxy, or in an editor
_NOTEBOOKS = "'self' http://localhost:* http://127.0.0.1:* vscode-webview:"
_FRAMES = "X-Frame-Options"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    _FRAMES: "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

LARGEST_REQUEST = 1 << 20
"""Maximum size of a request in bytes; the page sends less than 200 kB."""


def protect(
    app: Dash, access: Access, prefix: str, wording: Callable[[str], str], *, framed: bool = False
) -> None:
    """Add headers to every response, limit requests, and refuse those that may not ask.

    Args:
        app: with all its callbacks, whose inline scripts the policy names by their hashes.
        access: under which names, from which pages and with which token requests are answered.
        prefix: path below which the page is seen from outside.
        wording: puts the parameters that messages name in the user's terms.
        framed: whether a notebook may show the page in a frame.
    """
    scripts = " ".join(["'self'", *app.csp_hashes()])
    allowed = _POLICY | {"frame-ancestors": _NOTEBOOKS} if framed else _POLICY
    headers = {name: value for name, value in _HEADERS.items() if name != _FRAMES or not framed}
    policy = "; ".join(f"{name} {value}" for name, value in allowed.items())
    policy = f"{policy}; script-src {scripts}"
    server: Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    server.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_REQUEST

    @server.before_request
    def refuse() -> ResponseReturnValue | None:
        """Answer only those who may ask, and only existing paths."""
        asked_by = (None, None) if shared(access) else (request.headers.get("Origin"), _site())
        says = access.refusal(_header("Host"), *asked_by)
        if says is not None:
            return Response(f"{wording(says)}\n", 403, mimetype="text/plain")
        if (request.content_length or 0) > LARGEST_REQUEST:
            return Response(f"a request has at most {LARGEST_REQUEST:,} bytes\n", 413)
        if (answer := sign_in(access)) is not None:
            return answer
        if request.environ.get("PATH_INFO") == "" and prefix != "/":
            # relative addresses would miss the last part of the prefix
            return redirect(f"{prefix}?{request.query_string.decode('latin-1')}", code=308)
        # Dash would answer any path with its page
        if request.url_rule is not None and request.url_rule.rule == "/<path:path>":
            abort(404)
        return None

    @server.after_request
    def add_headers(response: Response) -> Response:
        """Tell the browser what the page may do."""
        response.headers["Content-Security-Policy"] = policy
        for name, value in headers.items():
            response.headers[name] = value
        if shared(access):
            response.headers.update(SHARED_HEADERS)
        keep_token(access, response, prefix)
        return response


def _header(name: str) -> str:
    return request.headers.get(name, "")


def _site() -> str | None:
    """Where a request comes from, by the browser; opening a link from anywhere is harmless."""
    if request.headers.get("Sec-Fetch-Mode") == "navigate":
        return None
    return request.headers.get("Sec-Fetch-Site")
