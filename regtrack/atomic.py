"""Publish a file or a folder whole or not at all.

What is written goes under a temporary name beside its destination and is renamed when whole, so
that a reader never sees half an output and an interruption leaves nothing that looks finished.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from regtrack.errors import OutputError

_PathLike = str | Path
_MOUNTS = Path("/proc/self/mountinfo")
# what comes behind the name of what is not whole: a temporary file or folder, a sweep's work folder
PARTIAL = ".partial"


def check_free(path: Path, *, overwrite: bool = False) -> None:
    """Refuse an output that exists or cannot be written, before any work is done for it.

    Raises:
        OutputError: `path` exists and `overwrite` is off, its name is too long, or its folder
            cannot be written.
    """
    with disk_errors(path):
        there = os.path.lexists(path)
    if there and not overwrite:
        raise OutputError(
            f"{path} exists already; name another output, or pass `overwrite=True` to replace it"
        )
    check_name(path)
    with disk_errors(path), tempfile.TemporaryFile(dir=_standing(path)):
        pass


def check_folder_free(
    path: Path, *, mark: str, inputs: Iterable[_PathLike | None] = (), overwrite: bool = False
) -> Path:
    """As `check_free`, for a folder: an empty one counts as free.

    With `overwrite` an output of an earlier run may be replaced, and nothing else.

    Args:
        path: the folder to make.
        mark: the file by which a folder is known for such an output.
        inputs: files and folders that are read, which no output replaces.
        overwrite: replace an earlier output.

    Returns:
        Where to make it: `path`, or where it leads if it is a link.

    Raises:
        OutputError: as `check_free`; or `path` leads nowhere, is a mount point or the folder that
            this process is in, holds inputs, or is no such output.
    """
    with disk_errors(path):
        place = real_place(path)
        _check_place(path, place, inputs)
        empty = place.is_dir() and not any(place.iterdir())
        ours = (place / mark).is_file()
        other = f"holds other things, without a {mark}" if place.is_dir() else "is a file"
    if os.path.lexists(place) and not empty and not ours:
        raise OutputError(f"{path} exists already and {other}; move it away or name another output")
    check_free(place, overwrite=overwrite or empty)
    return place


def real_place(path: Path) -> Path:
    """Where a folder is: a link is followed, as it cannot be replaced itself; else as it is named.

    Raises:
        OutputError: a link that leads nowhere.
    """
    if not path.is_symlink():
        return path if path.name not in {"", ".."} else _real(path)
    if not path.exists():
        raise OutputError(
            f"{path} is a link to {path.readlink()}, which is not there; make that folder or name "
            "another output"
        )
    return _real(path)


def check_name(path: Path, advice: str = "choose a shorter one") -> None:
    """Refuse a name that the file system cannot hold while it is a temporary one.

    Args:
        path: what is to be written.
        advice: what to do then.

    Raises:
        OutputError: it is too long.
    """
    with disk_errors(path):
        limit = os.pathconf(_standing(path), "PC_NAME_MAX")
    size, needed = (len(os.fsencode(one.name)) for one in (path, beside(path)))
    if needed > limit:
        raise OutputError(
            f"cannot write {path}: the name is too long ({size} bytes, at most "
            f"{limit - (needed - size)} there); {advice}"
        )


def _check_place(path: Path, place: Path, inputs: Iterable[_PathLike | None]) -> None:
    real = _real(place)
    if Path.cwd().is_relative_to(real):
        raise OutputError(f"{path} is the folder you are in; name one that is to be made")
    if os.path.ismount(real) or str(real) in _bound():
        raise OutputError(
            f"{path} is a mount point, whose place nothing can take; name a folder inside it"
        )
    for given in (Path(one) for one in inputs if one is not None):
        # a link that is an input lies in its folder as well as where it leads
        for file in (_real(given), _real(given.parent) / given.name):
            if file.is_relative_to(real):
                verb = "is" if file == real else "holds"
                raise OutputError(f"{path} {verb} {given}, which is read; name another output")


def _bound() -> set[str]:
    """Where something is mounted, a folder of the same disk too, which os.path.ismount overlooks.

    As Linux tells it: the fifth field of each line, spaces and the like as octal numbers.
    """
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return set()
    places = (line.split()[4].decode("unicode_escape").encode("latin-1") for line in lines)
    return {os.fsdecode(place) for place in places}


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # Path.resolve takes offence at links in a circle


def _standing(path: Path) -> Path:
    """The folder above that is there: what is missing below is made in it."""
    return next(parent for parent in path.absolute().parents if os.path.lexists(parent))


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
def publish_folder(
    path: Path, *, mark: str, inputs: Iterable[_PathLike | None] = (), overwrite: bool = False
) -> Iterator[Path]:
    """Yield a temporary folder beside `path`, renamed to `path` if the block succeeds.

    With `overwrite` the old folder is moved aside first and removed only after the new one stands
    in its place. Arguments are those of `check_folder_free`.

    Raises:
        OutputError: as `check_folder_free`, at the start and again at the end; or the disk is full.
    """
    inputs = tuple(inputs)
    place = check_folder_free(path, mark=mark, inputs=inputs, overwrite=overwrite)
    temporary = beside(place)
    try:
        with disk_errors(path):
            temporary.mkdir(parents=True)
            yield temporary
        check_folder_free(path, mark=mark, inputs=inputs, overwrite=overwrite)
        move_folder(temporary, place)
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
    try:
        new.rename(path)
    except OSError:
        if old is not None:
            old.rename(path)
        raise
    _sync(path.parent)
    if old is not None:
        shutil.rmtree(old)


def work_folder(out: Path) -> Path:
    """Where the work for an output is done that is made in steps, until it stands whole.

    >>> str(work_folder(Path("runs/tracks")))
    'runs/tracks.partial'
    """
    return out.with_name(out.name + PARTIAL)


def beside(path: Path) -> Path:
    """A temporary name in the same folder."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")


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
        OutputError: whatever the operating system refuses, as where the disk is full.
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
        }.get(error.errno or 0, error.strerror)
        if message is None:  # not of the operating system
            raise
        raise OutputError(f"cannot write {path}: {message}") from error
