"""A function in a process of its own: its result, its errors, its death and its cancelling."""

from __future__ import annotations

import os
import time

import pytest
from regtrack_app.jobs import Cancelled, Job
from regtrack_app.process import run_process

from regtrack.errors import RegtrackError
from regtrack.progress import Progress


def count(*, to: int, progress: Progress) -> int:
    with progress.task("counting", to, "numbers") as task:
        for _ in range(to):
            task.advance()
    return os.getpid()


def refuse(*, progress: Progress) -> None:
    with progress.task("refusing", 1, "numbers"):
        raise RegtrackError("not that one")


def die(*, progress: Progress) -> None:
    os._exit(3)


def hang(*, progress: Progress) -> None:
    time.sleep(600)


def test_the_result_and_the_progress_come_back() -> None:
    job = Job("a")
    found = run_process(count, {"to": 4}, job, job.cancelled)
    assert found != os.getpid()
    assert (job.description, job.progress) == ("counting", 1.0)


def test_errors_come_back_and_death_is_noticed() -> None:
    job = Job("a")
    with pytest.raises(RegtrackError, match=r"^not that one$"):
        run_process(refuse, {}, job, job.cancelled)
    with pytest.raises(RegtrackError, match=r"died \(exit status 3\)"):
        run_process(die, {}, job, job.cancelled)


def test_cancelling_kills_it() -> None:
    job = Job("a")
    job.cancel()
    with pytest.raises(Cancelled):
        run_process(hang, {}, job, job.cancelled)
