"""Run one function in its own process, so that it can be killed and blocks nothing."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from regtrack.errors import RegtrackError
from regtrack.progress import Progress, Task
from regtrack_app.jobs import Cancelled

_log = logging.getLogger(__name__)

_POLL = 0.1  # seconds between checks for cancellation


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
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    child = spawn.Process(target=_serve, args=(theirs, function, dict(arguments)), daemon=True)
    child.start()
    theirs.close()
    try:
        return _follow(ours, progress, cancelled)
    except EOFError:
        child.join()
        raise RegtrackError(
            f"the computation died (exit status {child.exitcode}); is there enough memory?"
        ) from None
    finally:
        child.kill()
        child.join()
        child.close()
        ours.close()


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


def _serve(connection: Connection, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    """The body of the new process."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
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
