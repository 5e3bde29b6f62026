"""How a command ends: repeated signals, and readers that go away."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from regtrack.cli import app, main, process
from regtrack.cli.process import Stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_ends_the_command_and_a_late_one_the_process(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    clock, ended = [0.0], []
    monkeypatch.setattr(process.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(process.os, "_exit", ended.append)
    stop = Stop()
    with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else SystemExit):
        stop._receive(number, None)
    assert stop.status == 128 + number
    for clock[0] in (0.1, 1.0, 4.9):
        stop._receive(signal.SIGINT, None)
        stop._receive(signal.SIGTERM, None)
    assert ended == []
    clock[0] = 5.1
    stop._receive(signal.SIGINT, None)
    assert ended == [128 + number]


def test_any_error_after_an_interruption_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def torn(**_: str) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError("torn") from None

    before = {number: signal.getsignal(number) for number in process._SIGNALS}
    monkeypatch.setattr(app, "app", torn)
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert ended.value.code == 130
    assert capsys.readouterr().err == "error: interrupted\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.EIO, "Input/output error", "r.fa"), "error: r.fa: Input/output error\n"),
        (OSError(errno.EIO, "Input/output error"), "error: Input/output error\n"),
        (OSError("no answer"), "error: no answer\n"),
    ],
)
def test_a_system_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: OSError,
    line: str,
) -> None:
    def failing(**_: str) -> None:
        raise error

    monkeypatch.setattr(app, "app", failing)
    with pytest.raises(SystemExit) as ended:
        app.run(Stop())
    assert ended.value.code == 2
    assert capsys.readouterr().err == line


# prints as commands do: by rich, by print, and notes
PRINTER = """
import sys
from pathlib import Path
from regtrack.cli import app, console, main
def command(**_):
    console.errors.print("note")
    console.console.print("line")
    console.print_json({"a": 1})
    Path("done").touch()
    sys.exit(int(sys.argv[1]))
app.app = command
main()
"""


def printer(folder: Path, status: int, out: int, err: int) -> subprocess.CompletedProcess[str]:
    (folder / "done").unlink(missing_ok=True)
    command = [sys.executable, "-c", PRINTER, str(status)]
    return subprocess.run(command, cwd=folder, stdout=out, stderr=err, text=True, check=False)


@pytest.mark.parametrize("status", [0, 1])
def test_a_command_keeps_running_if_its_output_is_not_read(tmp_path: Path, status: int) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        found = printer(tmp_path, status, write, subprocess.PIPE)
        assert (found.returncode, found.stderr) == (status, "note\n")
        assert (tmp_path / "done").exists()
        found = printer(tmp_path, status, write, write)
        assert found.returncode == status
        assert (tmp_path / "done").exists()
    finally:
        os.close(write)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_result_that_cannot_be_printed_is_an_error(tmp_path: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        found = printer(tmp_path, 0, full, subprocess.PIPE)
        assert found.returncode == 2
        assert found.stderr == "note\nerror: cannot print the result: No space left on device\n"
        found = printer(tmp_path, 0, subprocess.PIPE, full)
        assert (found.returncode, found.stdout) == (0, 'line\n{\n  "a": 1\n}\n')
    finally:
        os.close(full)


# text in a narrow encoding, and a file name that is not Unicode, as its bytes
ODD = """
import os, sys
from regtrack.cli import app, console, main
def command(**_):
    name = os.fsdecode(b"\\xff\\xe9")
    console.print_table("Gr\\xf6\\xdfe \\u2713", ("name",), [(name,)])
    console.errors.print(f"note: {name} \\xe9")
    print(name)
    console.print_json({"path": name})
app.app = command
main()
"""


@pytest.mark.parametrize(
    ("encoding", "wanted"),
    [
        ("ascii:strict", b"Gr\\xf6\\xdfe \\u2713"),
        ("latin-1:strict", "Größe \\u2713".encode("latin-1")),
        ("utf-8:strict", "Größe ✓".encode()),
    ],
)
def test_any_text_can_be_printed_in_any_encoding(encoding: str, wanted: bytes) -> None:
    found = subprocess.run(
        [sys.executable, "-c", ODD],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C", "PYTHONUTF8": "0"},
    )
    assert wanted in found.stdout
    assert found.stdout.count(b"\xff\xe9") == 1
    assert found.stdout.count(rb"\xff\xe9") == 1  # in a table
    assert b'"path": "\\udcff\\udce9"' in found.stdout
    assert found.stderr.startswith(b"note: \xff\xe9")


def test_help_is_printed_in_any_encoding() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "regtrack", "saliency", "--help"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C", "PYTHONUTF8": "0"},
    )
    assert found.stdout.isascii()
    assert b"--out" in found.stdout


def test_a_closed_output_is_no_error(tmp_path: Path) -> None:
    command = f"exec {sys.executable} -c '{PRINTER}' 0 >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False).returncode == 0
    assert (tmp_path / "done").exists()


# the signal comes while the commands are being loaded
EARLY = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "typer":
            os.kill(os.getpid(), signal.Signals[sys.argv[1]])
sys.meta_path.insert(0, Finder())
from regtrack.cli import main
main()
"""


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("SIGINT", 130, "error: interrupted\n"),
        ("SIGTERM", 143, "error: terminated\n"),
        ("SIGHUP", 129, "error: terminated, since its terminal was closed\n"),
    ],
)
def test_a_signal_before_the_commands_are_loaded_is_one_line(
    name: str, status: int, said: str
) -> None:
    command = [sys.executable, "-c", EARLY, name]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (status, said)
