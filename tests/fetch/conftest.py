"""A server, and connections that note waits instead of waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from local_server import Server, local_server

from regtrack.fetch.net import Net, Patience

Connect = Callable[..., Net]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server without files, asked without the machine's own proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with local_server() as found:
        yield found


@pytest.fixture
def waits() -> list[float]:
    """The seconds that `connect`'s connections would have waited."""
    return []


@pytest.fixture
def connect(waits: list[float]) -> Connect:
    """Make connections that do not wait."""

    def make(**patience: float) -> Net:
        return Net(Patience(**{"connect": 5.0, "silence": 5.0, **patience}), waits.append)  # type: ignore[arg-type]

    return make


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Write a table of sources: a header, and rows by column."""

    def write(*rows: dict[str, object], name: str = "sources.tsv") -> Path:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines = [columns, *([str(row.get(column, "")) for column in columns] for row in rows)]
        path = tmp_path / name
        path.write_text("".join("\t".join(line) + "\n" for line in lines))
        return path

    return write
