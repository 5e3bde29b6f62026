"""Run functions in processes of their own, so that they can be killed and block nothing."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from regtrack.errors import RegtrackError
from regtrack.progress import Progress, Task
from regtrack_app.jobs import Cancelled

_log = logging.getLogger(__name__)

_POLL = 0.1  # seconds between checks for cancellation
_IDLE = 600.0  # seconds after which an idle process ends, with all that it keeps in memory
_MOST_IDLE = 2


class _DiedError(RegtrackError):
    """The process ended without a result."""


class Process:
    """A process that runs one function after another, and keeps what these keep in memory."""

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        self._child = spawn.Process(target=_serve, args=(theirs,), daemon=True)
        self._child.start()
        theirs.close()

    def run(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Any],
        progress: Progress,
        cancelled: Callable[[], bool],
    ) -> Any:
        """The result of a function; see `run_process`.

        After any exception but the function's own, the process is of no use.
        """
        try:
            self._connection.send((function, dict(arguments)))
            return _follow(self._connection, progress, cancelled)
        except (EOFError, OSError):
            self._child.join()
            raise _DiedError(
                f"the computation died (exit status {self._child.exitcode}); is there enough "
                "memory?"
            ) from None

    def end(self) -> None:
        """Kill the process."""
        self._child.kill()
        self._child.join()
        self._child.close()
        self._connection.close()


class Workers:
    """Processes that stay for a while after their work; thread-safe."""

    def __init__(self) -> None:
        self._idle: list[tuple[str, Process, threading.Timer]] = []
        self._lock = threading.Lock()

    def run(
        self,
        key: str,
        function: Callable[..., Any],
        arguments: Mapping[str, Any],
        progress: Progress,
        cancelled: Callable[[], bool],
    ) -> Any:
        """The result of a function run in an idle process, or a new one.

        Args:
            key: of what the process keeps; one that worked for the same key is preferred.
            function: see `run_process`.
            arguments: by keyword.
            progress: shows its bars.
            cancelled: called ten times per second.

        Raises:
            Cancelled: it was cancelled, and the process killed.
            RegtrackError: raised by the function; or the process died.
        """
        process = self._take(key)
        try:
            found = process.run(function, arguments, progress, cancelled)
        except RegtrackError as error:
            if isinstance(error, _DiedError):
                process.end()
            else:
                self._keep(key, process)
            raise
        except BaseException:
            process.end()
            raise
        self._keep(key, process)
        return found

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, process, timer in idle:
            timer.cancel()
            process.end()

    def _take(self, key: str) -> Process:
        with self._lock:
            self._idle.sort(key=lambda one: one[0] == key)
            found = self._idle.pop() if self._idle else None
        if found is None:
            return Process()
        found[2].cancel()
        return found[1]

    def _keep(self, key: str, process: Process) -> None:
        timer = threading.Timer(_IDLE, self._drop, (process,))
        timer.daemon = True
        with self._lock:
            kept = len(self._idle) < _MOST_IDLE
            if kept:
                self._idle.append((key, process, timer))
        if kept:
            timer.start()
        else:
            process.end()

    def _drop(self, process: Process) -> None:
        with self._lock:
            there = [one for one in self._idle if one[1] is process]
            self._idle = [one for one in self._idle if one[1] is not process]
        if there:
            process.end()


def run_process(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    progress: Progress,
    cancelled: Callable[[], bool],
) -> Any:
    """The result of a function run in a new process, which is killed on cancellation.

    Args:
        function: at the top level of a module, since the process starts from scratch; it takes
            `progress` in addition to the arguments.
        arguments: by keyword; they and the result travel as pickles between our own processes.
        progress: shows its bars.
        cancelled: called ten times per second.

    Raises:
        Cancelled: it was cancelled.
        RegtrackError: raised by the function; or the process died.
    """
    process = Process()
    try:
        return process.run(function, arguments, progress, cancelled)
    finally:
        process.end()


def _follow(connection: Connection, progress: Progress, cancelled: Callable[[], bool]) -> Any:
    """Show what the process reports until it sends its result."""
    while True:
        kind, value = _receive(connection, cancelled)
        if kind == "result":
            return value
        if kind == "error":
            raise RegtrackError(value)
        description, total, unit = value
        with progress.task(description, total, unit) as task:
            while (message := _receive(connection, cancelled))[0] == "advance":
                task.advance(message[1])
        if message[0] != "end":  # the function raised an error within its task
            raise RegtrackError(message[1])


def _receive(connection: Connection, cancelled: Callable[[], bool]) -> tuple[str, Any]:
    while not connection.poll(_POLL):
        if cancelled():
            raise Cancelled
    if cancelled():
        raise Cancelled
    kind, value = connection.recv()
    return kind, value


def _serve(connection: Connection) -> None:
    """The body of the new process: one function after another, until the other side ends."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            function, arguments = connection.recv()
            _answer(connection, function, arguments)


def _answer(
    connection: Connection, function: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    try:
        connection.send(("result", function(**arguments, progress=_Reporter(connection))))
    except RegtrackError as error:
        connection.send(("error", str(error)))
    except Exception:
        _log.exception("in %s", function.__name__)
        connection.send(("error", "an error within regtrack; see its log"))


def _die_with_parent() -> None:
    """End this process as soon as its parent has ended, however that happened."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()  # waits for a pipe that the system closes
        os._exit(1)


class _Reporter:
    """Progress that is reported to the parent process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:
        """A bar; only one at a time."""
        self._connection.send(("task", (description, total, unit)))
        yield _ReporterTask(self._connection)
        self._connection.send(("end", None))


class _ReporterTask:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def advance(self, amount: float = 1, note: str | None = None) -> None:  # noqa: ARG002
        self._connection.send(("advance", amount))
