"""An HTTP server of a folder that keeps to what genome browsers need, or breaks one rule of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass
class HubServer:
    """A served folder.

    Attributes:
        folder: what is served.
        address: the URL of the folder, without a slash.
        faults: by path, or by "" for all: "no ranges", "no cors", "no preflight", "html", "gzip",
            "login", "short", a status, or "to URL" for a redirect without CORS headers.
    """

    folder: Path
    address: str = ""
    faults: dict[str, str] = field(default_factory=dict)

    def fault(self, path: str) -> str:
        return self.faults.get(path, self.faults.get("", ""))


@contextmanager
def serve_hub(folder: Path) -> Iterator[HubServer]:
    """A server on a port of its own."""
    server = HubServer(folder)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.address = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def _handler(server: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_OPTIONS(self) -> None:
            fault = server.fault(self._name)
            if fault in {"no preflight", "no cors"}:
                self._send(501, b"")
            else:
                self._send(204, b"", {"Access-Control-Allow-Headers": "Range"})

        def do_GET(self) -> None:
            fault = server.fault(self._name)
            path = server.folder / self._name
            if self._name == "favicon.ico":
                self._send(204, b"")
            elif fault.isdigit():
                self._send(int(fault), b"")
            elif fault == "login":
                self._send(302, b"", {"Location": "/accounts/login"})
            elif fault.startswith("to "):
                self._send(302, b"", {"Location": fault[3:]}, cors=False)
            elif fault == "html" or self._name == "accounts/login":
                self._send(200, b"<!DOCTYPE html>\n<html><body>Sign in</body></html>")
            elif not path.is_file():
                self._send(404, b"")
            else:
                self._file(path.read_bytes(), fault)

        def _file(self, content: bytes, fault: str) -> None:
            asked = _RANGE.fullmatch(self.headers.get("Range", ""))
            cors = fault != "no cors"
            more = {"Content-Encoding": "br"} if fault == "gzip" else {}
            if asked is None or fault == "no ranges":
                self._send(200, content, more, cors=cors)
                return
            start = int(asked[1])
            part = content[start : int(asked[2] or len(content)) + 1]
            if not part:
                self._send(416, b"")
                return
            place = f"bytes {start}-{start + len(part) - 1}/{len(content)}"
            part = part[: len(part) // 2] if fault == "short" else part
            self._send(206, part, more | {"Content-Range": place}, cors=cors)

        def _send(
            self, status: int, body: bytes, headers: dict[str, str] | None = None, cors: bool = True
        ) -> None:
            self.send_response(status)
            if cors:
                self.send_header("Access-Control-Allow-Origin", "*")
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @property
        def _name(self) -> str:
            return unquote(urlsplit(self.path).path).lstrip("/")

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
