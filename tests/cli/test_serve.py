"""`regtrack serve` as a user runs it: it answers, ends cleanly, and refuses in one line."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from small_tracks import write_sweep
from typer import Typer
from typer.testing import CliRunner

from regtrack.cli.serve import command
from regtrack.errors import RegtrackError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    values = np.linspace(0, 1, 30_000, dtype=np.float32)
    return write_sweep(tmp_path_factory.mktemp("tracks") / "cnn7", "cnn7", {"a": {"chr1": values}})


@contextmanager
def serving(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, and the address that it printed."""
    line = [sys.executable, "-m", "regtrack", "serve", *map(str, arguments)]
    process = subprocess.Popen(
        line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield process, found.group()
    finally:
        process.kill()
        process.communicate()


def test_it_answers_and_ends_on_ctrl_c_without_torch(sweep: Path) -> None:
    with serving(sweep, "--port", 0) as (process, address):
        with urlopen(address) as page:
            assert b"regtrack" in page.read()
        if Path("/proc").is_dir():
            assert "torch" not in Path(f"/proc/{process.pid}/maps").read_text()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode in {0, 130}
        assert "Traceback" not in errors
        with pytest.raises(OSError, match="refused"):
            urlopen(address)


def refused(*arguments: object) -> str:
    """The one line that reports a mistake."""
    app = Typer()
    app.command()(command)
    found = CliRunner().invoke(app, list(map(str, arguments)))
    assert isinstance(found.exception, RegtrackError)
    assert "\n" not in str(found.exception)
    return str(found.exception)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/no/such/folder"], "nothing at /no/such/folder"),
        (["SWEEP", "--labels", "/no/labels"], "no labels at /no/labels"),
        (["SWEEP", "--genes", "/no/genes.gtf"], "no genes at /no/genes.gtf"),
        (["SWEEP", "--checkpoint", "/no/file"], "/no/file"),
        (["SWEEP", "--reference", "/no/genome.fa"], "no FASTA at /no/genome.fa"),
        (["SWEEP", "--host", "300.1.2.3"], "not an address of this machine"),
        (["SWEEP", "--host", "203.0.113.7"], "not an address of this machine"),
        (["SWEEP", "--port", "70000"], "port 70000 does not exist"),
    ],
)
def test_what_cannot_be_served_is_refused(sweep: Path, arguments: list[str], message: str) -> None:
    given = [sweep if argument == "SWEEP" else argument for argument in arguments]
    assert message in refused(*given)


def test_a_taken_port_is_refused(sweep: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} is taken" in refused(sweep, "--port", port)
