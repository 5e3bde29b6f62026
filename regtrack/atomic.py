"""Publish a file or a folder whole or not at all.

What is written goes under a temporary name beside its destination and is renamed when whole, so
that a reader never sees half an output and an interruption leaves nothing that looks finished.
"""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from regtrack.errors import OutputError


def check_free(path: Path, *, overwrite: bool = False) -> None:
    """Refuse an output that exists, before any work is done for it.

    Raises:
        OutputError: `path` exists and `overwrite` is off.
    """
    with disk_errors(path):
        there = path.exists()
    if there and not overwrite:
        raise OutputError(
            f"{path} exists already; name another output, or pass --overwrite to replace it"
        )


def check_folder_free(path: Path, *, overwrite: bool = False) -> None:
    """As `check_free`, for a folder: an empty one counts as free.

    Raises:
        OutputError: `path` exists, is not empty, and `overwrite` is off.
    """
    with disk_errors(path):
        empty = path.is_dir() and not any(path.iterdir())
    if not empty:
        check_free(path, overwrite=overwrite)


@contextmanager
def publish_file(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary path in the same folder, renamed to `path` if the block succeeds.

    Raises:
        OutputError: `path` exists and `overwrite` is off, the folder cannot be written, or the
            disk is full.
    """
    check_free(path, overwrite=overwrite)
    temporary = beside(path)
    try:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _sync(temporary)
            temporary.replace(path)
            _sync(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def publish_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside `path`, renamed to `path` if the block succeeds.

    An empty folder at `path` counts as free. With `overwrite` the old folder is moved aside first
    and removed only after the new one stands in its place.

    Raises:
        OutputError: as `publish_file`.
    """
    check_folder_free(path, overwrite=overwrite)
    temporary = beside(path)
    try:
        with disk_errors(path):
            temporary.mkdir(parents=True)
            yield temporary
        move_folder(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def move_folder(made: Path, path: Path) -> None:
    """Let a folder that is whole, on the same disk, take the place of whatever is at `path`.

    Raises:
        OutputError: it cannot be written there.
    """
    with disk_errors(path):
        for file in made.rglob("*"):
            _sync(file)
        _swap(made, path)


def _swap(new: Path, path: Path) -> None:
    old = beside(path) if path.exists() else None
    if old is not None:
        path.rename(old)
    new.rename(path)
    _sync(path.parent)
    if old is not None:
        shutil.rmtree(old) if old.is_dir() else old.unlink()


def beside(path: Path) -> Path:
    """A temporary name in the same folder."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Say in one line why `path` cannot be written.

    Raises:
        OutputError: the disk is full or fails, or the folder cannot be written or has vanished.
    """
    try:
        yield
    except OSError as error:
        message = {
            errno.ENOSPC: "the disk is full; free some space or choose another output",
            errno.EDQUOT: "the disk quota is used up; free some space or choose another output",
            errno.EACCES: "no permission to write there; choose another output",
            errno.EPERM: "writing there is not permitted; choose another output",
            errno.EEXIST: "a file stands where a folder is needed; choose another output",
            errno.ENOTDIR: "a file stands where a folder is needed; choose another output",
            errno.EISDIR: "a folder stands where a file is needed; move it away",
            errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
            errno.EROFS: "the file system is read-only; choose another output",
            errno.ENOENT: "its folder has vanished; run again",
            errno.EIO: "the disk fails (input/output error); choose another output",
            errno.ESTALE: "the network folder has gone; run again when it is back",
        }.get(error.errno or 0)
        if message is None:
            raise
        raise OutputError(f"cannot write {path}: {message}") from error
