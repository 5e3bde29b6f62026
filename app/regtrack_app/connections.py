"""The server's connections: those that do nothing give way, so that they cannot block it.

Waitress stops accepting connections once it has a certain number, counts any byte as activity, and
waits forever for a client that does not read. Here a connection may wait a limited time for its
next request to be complete, however slowly its bytes arrive; and once all connections are taken,
the one that was last at rest the longest ago is closed for a new one.
"""

from __future__ import annotations

import resource
import socket
import time
from contextlib import suppress
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

_THREADS = 8
_WAITING = 30.0  # seconds in which a connection's next request must be complete
_STALLED = 60.0  # seconds without a byte taken by a client that is sent something
_CLEANUP = 5  # seconds between two looks at all connections
_MOST_CONNECTIONS = 1_000
_LEAST_CONNECTIONS = 8
_OWN = 2  # entries of waitress's map that are not connections


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress is untyped
    """A connection.

    Attributes:
        waiting_since: time at which it was opened, or at which its last request was answered.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.waiting_since = time.monotonic()

    def service(self) -> None:
        """Answer one request."""
        super().service()
        self.waiting_since = time.monotonic()

    @property
    def sending(self) -> bool:
        """Whether it has something to send."""
        return bool(self.total_outbufs_len)

    @property
    def waiting(self) -> bool:
        """Whether no request is complete, and nothing is to be sent."""
        return not self.requests and not self.sending

    def overdue(self) -> bool:
        """Whether it has been waiting, or its client has not been reading, for too long."""
        if self.waiting:
            return time.monotonic() - self.waiting_since > _WAITING
        return self.sending and time.time() - self.last_activity > _STALLED

    def hang_up(self) -> None:
        """End the connection; waitress then closes it.

        Closed here, while waitress is collecting what to watch, its number would be taken for that
        of the next connection.
        """
        with suppress(OSError):  # the client was faster
            self.socket.shutdown(socket.SHUT_RDWR)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Waitress's server with connections that give way.

    Args:
        application: answers the requests.
        listening: a socket that is bound already.
        largest_request: maximum size of a request's body (bytes).
        prefix: path below which a proxy shows the page; it may strip it or not.
    """

    channel_class = Channel

    def __init__(
        self, application: Any, listening: socket.socket, largest_request: int, prefix: str = "/"
    ) -> None:
        self._most = most_connections()
        adjustments = Adjustments(
            sockets=[listening], threads=_THREADS, ident=None, url_prefix=prefix.rstrip("/"),
            connection_limit=self._most + _OWN, cleanup_interval=_CLEANUP,
            asyncore_use_poll=True, log_socket_errors=False, max_request_header_size=1 << 16,
            max_request_body_size=largest_request + 1,
        )  # fmt: skip
        where = (listening.family, listening.type, listening.proto, listening.getsockname())
        super().__init__(
            application, {}, _sock=listening, adj=adjustments, bind_socket=False, sockinfo=where
        )

    def readable(self) -> bool:
        """Whether to accept a connection; if all are taken, one that does nothing is closed."""
        if len(self.active_channels) >= self._most:
            self._make_room()
        return bool(super().readable())

    def maintenance(self, now: float) -> None:  # noqa: ARG002
        """Close the connections that are overdue."""
        for channel in list(self.active_channels.values()):
            if channel.overdue():
                channel.hang_up()

    def run(self) -> None:
        """Answer requests until an exception, such as that of a signal, ends it."""
        wasyncore.loop(self.adj.asyncore_loop_timeout, map=self._map, use_poll=True)

    def close(self) -> None:
        """Stop the threads and end; those still at work after a second are not waited for."""
        self.task_dispatcher.shutdown(timeout=1)
        super().close()

    def stop(self) -> None:
        """End `run` in its thread, from any other; connections are closed."""
        self.task_dispatcher.shutdown(timeout=1)
        # only the loop's own thread may close what it waits for
        self.trigger.pull_trigger(self._hang_up_all)

    def _hang_up_all(self) -> None:
        for channel in list(self.active_channels.values()):
            channel.handle_close()
        wasyncore.close_all(self._map, ignore_all=True)

    def pull_trigger(self) -> None:
        """Wake the loop that watches the connections, which has ended for a thread that is late."""
        with suppress(OSError):
            super().pull_trigger()

    def _make_room(self) -> None:
        """Close the connection that was opened, or had its last answer, the longest ago.

        Those whose request is being worked on stay.
        """
        channels = [each for each in self.active_channels.values() if each.waiting or each.sending]
        if channels:
            min(channels, key=lambda each: each.waiting_since).hang_up()


def most_connections() -> int:
    """The number of connections for which there are open files: each may need one more to send."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return min(max(files // 4, _LEAST_CONNECTIONS), _MOST_CONNECTIONS)
