"""Start a sweep in its work folder, or resume it, while no other process disturbs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from regtrack.atomic import collect
from regtrack.disk_errors import disk_errors
from regtrack.errors import OutputError
from regtrack.lock import Lock
from regtrack.partial_names import temporary_path
from regtrack.sweep.plan_file import write_plan
from regtrack.sweep.work import Work
from regtrack.tracks.sweep_record import SWEEP_FILE

_LOCK = "lock"


@contextmanager
def claimed(work: Work, *, exclusive: bool, overwrite: bool = False) -> Iterator[None]:
    """Start a sweep, or resume one with the same plan, and lock its folder meanwhile.

    Args:
        work: the sweep.
        exclusive: keep all other processes out; else they may share the folder.
        overwrite: remove unfinished work with another plan.

    Raises:
        PlanError: the folder has another plan, and `overwrite` is off.
        OutputError: another process uses the folder, it cannot be written, or it is not a
            sweep's.
    """
    with disk_errors(work.folder):
        while (lock := _take(work, exclusive=exclusive, overwrite=overwrite)) is None:
            pass
    with lock:
        try:
            yield
        except BaseException:
            _remove_if_empty(work, lock)
            raise


def remove(work: Work) -> None:
    """Remove the folder, and temporary folders that killed processes left next to it.

    It is renamed first, so that a killed process leaves either all of it or nothing.
    """
    with suppress(OSError):
        work.folder.rename(temporary_path(work.folder))
    collect(work.folder)


def _take(work: Work, *, exclusive: bool, overwrite: bool) -> Lock | None:
    """The lock of the folder; None: it was removed and has to be created again."""
    _create(work)
    if not (work.folder / SWEEP_FILE).exists():
        raise OutputError(
            f"{work.folder} exists, but is not the work folder of a sweep; move it away"
        )
    (work.folder / "shards").mkdir(exist_ok=True)
    lock = Lock(work.folder / _LOCK, work.folder, exclusive=exclusive)
    try:
        if not lock.stands:
            lock.close()
            return None
        if not work.has_other_plan(overwrite=overwrite):
            return lock
        lock.change(exclusive=True)
        remove(work)
    except BaseException:
        lock.close()
        raise
    lock.close()
    return None


def _create(work: Work) -> None:
    """Create the folder with the plan in it, unless it exists."""
    if work.folder.exists():
        return
    temporary = temporary_path(work.folder)
    try:
        (temporary / "shards").mkdir(parents=True)
        write_plan(temporary, work)
        temporary.rename(work.folder)  # fails if another process was faster
    except OSError:
        if not work.folder.exists():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _remove_if_empty(work: Work, lock: Lock) -> None:
    """Remove the folder if it has no shards and no other process uses it."""
    with suppress(OutputError, OSError):
        # again after the lock: another process may have written one before it was exclusive
        if not _has_shards(work) and lock.change(exclusive=True) and not _has_shards(work):
            remove(work)


def _has_shards(work: Work) -> bool:
    return work.joined.exists() or any(work.folder.glob("shards/*.shard"))
