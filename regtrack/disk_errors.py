"""Errors of the operating system in one line that says why an output cannot be written."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regtrack.errors import OutputError
from regtrack.partial_names import work_folder

_WRITING = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}  # never errors of reading
_REASONS = {
    errno.ENOSPC: "the disk is full; free some space or choose another output",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another output",
    errno.EFBIG: "File too large; raise the limit (ulimit -f) or choose another output",
    errno.EACCES: "no permission to write there; choose another output",
    errno.EPERM: "writing there is not permitted; choose another output",
    errno.EEXIST: "a file exists where a folder is needed; choose another output",
    errno.ENOTDIR: "a file exists where a folder is needed; choose another output",
    errno.EISDIR: "a folder exists where a file is needed; move it away",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.EROFS: "the file system is read-only; choose another output",
    errno.ENOENT: "its folder has vanished; run again",
    errno.EIO: "the disk failed (input/output error); choose another output",
    errno.ESTALE: "the network folder is gone; run again when it is back",
}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn errors of the operating system into one line that says why `path` cannot be written.

    Errors that name another file, such as an input, pass unchanged.

    Raises:
        OutputError: the operating system refuses, for example because the disk is full.
    """
    try:
        yield
    except OSError as error:
        message = _REASONS.get(error.errno or 0, error.strerror)
        if message is None or not (error.errno in _WRITING or _concerns(error.filename, path)):
            raise
        raise OutputError(f"cannot write {path}: {message}") from error


def resolved(path: Path) -> Path:
    """A path with its links followed."""
    return Path(os.path.realpath(path))  # Path.resolve fails on circular links


def _concerns(named: object, path: Path) -> bool:
    """Whether a file that an error names is `path`, in it, beside it for a moment, or above it."""
    if not isinstance(named, str | bytes | os.PathLike):
        return True  # an error of writing, which names no file
    given = Path(os.fsdecode(named))
    for file, out in ((given.absolute(), path.absolute()), (resolved(given), resolved(path))):
        if out.is_relative_to(file):
            return True
        if file.is_relative_to(out.parent):
            first = file.relative_to(out.parent).parts[0]
            if first in {out.name, work_folder(out).name} or first.startswith(f".{out.name}."):
                return True
    return False
