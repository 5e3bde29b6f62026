"""Work that takes longer than a request: done by a few threads, watched and cancelled by key."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from regtrack.errors import RegtrackError
from regtrack.progress import Progress, Task

_log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]
Work = Callable[[Progress, Callable[[], bool]], Any]

# ended jobs that are remembered with their results; and unended ones, past which none is taken
_REMEMBERED = 32
_MOST_UNENDED = 64


class Cancelled(Exception):  # noqa: N818
    """Raised within a job that somebody has cancelled, to end it."""


class Job:
    """One piece of work; threads may look at it at any time.

    Attributes:
        key: what it is known by.
        state: `waiting`, `running`, `done`, `failed` or `cancelled`.
        description: what it does just now.
        progress: how much of that is done, 0 to 1; None while that is not known.
        result: what it made, once it is `done`.
        error: why it `failed`, in one line.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.state: State = "waiting"
        self.description = ""
        self.progress: float | None = None
        self.result: Any = None
        self.error: str | None = None
        self._cancel = threading.Event()
        self._ended = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """Ask the work to end; it does at its next step. What has ended stays as it is."""
        self._cancel.set()

    def cancelled(self) -> bool:
        """Whether somebody asked it to end."""
        return self._cancel.is_set()

    def wait(self, seconds: float | None = None) -> State:
        """The state, after the end or at most so many seconds."""
        self._ended.wait(seconds)
        return self.state

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:  # noqa: ARG002
        """A bar: the job is the `Progress` of its own work."""
        self.description, self.progress = description, None if total is None else 0.0
        yield _Bar(self, total)

    def run(self, work: Work) -> None:
        """Do the work in this thread."""
        try:
            self._check()
            self.state = "running"
            self.result = work(self, self.cancelled)
            self.progress, self.state = 1.0, "done"
        except Cancelled:
            self.state = "cancelled"
        except RegtrackError as error:
            self.error, self.state = str(error), "failed"
        except Exception:
            _log.exception("job %s", self.key)
            self.error = "an error within regtrack; its log says more"
            self.state = "failed"
        finally:
            self._ended.set()

    def _check(self) -> None:
        if self.cancelled():
            raise Cancelled


class _Bar:
    """Counts a task of a job, and ends the work where the job was cancelled."""

    def __init__(self, job: Job, total: float | None) -> None:
        self._job = job
        self._total = total
        self._done = 0.0

    def advance(self, amount: float = 1, note: str | None = None) -> None:  # noqa: ARG002
        if self._job.cancelled():
            raise Cancelled
        self._done += amount
        if self._total:
            self._job.progress = min(self._done / self._total, 1.0)


class Jobs:
    """Runs jobs, a few at a time, each key at most once; safe to use from several threads.

    Args:
        workers: how many run at once.
    """

    def __init__(self, workers: int = 2) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._room = threading.Semaphore(workers)

    def submit(self, key: str, work: Work) -> Job:
        """Start work, or find the job that does or did it.

        A job that failed or was cancelled is done again.

        Args:
            key: what the work is known by: equal keys mean equal work.
            work: called with a `Progress` and a function that says whether it was cancelled; it may
                raise `Cancelled`, and every step of the progress does so by itself.

        Raises:
            RegtrackError: too many jobs wait already.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job and (job.state == "done" or not (job.ended or job.cancelled())):
                return job
            self._make_room()
            self._jobs.pop(key, None)
            job = self._jobs[key] = Job(key)
        # daemons: a server that is told to stop does not wait for them
        threading.Thread(target=self._run, args=(job, work), daemon=True).start()
        return job

    def get(self, key: str) -> Job | None:
        """The job of a key, if there is one."""
        with self._lock:
            return self._jobs.get(key)

    def close(self) -> None:
        """Cancel everything."""
        with self._lock:
            for job in self._jobs.values():
                job.cancel()

    def _run(self, job: Job, work: Work) -> None:
        with self._room:
            job.run(work)

    def _make_room(self) -> None:
        ended = [key for key, job in self._jobs.items() if job.ended]
        if len(self._jobs) - len(ended) >= _MOST_UNENDED:
            raise RegtrackError(
                f"{_MOST_UNENDED} computations wait already; cancel one, or try again later"
            )
        for key in ended[: max(len(ended) - _REMEMBERED + 1, 0)]:
            del self._jobs[key]
