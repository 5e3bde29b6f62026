"""Commands in processes of their own, forked from one that has torch loaded: they begin at once."""

from __future__ import annotations

import io
import multiprocessing
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_LOADED = ["forked", "regtrack.cli.app", "regtrack.sweep.run", "regtrack.saliency.tracks"]
_servers: list[socket.socket] = []


def preload(*modules: str) -> None:
    """Have more modules loaded in the process from which others are forked."""
    _LOADED.extend(modules)


@contextmanager
def server() -> Iterator[None]:
    """Fork the process from which all others are forked; it ends with this context or process.

    It has what this one has loaded, which for a whole test run is everything. For it to be in
    order, this one should have no thread at work and nothing replaced yet.
    """
    mine, its = socket.socketpair()
    with mine, warnings.catch_warnings():
        # Python 3.12 warns of threads, such as that in which pytest-xdist listens
        warnings.simplefilter("ignore", DeprecationWarning)
        with its:
            if os.fork() == 0:
                try:
                    mine.close()
                    _serve(its)
                finally:
                    os._exit(0)
        _servers.append(mine)
        yield
        _servers.remove(mine)


def _serve(asked: socket.socket) -> None:
    """Fork a process for each connection that arrives, which forks the one that is asked for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the first ones
    for name in _LOADED:
        import_module(name)
    while files := socket.recv_fds(asked, 1, 1)[1]:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asked.close()
            _watch(Connection(files[0]))
            return
        os.close(files[0])


def _watch(connection: Connection) -> None:
    """Call what a connection asks for in a process; answer its number, later its exit status."""
    process = multiprocessing.get_context("fork").Process(target=_run, args=connection.recv())
    process.start()
    connection.send(process.pid)
    process.join()
    connection.send(process.exitcode)


class Forked:
    """A process that calls a function in the current folder; used like `subprocess.Popen`.

    Its exit status and what it prints are those of the function.

    Args:
        function: at the top level of a module.
        arguments: its arguments, which are pickled.
    """

    def __init__(self, function: Callable[..., object], *arguments: Any) -> None:
        folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder)
        self._texts = [Path(folder, name) for name in ("out", "err")]
        self._status: int | None = None
        self._watching, served = multiprocessing.Pipe()
        with served:
            socket.send_fds(_servers[-1], [b"."], [served.fileno()])
        self._watching.send((str(Path.cwd()), dict(os.environ), self._texts, function, arguments))
        self.pid: int = self._watching.recv()

    @property
    def returncode(self) -> int | None:
        """The exit status; minus the signal's number if one ended it; None while it runs."""
        self.wait(0)
        return self._status

    def poll(self) -> int | None:
        """As `returncode`."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it has, and its end has not been heard of yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it has ended, at most so many seconds."""
        if self._status is None and self._watching.poll(timeout):
            self._status = self._watching.recv()
            self._watching.close()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it has printed, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it runs for longer, in seconds.
        """
        self.wait(timeout)
        if self.returncode is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired("forked", timeout)
        out, err = (text.read_text(encoding="utf-8") for text in self._texts)
        return out, err


def regtrack(*words: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return _finished(begin_regtrack(*words), words, timeout)


def python(code: str, *words: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run code to its end as `python -c` does, in a process that has torch loaded."""
    return _finished(begin_python(code, *words), words, timeout)


def _finished(
    process: Forked, words: Iterable[object], timeout: float
) -> subprocess.CompletedProcess[str]:
    try:
        out, err = process.communicate(timeout)
    finally:
        process.kill()
    assert process.returncode is not None
    return subprocess.CompletedProcess(list(words), process.returncode, out, err)


def begin_regtrack(*words: object) -> Forked:
    """Begin a command."""
    return Forked(_command, *map(str, words))


def begin_python(code: str, *words: object) -> Forked:
    """Begin code as `python -c` does."""
    return Forked(_execute, code, *map(str, words))


def of_file(path: str, name: str, *arguments: Any) -> None:
    """Call a function of a file, for `Forked`, when the file is no module that can be imported."""
    runpy.run_path(path)[name](*arguments)


def script(path: str, *words: str) -> None:
    """Run a script, for `Forked`, as `python path` does."""
    sys.argv = [path, *words]
    runpy.run_path(path, run_name="__main__")


def _command(*words: str) -> None:
    from regtrack.cli import main

    sys.argv = ["regtrack", *words]
    main()


def _execute(code: str, *words: str) -> None:
    sys.argv = ["-c", *words]
    sys.path.insert(0, "")
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})


def _run(
    folder: str,
    environment: dict[str, str],
    texts: list[Path],
    function: Callable[..., object],
    given: Any,
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, (name, path) in enumerate(zip(("stdout", "stderr"), texts, strict=True), 1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        raw = io.BufferedWriter(io.FileIO(number, "wb", closefd=False))
        stream = io.TextIOWrapper(raw, "utf-8", line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    function(*given)
