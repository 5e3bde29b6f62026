"""A function in a process of its own: its result, its errors, its death and its cancelling."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from regtrack_app.jobs import Cancelled, Job
from regtrack_app.process import Workers, run_process

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


@pytest.fixture
def workers() -> Iterator[Workers]:
    found = Workers()
    yield found
    found.close()


def test_a_worker_stays_for_what_it_keeps_in_memory(workers: Workers) -> None:
    job = Job("a")

    def worked(key: str) -> int:
        found: int = workers.run(key, count, {"to": 1}, job, job.cancelled)
        return found

    first = worked("one")
    assert worked("one") == first
    with pytest.raises(RegtrackError, match=r"^not that one$"):
        workers.run("one", refuse, {}, job, job.cancelled)
    assert worked("two") == first  # the function's own error does not end it
    with pytest.raises(RegtrackError, match=r"died \(exit status 3\)"):
        workers.run("one", die, {}, job, job.cancelled)
    assert worked("one") != first


def test_a_cancelled_worker_is_killed(workers: Workers) -> None:
    job = Job("a")
    first = workers.run("one", count, {"to": 1}, job, job.cancelled)
    cancelled = Job("b")
    cancelled.cancel()
    with pytest.raises(Cancelled):
        workers.run("one", hang, {}, cancelled, cancelled.cancelled)
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_cancelling_kills_it() -> None:
    job = Job("a")
    job.cancel()
    with pytest.raises(Cancelled):
        run_process(hang, {}, job, job.cancelled)


def tell_and_hang(*, file: str, progress: Progress) -> None:
    Path(file).write_text(str(os.getpid()))
    time.sleep(600)


def test_it_dies_with_its_parent_however_that_ends(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    code = (
        "from regtrack_app.jobs import Job; from regtrack_app.process import Workers, run_process;"
        "from tests.app.test_process import tell_and_hang; job = Job('a');"
        f"run_process(tell_and_hang, {{'file': {str(file)!r}}}, job, job.cancelled)"
    )
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), str(root / "app"), str(root / "tests" / "readers")])
    parent = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path})
    while not (file.exists() and file.read_text()):
        assert parent.poll() is None
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    child = int(file.read_text())
    for _ in range(1_000):
        if not _runs(child):
            return
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    pytest.fail("it survived its parent")


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # ended, and nobody has asked how
