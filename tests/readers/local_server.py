"""An HTTP server whose files behave as real servers do on their bad days."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Served:
    """A file, and how it is served.

    Attributes:
        content: its bytes.
        etag: of it; empty for none.
        modified: its Last-Modified; empty for none.
        ranges: serve ranges: "yes", "no" (all of it instead), "blindly" (whatever If-Range says).
        answers: statuses and headers of the first answers, before the file is served.
        cuts: after how many bytes each of the next answers is cut off.
        length: a false Content-Length.
        chunked: say no length.
        head: the status of HEAD.
        delay: seconds between pieces.
        extra: further headers.
    """

    content: bytes = b""
    etag: str = '"one"'
    modified: str = "Mon, 02 Jan 2012 03:04:05 GMT"
    ranges: str = "yes"
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    length: int | None = None
    chunked: bool = False
    head: int = 200
    delay: float = 0.0
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    headers: dict[str, str]


class Server:
    """Files by path, and the requests that came.

    Attributes:
        files: by path; others are not found.
        requests: in order.
    """

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = True

    @property
    def address(self) -> str:
        """The URL of the root, without a slash."""
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def serve(self, path: str, content: bytes, **how: Any) -> str:
        """Serve a file; its URL."""
        self.files[path] = Served(content, **how)
        return self.address + path

    def asked(self, path: str, method: str = "GET") -> list[Request]:
        """The requests for a path."""
        return [one for one in self.requests if (one.path, one.method) == (path, method)]


@contextmanager
def local_server() -> Iterator[Server]:
    """A server on a port of its own."""
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._note()
            file = server.files.get(self.path)
            if file is None or file.head != 200:
                self._plain(404 if file is None else file.head, {})
                return
            self.send_response(200)
            if not file.chunked:
                self.send_header("Content-Length", str(file.length or len(file.content)))
            self.end_headers()

        def do_GET(self) -> None:
            self._note()
            file = server.files.get(self.path)
            if file is None:
                self._plain(404, {})
                return
            with server.lock:
                answer = file.answers.pop(0) if file.answers else None
                cut = file.cuts.pop(0) if file.cuts else None
            if answer:
                self._plain(*answer)
            else:
                self._send(file, cut)

        def _send(self, file: Served, cut: int | None) -> None:
            start = self._start(file)
            if start is not None and start >= len(file.content):
                self._plain(416, {"Content-Range": f"bytes */{len(file.content)}"})
                return
            body = file.content[start or 0 :]
            self.send_response(200 if start is None else 206)
            if start is not None:
                end = len(file.content)
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
            validators = {"ETag": file.etag, "Last-Modified": file.modified}
            for name, value in {**validators, **file.extra}.items():
                if value:
                    self.send_header(name, value)
            if file.chunked:
                self.send_header("Connection", "close")
            else:
                self.send_header("Content-Length", str(file.length or len(body)))
            self.end_headers()
            for piece in _pieces(body if cut is None else body[:cut]):
                self.wfile.write(piece)
                time.sleep(file.delay)
            self.close_connection = cut is not None or file.length is not None or file.chunked

        def _start(self, file: Served) -> int | None:
            """The first byte asked for, if a part is to be sent."""
            asked = self.headers.get("Range")
            if asked is None or file.ranges == "no":
                return None
            condition = self.headers.get("If-Range")
            same = condition in {None, file.etag, file.modified}
            if not same and file.ranges != "blindly":
                return None
            return int(asked.removeprefix("bytes=").removesuffix("-"))

        def _plain(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _note(self) -> None:
            with server.lock:
                server.requests.append(Request(self.command, self.path, dict(self.headers)))

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            with suppress(ConnectionError):  # the other side went away
                super().handle()

    return Handler


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 1 << 16):
        yield body[start : start + (1 << 16)]
