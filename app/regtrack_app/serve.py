"""Serves the dashboard until it is interrupted."""

from __future__ import annotations

import errno
import logging
import socket
import threading
import webbrowser
from collections.abc import Callable, Sequence
from urllib.parse import unquote

from dash import Dash

from regtrack.errors import RegtrackError, invalid
from regtrack_app.access import EVERYWHERE, Access, is_loopback
from regtrack_app.connections import Server
from regtrack_app.security import LARGEST_REQUEST
from regtrack_app.sign_in import with_token

_LAST_PORT = 65_535


def serve(
    app: Dash,
    access: Access,
    *,
    port: int,
    ready: Callable[[Sequence[str]], None],
    browse: bool = False,
) -> None:
    """Answer requests until a signal ends it.

    Args:
        app: the application.
        access: that of the application; it has the address to listen on.
        port: port; 0 for any free one.
        ready: called with the page's addresses, including the token, once it answers: that for this
            machine and, if it listens on all of its addresses, that for others.
        browse: open the page in the user's browser.

    Raises:
        RegtrackError: an invalid or taken port, or an address that is not this machine's.
    """
    if not 0 <= port <= _LAST_PORT:
        raise RegtrackError(invalid("port", port, f"0 for any free port, or 1 to {_LAST_PORT}"))
    logging.getLogger("waitress").setLevel(logging.ERROR)
    host = access.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except (OSError, ValueError) as error:
        raise RegtrackError(_trouble(error, host, port)) from error
    server = make_server(app, listening)
    place = f"{listening.getsockname()[1]}{app.config.requests_pathname_prefix}"
    addresses = [with_token(f"http://{name}:{place}", access) for name in _shown(host)]
    ready(addresses)
    if browse:
        threading.Timer(0.3, webbrowser.open, addresses[:1]).start()
    try:
        server.run()
    finally:
        server.close()


def make_server(app: Dash, listening: socket.socket) -> Server:
    """The server of an application on a socket that is bound already; `run` answers requests."""
    prefix = unquote(app.config.requests_pathname_prefix)
    return Server(app.server, listening, LARGEST_REQUEST, prefix)


def _shown(host: str) -> list[str]:
    """The host name for a browser on this machine, and that for others if it is another."""
    if host in EVERYWHERE:
        return ["127.0.0.1", _reachable()]
    return [f"[{host}]" if ":" in host else host]


def _reachable() -> str:
    """A name or address of this machine that others can use: its host name where that leads here.

    In containers and on laptops it often leads nowhere; then that of the way to other networks.
    """
    name = socket.getfqdn()
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(name, None)}
    except OSError:
        found = set()
    if any(not is_loopback(address) for address in found):
        return name
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only chooses the way
        except OSError:
            return name
        return str(probe.getsockname()[0])


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
