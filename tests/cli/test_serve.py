"""`regtrack serve` as a user runs it: it answers, ends cleanly, and refuses in one line."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

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
def serving(
    *arguments: object, files: int | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server with at most so many open files, and the address that it printed."""
    line = [sys.executable, "-m", "regtrack", "serve", *map(str, arguments)]
    if files is not None:
        line = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *line]
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
    with serving(sweep, "--port", 0, "--share") as (process, address):
        with urlopen(address) as page:
            assert b"regtrack" in page.read()
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        assert said[0].startswith("No hub: UCSC does not know this assembly")
        assert said[1] == f"For igv.js: {address}igv.json\n"
        with urlopen(said[1].split()[-1]) as shared:
            assert b"cnn7.a" in shared.read()
        if Path("/proc").is_dir():
            assert "torch" not in Path(f"/proc/{process.pid}/maps").read_text()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "Traceback" not in errors
        with pytest.raises(OSError, match="refused"):
            urlopen(address)


def test_many_tracks_under_few_files_with_a_token_until_it_is_terminated(
    sweep: Path, tmp_path: Path
) -> None:
    (track,) = sweep.glob("*.bw")
    for number in range(400):
        os.link(track, tmp_path / f"signal{number:03}.bw")
    words = (tmp_path, "--port", 0, "--host", "0.0.0.0", "--url-base", "shown")
    with serving(*words, files=64) as (process, address):
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        assert re.match(r"From other machines: http://\S+:\d+/shown/\?token=\S+\n", said[0])
        assert "127.0.0.1" not in said[0]
        assert said[1].startswith("Warning: whoever has this address can see these tracks")
        place, _, token = address.partition("?token=")
        assert place.endswith("/shown/")
        assert len(token) >= 32
        with ExitStack() as stack:
            port = int(re.findall(r":(\d+)/", place)[0])
            for _ in range(100):
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for first in range(0, 400, 12):
                names = ",".join(f"signal{at:03}" for at in range(first, min(first + 12, 400)))
                query = f"?region=chr1:1-200&tracks={names}&token={token}"
                with urlopen(f"{place}export/window.csv{query}") as answer:
                    assert len(answer.readline().split(b",")) == 3 + len(names.split(","))
                with urlopen(f"{place}data/signal{first:03}?token={token}") as answer:
                    assert answer.read(4)
            with pytest.raises(HTTPError, match="401"):
                urlopen(place)
            with pytest.raises(HTTPError, match="403") as foreign:
                urlopen(Request(place, headers={"Host": "evil.example"}))
            assert b"--allow-host evil.example" in foreign.value.read()
        process.terminate()
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors.count("\n")) == (143, 1), errors


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
        (["SWEEP", "--genes", "/no/genes.gtf"], "no GTF file at /no/genes.gtf"),
        (["SWEEP", "--checkpoint", "/no/file"], "/no/file"),
        (["SWEEP", "--reference", "/no/genome.fa"], "no FASTA at /no/genome.fa"),
        (["SWEEP", "--host", "300.1.2.3"], "not an address of this machine"),
        (["SWEEP", "--host", "203.0.113.7"], "not an address of this machine"),
        (["SWEEP", "--port", "70000"], "is 70,000; expected 0 for any free port"),
        (["SWEEP", "--allow-host", "https://a.example"], "is not a host name"),
        (["SWEEP", "--url-base", "a b"], "is not a path"),
        (["SWEEP", "--token", "a", "--no-token"], "exclude each other"),
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
