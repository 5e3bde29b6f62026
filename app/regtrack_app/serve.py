"""Serves the dashboard until it is interrupted."""

from __future__ import annotations

import errno
import logging
import socket
import threading
import webbrowser
from collections.abc import Callable

from dash import Dash
from waitress.server import create_server

from regtrack.errors import RegtrackError

_THREADS = 8
_LAST_PORT = 65_535


def serve(
    app: Dash, *, host: str, port: int, ready: Callable[[str], None], browse: bool = False
) -> None:
    """Answer requests until Ctrl-C.

    Args:
        app: the application.
        host: address to listen on.
        port: port; 0 for any free one.
        ready: called with the page's address once it answers.
        browse: open the page in the user's browser.

    Raises:
        RegtrackError: an invalid or taken port, or an address that is not this machine's.
    """
    if not 0 <= port <= _LAST_PORT:
        raise RegtrackError(f"port {port} does not exist; choose one from 1 to {_LAST_PORT}, or 0")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except (OSError, ValueError) as error:
        raise RegtrackError(_trouble(error, host, port)) from error
    server = create_server(app.server, sockets=[listening], threads=_THREADS, ident=None)
    address = f"http://{_shown(host)}:{listening.getsockname()[1]}/"
    ready(address)
    if browse:
        threading.Timer(0.3, webbrowser.open, [address]).start()
    try:
        server.run()
    finally:
        server.close()


def _shown(host: str) -> str:
    """The host name for a browser on this machine."""
    if host in {"0.0.0.0", "::", ""}:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _trouble(error: Exception, host: str, port: int) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"port {port} is taken on {host}; choose another `port`, or `port=0` for any"
    if number in {errno.EACCES, errno.EPERM}:
        return f"no permission to listen on port {port}; choose a `port` above 1023"
    # errors for unknown names have numbers below 0
    if number == errno.EADDRNOTAVAIL or number is None or number < 0:
        return f'"{host}" is not an address of this machine; choose 127.0.0.1, or 0.0.0.0 for all'
    return f"cannot listen on {host}:{port}: {error}"
