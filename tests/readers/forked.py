"""Commands in processes of their own, forked from one that has torch loaded: they begin at once."""

from __future__ import annotations

import io
import multiprocessing
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_FORKING = multiprocessing.get_context("forkserver")
_LOADED = ["forked", "regtrack.cli.app", "regtrack.sweep.run", "regtrack.saliency.tracks"]
_FORKING.set_forkserver_preload(_LOADED)


def preload(*modules: str) -> None:
    """Have more modules loaded in the process from which others are forked, if none is yet."""
    _LOADED.extend(modules)


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
        given = (dict(os.environ), self._texts, function, arguments)
        self._process = _FORKING.Process(target=_run, args=given)
        self._process.start()
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status; minus the signal's number if one ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """As `returncode`."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.returncode is None:
            assert self.pid is not None
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it has ended, at most so many seconds."""
        self._process.join(timeout)

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


def _command(*words: str) -> None:
    from regtrack.cli import main

    sys.argv = ["regtrack", *words]
    main()


def _execute(code: str, *words: str) -> None:
    sys.argv = ["-c", *words]
    sys.path.insert(0, "")
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})


def _run(
    environment: dict[str, str], texts: list[Path], function: Callable[..., object], given: Any
) -> None:
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
    function(*given)
