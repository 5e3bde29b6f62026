"""Headers of every response, and which requests are answered."""

from __future__ import annotations

from collections.abc import Collection

from dash import Dash
from flask import Flask, Response, abort, request

_POLICY = {
    "default-src": "'self'",
    # plotly.js and ag-grid create their own style elements
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
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

LARGEST_REQUEST = 1 << 20
"""Maximum size of a request in bytes; the page sends less than 200 kB."""


def protect(app: Dash, hosts: Collection[str] | None) -> None:
    """Add headers to every response, limit requests, and refuse foreign host names.

    Args:
        app: with all its callbacks, whose inline scripts the policy names by their hashes.
        hosts: host names under which the page may be requested; a page elsewhere that points its
            own name here (DNS rebinding) is refused. None: any, if the user opened the server.
    """
    scripts = " ".join(["'self'", *app.csp_hashes()])
    policy = "; ".join(f"{name} {value}" for name, value in _POLICY.items())
    policy = f"{policy}; script-src {scripts}"
    server: Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST

    @server.before_request
    def refuse() -> None:
        """Answer only under our own names, and only existing paths."""
        if hosts is not None and _host_name(request.host) not in hosts:
            abort(403)
        # Dash would answer any path with its page
        if request.url_rule is not None and request.url_rule.rule == "/<path:path>":
            abort(404)

    @server.after_request
    def add_headers(response: Response) -> Response:
        """Tell the browser what the page may do."""
        response.headers["Content-Security-Policy"] = policy
        for name, value in _HEADERS.items():
            response.headers[name] = value
        return response


def _host_name(host: str) -> str:
    """A host name without its port.

    >>> _host_name("localhost:8050"), _host_name("[::1]:8050")
    ('localhost', '::1')
    """
    name = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() else host
    return name.strip("[]").lower()
