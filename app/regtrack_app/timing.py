"""Reports the server's time for each response, for developer tools and the benchmark."""

from __future__ import annotations

import time

from dash import Dash
from flask import Flask, Response, g


def tell_times(app: Dash) -> None:
    """Add the header Server-Timing to every response: `work`, in milliseconds."""
    server: Flask = app.server

    @server.before_request
    def begin() -> None:
        """Record when work begins."""
        g.begun = time.perf_counter()

    @server.after_request
    def end(response: Response) -> Response:
        """Report the time it took."""
        taken = (time.perf_counter() - g.begun) * 1_000
        response.headers["Server-Timing"] = f"work;dur={taken:.1f}"
        return response
