"""Publish files and folders: each is created only on success.

Output is written under a temporary name next to its destination, then renamed. So a reader never
sees half an output, and an interruption leaves nothing that looks finished.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from regtrack.disk_errors import disk_errors, resolved
from regtrack.errors import OutputError, quoted
from regtrack.exchange import take_place
from regtrack.lock import Lock
from regtrack.owned import foreign
from regtrack.partial_names import PARTIAL, aside_of, is_temporary, temporary_path

_log = logging.getLogger(__name__)

_PathLike = str | Path
_MOUNTS = Path("/proc/self/mountinfo")
_reserved: ContextVar[frozenset[Path]] = ContextVar("reserved", default=frozenset())


def check_free(
    path: Path, *, inputs: Iterable[_PathLike | None] = (), overwrite: bool = False
) -> None:
    """Refuse an output that exists or cannot be written, before any work is done.

    Args:
        path: the file or folder to write.
        inputs: files that are read, which it may not replace.
        overwrite: whether it may exist.

    Raises:
        OutputError: `path` exists and `overwrite` is off, or is an input, its name is too long, or
            its folder is not writable.
    """
    with disk_errors(path):
        there = os.path.lexists(path)
        if there:
            _check_inputs(path, resolved(path), inputs)
    if there and not overwrite:
        raise OutputError(
            f"{path} exists already; choose another output, or pass `overwrite=True` to replace it"
        )
    check_name(path)
    with disk_errors(path):
        _try_writing(_standing(path))


def _try_writing(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:  # its name would mean nothing to the user
        raise OSError(error.errno, error.strerror) from error


def check_folder_free(
    path: Path,
    *,
    mark: str,
    inputs: Iterable[_PathLike | None] = (),
    overwrite: bool = False,
    keeps: bool = False,
) -> Path:
    """Like `check_free`, for a folder; an empty folder counts as free.

    With `overwrite`, the output of an earlier run may be replaced, but nothing else.

    Args:
        path: folder to write.
        mark: the file that identifies a folder as such an output.
        inputs: files and folders that are read, which no output may replace.
        overwrite: replace an earlier output.
        keeps: whether the caller keeps what else lies in the folder.

    Returns:
        The folder to write: `path`, or its target if it is a link.

    Raises:
        OutputError: see `check_free`; or `path` is a dangling link, a mount point or the current
            folder, contains inputs, is not such an output, or holds more than that.
    """
    with disk_errors(path):
        place = real_place(path)
        _check_place(path, place, inputs)
        empty = place.is_dir() and not any(place.iterdir())
        ours = (place / mark).is_file()
        others = foreign(place, mark) if ours and overwrite and not keeps else []
        other = f"holds other files, and no {mark}" if place.is_dir() else "is a file"
    if os.path.lexists(place) and not empty and not ours:
        raise OutputError(
            f"{path} exists already and {other}; move it away or choose another output"
        )
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise OutputError(
            f"{path} holds {quoted(others[0])}{more}, not written with {mark}; move it away or "
            "choose another output"
        )
    check_free(place, overwrite=overwrite or empty)
    return place


def real_place(path: Path) -> Path:
    """The folder that a link leads to, since a link itself cannot be replaced; otherwise `path`.

    Raises:
        OutputError: a dangling link.
    """
    if not path.is_symlink():
        return path if path.name not in {"", ".."} else resolved(path)
    if not path.exists():
        raise OutputError(
            f"{path} is a link to {path.readlink()}, which does not exist; create that folder or "
            "choose another output"
        )
    return resolved(path)


def check_name(path: Path, advice: str = "choose a shorter one") -> None:
    """Refuse a name that would be too long for the file system as a temporary name.

    Args:
        path: the file or folder to write.
        advice: what to do about it.

    Raises:
        OutputError: the name is too long.
    """
    with disk_errors(path):
        limit = os.pathconf(_standing(path), "PC_NAME_MAX")
    size, needed = (len(os.fsencode(one.name)) for one in (path, temporary_path(path)))
    if needed > limit:
        raise OutputError(
            f"cannot write {path}: the name is too long ({size} bytes; at most "
            f"{limit - (needed - size)} are possible there); {advice}"
        )


def _check_place(path: Path, place: Path, inputs: Iterable[_PathLike | None]) -> None:
    real = resolved(place)
    if Path.cwd().is_relative_to(real):
        raise OutputError(f"{path} is the current folder; name a folder to create")
    if os.path.ismount(real) or str(real) in _bound():
        raise OutputError(
            f"{path} is a mount point, which cannot be replaced; name a folder inside it"
        )
    _check_inputs(path, real, inputs)


def _check_inputs(path: Path, real: Path, inputs: Iterable[_PathLike | None]) -> None:
    """Refuse an output, a file or folder at `real`, that is an input or holds one."""
    for given in (Path(one) for one in inputs if one is not None):
        # an input that is a link is in its own folder as well as in that of its target
        for file in (resolved(given), resolved(given.parent) / given.name):
            if file.is_relative_to(real):
                verb = "is" if file == real else "holds"
                raise OutputError(f"{path} {verb} {given}, an input; choose another output")


def _bound() -> set[str]:
    """All mount points, including those of folders of the same disk, which os.path.ismount misses.

    On Linux: the fifth field of each line, with spaces and the like as octal numbers.
    """
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return set()
    places = (line.split()[4].decode("unicode_escape").encode("latin-1") for line in lines)
    return {os.fsdecode(place) for place in places}


def _standing(path: Path) -> Path:
    """The nearest existing parent folder, in which the missing ones are created."""
    return next(parent for parent in path.absolute().parents if os.path.lexists(parent))


@contextmanager
def hold(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Be the only writer of an output meanwhile, and remove what killed writers of it left.

    The lock is a file next to the output, so it ends with its process, also across machines.

    Args:
        path: the file or folder to write; its parent folders are created, and removed again if
            nothing was written there.
        wait: wait for another writer instead of raising.

    Raises:
        OutputError: another process writes it, or its folder cannot be written.
    """
    if path in _reserved.get():
        yield
        return
    missing = [parent for parent in path.parents if not os.path.lexists(parent)]
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(path, wait=wait)
        while not lock.stands:  # its holder removed it when it ended
            lock.close()
            lock = _lock(path, wait=wait)
    with lock:
        try:
            if lock.works:
                collect(path)
            yield
        finally:
            lock.remove()
            with suppress(OSError):
                for parent in missing:
                    parent.rmdir()


@contextmanager
def reserve(
    paths: Iterable[Path], *, inputs: Iterable[_PathLike | None] = (), overwrite: bool = False
) -> Iterator[None]:
    """Be the only writer of files from before they are computed until this thread published them.

    Args:
        paths: the files, by the names with which they will be published.
        inputs: files that are read, which they may not replace.
        overwrite: whether they may exist.

    Raises:
        OutputError: one exists and `overwrite` is off, one is an input, another process writes
            one, or one cannot be written.
    """
    files, inputs = frozenset(paths), tuple(inputs)
    with ExitStack() as held:
        for path in sorted(files):
            check_free(path, inputs=inputs, overwrite=overwrite)
            held.enter_context(hold(path))
            check_free(path, overwrite=overwrite)  # another process may have just published it
        before = _reserved.set(_reserved.get() | files)
        held.callback(_reserved.reset, before)
        yield


def _lock(path: Path, *, wait: bool) -> Lock:
    return Lock(path.with_name(f".{path.name}.lock{PARTIAL}"), path, exclusive=True, wait=wait)


def collect(path: Path) -> None:
    """Remove the temporary files and folders of killed writers of an output.

    Only for the holder of its lock. A folder that was moved aside for a new one that never came is
    put back.
    """
    aside = aside_of(path)
    with suppress(OSError):
        if not os.path.lexists(path):
            aside.rename(path)
            _log.warning("%s was moved aside by a process that was killed: it is back", path)
    names: list[str] = []
    with suppress(OSError), os.scandir(path.parent) as entries:
        names = [entry.name for entry in entries if is_temporary(entry.name, path)]
    for left in (aside, *(path.with_name(name) for name in names)):
        remove(left)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there and can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


@contextmanager
def publish_file(
    path: Path,
    *,
    inputs: Iterable[_PathLike | None] = (),
    overwrite: bool = False,
    wait: bool = False,
    one_of_many: bool = False,
) -> Iterator[Path]:
    """Yield a temporary path in the same folder, renamed to `path` if the block succeeds.

    Args:
        path: the file to write.
        inputs: files that are read, which it may not replace.
        overwrite: replace a file that exists.
        wait: wait for another process that writes the same file instead of raising.
        one_of_many: the caller alone writes in the folder, which is new, and will publish another
            file there. So no lock is taken and nothing is looked for, and the name survives a power
            failure when that of the other file does.

    Raises:
        OutputError: `path` exists and `overwrite` is off, at the start or at the end; it is an
            input; another
            process writes it; the folder cannot be written, or the disk is full.
    """
    temporary = temporary_path(path)
    if one_of_many:
        with _renamed(temporary, path):
            yield temporary
        return
    check_free(path, inputs=inputs, overwrite=overwrite)
    with hold(path, wait=wait):
        with _renamed(temporary, path):
            yield temporary
            check_free(path, overwrite=overwrite)
        with disk_errors(path):
            _sync(path.parent)


@contextmanager
def _renamed(temporary: Path, path: Path) -> Iterator[None]:
    """Give a file its name if the block, which writes it, succeeds; otherwise remove it."""
    try:
        with disk_errors(path):
            yield
            _sync(temporary)
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def publish_folder(
    path: Path, *, mark: str, inputs: Iterable[_PathLike | None] = (), overwrite: bool = False
) -> Iterator[Path]:
    """Yield a temporary folder next to `path`, renamed to `path` if the block succeeds.

    With `overwrite` the old folder stays until the new one takes its place, in one step where the
    system can. Arguments are those of `check_folder_free`.

    Raises:
        OutputError: see `check_folder_free`, at the start and again at the end; another process
            writes it; or the disk is full.
    """
    inputs = tuple(inputs)
    place = check_folder_free(path, mark=mark, inputs=inputs, overwrite=overwrite)
    temporary = temporary_path(place)
    with hold(place):
        try:
            with disk_errors(path):
                temporary.mkdir()
                yield temporary
            check_folder_free(path, mark=mark, inputs=inputs, overwrite=overwrite)
            remove(replace_folder(temporary, place))
        finally:
            remove(temporary)


def move_folder(made: Path, path: Path) -> None:
    """Move a complete folder, on the same disk, to `path`, replacing whatever is there.

    Raises:
        OutputError: it cannot be written there, or another process writes there.
    """
    with hold(path):
        remove(replace_folder(made, path))


def move_file(made: Path, path: Path) -> None:
    """Move a complete file, on the same disk, to `path`, replacing a file that is there.

    Only for the one writer of `path`.

    Raises:
        OutputError: it cannot be written there.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sync(made)
        made.replace(path)
        _sync(path.parent)


def replace_folder(made: Path, path: Path) -> Path:
    """Like `move_folder`, for the holder of the lock; the old folder is kept.

    Returns:
        Where the old folder is now; `made` if there was none.

    Raises:
        OutputError: it cannot be written there.
    """
    with disk_errors(path):
        for file in (*made.rglob("*"), made):
            _sync(file)
        old = take_place(made, path, aside_of(path))
        _sync(path.parent)
    return old


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
