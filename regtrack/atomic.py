"""Publish files and folders: each is created only on success.

Output is written under a temporary name next to its destination, then renamed. So a reader never
sees half an output, and an interruption leaves nothing that looks finished.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from regtrack.destination import PathLike, check_folder_free, check_free
from regtrack.disk_errors import disk_errors
from regtrack.exchange import take_place
from regtrack.lock import Lock
from regtrack.partial_names import PARTIAL, aside_of, is_temporary, temporary_path

_log = logging.getLogger(__name__)

_reserved: ContextVar[frozenset[Path]] = ContextVar("reserved", default=frozenset())


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
    paths: Iterable[Path], *, inputs: Iterable[PathLike | None] = (), overwrite: bool = False
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
    inputs: Iterable[PathLike | None] = (),
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
            input; another process writes it; the folder cannot be written, or the disk is full.
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
            sync(path.parent)


@contextmanager
def _renamed(temporary: Path, path: Path) -> Iterator[None]:
    """Give a file its name if the block, which writes it, succeeds; otherwise remove it."""
    try:
        with disk_errors(path):
            yield
            sync(temporary)
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def publish_folder(
    path: Path, *, mark: str, inputs: Iterable[PathLike | None] = (), overwrite: bool = False
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
        sync(made)
        made.replace(path)
        sync(path.parent)


def replace_folder(made: Path, path: Path) -> Path:
    """Like `move_folder`, for the holder of the lock; the old folder is kept.

    Returns:
        Where the old folder is now; `made` if there was none.

    Raises:
        OutputError: it cannot be written there.
    """
    with disk_errors(path):
        for file in (*made.rglob("*"), made):
            sync(file)
        old = take_place(made, path, aside_of(path))
        sync(path.parent)
    return old


def sync(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
