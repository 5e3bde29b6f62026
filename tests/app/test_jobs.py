"""Jobs: their states, their progress, and that each is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from regtrack_app.jobs import Job, Jobs

from regtrack.errors import RegtrackError
from regtrack.progress import Progress

PATIENCE = 20  # seconds, far more than anything here takes


class Gate:
    """Work that continues when it is told to."""

    def __init__(self) -> None:
        self.begun, self.open, self.runs = threading.Event(), threading.Event(), 0

    def __call__(self, progress: Progress, cancelled: Callable[[], bool]) -> int:
        self.runs += 1
        with progress.task("counting", 4, "windows") as task:
            task.advance(1)
            self.begun.set()
            assert self.open.wait(PATIENCE)
            task.advance(1)
        return 7


def test_a_job_runs_once_and_tells_its_progress() -> None:
    jobs, gate = Jobs(), Gate()
    job = jobs.submit("a", gate)
    assert gate.begun.wait(PATIENCE)
    assert (job.state, job.progress, job.description) == ("running", 0.25, "counting")
    assert jobs.submit("a", gate) is job
    gate.open.set()
    assert job.wait(PATIENCE) == "done"
    assert (job.result, job.progress, job.error) == (7, 1.0, None)
    assert jobs.submit("a", gate) is job is jobs.get("a")
    assert gate.runs == 1


def test_a_cancelled_job_ends_at_its_next_step_and_may_be_done_again() -> None:
    jobs, gate = Jobs(), Gate()
    job = jobs.submit("a", gate)
    assert gate.begun.wait(PATIENCE)
    job.cancel()
    gate.open.set()
    assert job.wait(PATIENCE) == "cancelled"
    again = jobs.submit("a", gate)
    assert again.wait(PATIENCE) == "done"
    assert gate.runs == 2


def test_only_so_many_run_at_once_and_a_waiting_one_can_be_cancelled() -> None:
    jobs, first, second = Jobs(workers=1), Gate(), Gate()
    running = jobs.submit("first", first)
    assert first.begun.wait(PATIENCE)
    waiting = jobs.submit("second", second)
    assert waiting.wait(0.05) == "waiting"
    waiting.cancel()
    first.open.set()
    assert running.wait(PATIENCE) == "done"
    assert waiting.wait(PATIENCE) == "cancelled"
    assert second.runs == 0


def test_a_mistake_of_the_user_is_told_and_one_of_ours_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def mistake(progress: Progress, cancelled: Callable[[], bool]) -> None:
        raise RegtrackError("no such marker")

    def fault(progress: Progress, cancelled: Callable[[], bool]) -> None:
        raise KeyError("x")

    jobs = Jobs()
    told = jobs.submit("told", mistake)
    assert told.wait(PATIENCE) == "failed"
    assert told.error == "no such marker"
    hidden = jobs.submit("hidden", fault)
    assert hidden.wait(PATIENCE) == "failed"
    assert "within regtrack" in (hidden.error or "")
    assert "KeyError" in caplog.text


def test_old_results_are_forgotten_and_too_many_jobs_refused() -> None:
    jobs = Jobs()
    for number in range(40):
        assert jobs.submit(str(number), lambda *_: None).wait(PATIENCE) == "done"
    assert jobs.get("0") is None
    assert jobs.get("39") is not None
    gate = Gate()
    held: list[Job] = [jobs.submit(f"held {number}", gate) for number in range(64)]
    with pytest.raises(RegtrackError, match="are waiting already"):
        jobs.submit("one more", gate)
    jobs.close()
    gate.open.set()
    assert {job.wait(PATIENCE) for job in held} == {"cancelled"}
