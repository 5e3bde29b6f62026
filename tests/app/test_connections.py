"""Connections that do nothing do not keep others out, however many, slow or deaf they are."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from dashboard import served
from flask import Flask, Response, send_file
from regtrack_app import connections
from regtrack_app.connections import Server
from regtrack_app.create_app import create_app

from regtrack.compare.sources import Sources

MOST = 24


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_MOST_CONNECTIONS", MOST)


@pytest.fixture
def place(sources: Sources, _few: None) -> Iterator[tuple[str, int]]:
    with served(create_app(sources)) as address:
        yield "127.0.0.1", int(address.rpartition(":")[2])


def answers(place: tuple[str, int]) -> bool:
    with urlopen(f"http://{place[0]}:{place[1]}/assets/regtrack.css", timeout=20) as answer:
        return bool(answer.status == 200 and answer.read())


def test_idle_and_slow_connections_give_way(place: tuple[str, int]) -> None:
    beginnings = (b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nA: ",
                  b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nx")  # fmt: skip
    with ExitStack() as stack:
        opened = [stack.enter_context(socket.create_connection(place)) for _ in range(300)]
        for number, each in enumerate(opened):
            try:
                each.sendall(beginnings[number % len(beginnings)])
            except OSError:  # it was closed for a newer one
                continue
        assert answers(place)
        # a byte now and then does not make a connection more recent than one that just came
        for each in opened[-MOST:]:
            try:
                each.sendall(b"x")
            except OSError:
                continue
        assert answers(place)


def test_clients_that_do_not_read_keep_no_thread(tmp_path: Path, _few: None) -> None:
    large = tmp_path / "large.bw"
    with large.open("wb") as file:
        file.truncate(64 << 20)
    app = Flask("files")

    @app.route("/")
    def whole() -> Response:
        return send_file(large)

    server: Any = Server(app, socket.create_server(("127.0.0.1", 0)), 1_000)
    threading.Thread(target=server.run, daemon=True).start()
    where = ("127.0.0.1", server.effective_port)
    with ExitStack() as stack:
        for _ in range(2 * MOST):
            deaf = stack.enter_context(socket.create_connection(where))
            deaf.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with urlopen(f"http://127.0.0.1:{where[1]}/", timeout=20) as answer:
            assert len(answer.read(1_000)) == 1_000
    server.trigger.pull_trigger(
        lambda: [c.handle_close() for c in [*server.active_channels.values()]]
    )
    server.trigger.pull_trigger(server.close)


def test_a_part_of_a_file_is_sent_as_it_is(sources: Sources) -> None:
    whole = sources.catalog.track("signal").path.read_bytes()
    with served(create_app(sources)) as address:
        client = HTTPConnection("127.0.0.1", int(address.rpartition(":")[2]), timeout=20)
        for start, end in ((0, 9), (1_000, 70_000), (len(whole) - 7, len(whole) - 1)):
            client.request("GET", "/data/signal", headers={"Range": f"bytes={start}-{end}"})
            answer = client.getresponse()
            assert answer.status == 206
            assert answer.getheader("Content-Length") == str(end - start + 1)
            assert answer.read() == whole[start : end + 1]
        client.close()


def test_what_waits_or_stalls_for_long_is_closed(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_WAITING", -1.0)
    monkeypatch.setattr(connections, "_CLEANUP", 0)
    with (
        served(create_app(sources)) as address,
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as idle,
    ):
        idle.settimeout(20)
        assert idle.recv(1) == b""


def test_connections_leave_files_for_the_tracks(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, most in ((16, 8), (64, 16), (1_024, 256), (1 << 20, 1_000), (-1, 1_000)):
        monkeypatch.setattr(connections.resource, "getrlimit", lambda _, n=files: (n, n))
        assert connections.most_connections() == most
