"""Work that takes longer than a request: run by a few threads, watched and cancelled by key."""

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

# ended jobs kept with their results; and unended jobs, beyond which no more are accepted
_REMEMBERED = 32
_MOST_UNENDED = 64


class Cancelled(Exception):  # noqa: N818
    """Raised within a cancelled job to end it."""


class Job:
    """One piece of work; any thread may read its attributes at any time.

    Attributes:
        key: identifies it.
        state: `waiting`, `running`, `done`, `failed` or `cancelled`.
        description: what it is doing now.
        progress: fraction of that, 0 to 1; None if unknown.
        result: what the work returned, once it is `done`.
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
        """Whether the job has ended."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """Ask the work to end at its next step. A job that has ended stays as it is."""
        self._cancel.set()

    def cancelled(self) -> bool:
        """Whether the job was cancelled."""
        return self._cancel.is_set()

    def wait(self, seconds: float | None = None) -> State:
        """The state, once the job has ended or after this many seconds."""
        self._ended.wait(seconds)
        return self.state

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:  # noqa: ARG002
        """A progress bar: a job is the `Progress` of its own work."""
        self.description, self.progress = description, None if total is None else 0.0
        yield _Bar(self, total)

    def run(self, work: Work) -> None:
        """Run the work in this thread."""
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
            self.error = "an error within regtrack; see its log"
            self.state = "failed"
        finally:
            self._ended.set()

    def _check(self) -> None:
        if self.cancelled():
            raise Cancelled


class _Bar:
    """Counts a task of a job, and ends the work if the job is cancelled."""

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
    """Runs jobs, a few at a time, each key at most once; thread-safe.

    Args:
        workers: number of jobs that run at once.
    """

    def __init__(self, workers: int = 2) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._room = threading.Semaphore(workers)

    def submit(self, key: str, work: Work) -> Job:
        """Start work, or return the job that does or did it.

        A job that failed or was cancelled is started again.

        Args:
            key: identifies the work: equal keys mean equal work.
            work: called with a `Progress` and a function that tells whether it was cancelled. It
                may
                raise `Cancelled`; every step of the progress raises it by itself.

        Raises:
            RegtrackError: too many jobs are waiting.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job and (job.state == "done" or not (job.ended or job.cancelled())):
                return job
            self._make_room()
            self._jobs.pop(key, None)
            job = self._jobs[key] = Job(key)
        # daemon threads: a server that is told to stop does not wait for them
        threading.Thread(target=self._run, args=(job, work), daemon=True).start()
        return job

    def get(self, key: str) -> Job | None:
        """The job with this key, if there is one."""
        with self._lock:
            return self._jobs.get(key)

    def close(self) -> None:
        """Cancel all jobs."""
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
                f"{_MOST_UNENDED} computations are waiting already; cancel one, or try again later"
            )
        for key in ended[: max(len(ended) - _REMEMBERED + 1, 0)]:
            del self._jobs[key]


def progress_text(job: Job) -> str:
    """The state of a job in words."""
    if job.state == "failed":
        return job.error or "It failed."
    if job.state == "cancelled" or job.cancelled():
        return "Cancelled."
    share = "" if job.progress is None else f" {job.progress:.0%}".replace("%", " %")
    begun = "starting" if job.state == "running" else "waiting"
    return f"{job.description or begun}{share} …"
