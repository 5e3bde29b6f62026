"""Locks on files, exclusive or shared, which are released however their process ends.

The lock is flock's: on a network file system it holds across machines. The file names the processes
that took it, for messages alone.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import platform
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

from regtrack.closing import Closing
from regtrack.errors import OutputError

_log = logging.getLogger(__name__)

# errors of file systems without locks, where users must not run two writers at once themselves
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}


class Lock(Closing):
    """A locked file; a context manager that releases it.

    Args:
        path: the lock's file; created if it does not exist.
        guards: the file or folder that is locked by it, for messages.
        exclusive: take an exclusive lock instead of a shared one.
        wait: wait for other processes instead of raising.

    Attributes:
        works: whether the file system has locks.

    Raises:
        OutputError: another process holds it, and `wait` is off.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path, guards: Path, *, exclusive: bool, wait: bool = False) -> None:
        self._path, self._guards = path, guards
        self._file = path.open("a+b", buffering=0)
        _held.add(self)
        try:
            self.works = self.change(exclusive=exclusive, wait=wait)
        except BaseException:
            self.close()
            raise

    @property
    def stands(self) -> bool:
        """Whether the file is still in its place; if it was removed, the lock guards nothing."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False

    def change(self, *, exclusive: bool, wait: bool = False) -> bool:
        """Make the lock exclusive or shared.

        Returns:
            Whether the lock works; it does not on a file system without locks.

        Raises:
            OutputError: another process holds it, and `wait` is off.
        """
        kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        try:
            self._lock(kind, wait=wait)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return False
        with suppress(OSError):  # on a full disk it stays nameless
            if exclusive:
                self._file.truncate(0)
            self._file.write(f"{os.getpid()} on {platform.node()}\n".encode())
        return True

    def _lock(self, kind: int, *, wait: bool) -> None:
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            busy = f"another process uses {self._guards}{self._holder()}"
            if not wait:
                raise OutputError(f"{busy}; wait until it ends, or stop it") from None
            _log.info("%s; waiting until it ends", busy)
            fcntl.flock(self._file, kind)

    def _holder(self) -> str:
        """The last process in the file that may be alive, as `: 4711 on node17`."""
        self._file.seek(0)
        named = self._file.read(1 << 16).decode(errors="replace").splitlines()
        found = next(filter(_may_live, reversed(named)), "")
        return f": {found}" if found else ""

    def remove(self) -> None:
        """Remove the file, unless a fork has closed it."""
        if not self._file.closed:
            with suppress(OSError):
                self._path.unlink()

    def close(self) -> None:
        """Release the lock."""
        self._file.close()


def _may_live(line: str) -> bool:
    pid, _, host = line.partition(" on ")
    if not pid.isdigit() or host != platform.node():
        return bool(host)
    try:
        os.kill(int(pid), 0)
    except OSError as error:
        return error.errno == errno.EPERM
    return True


_held: WeakSet[Lock] = WeakSet()


def _close_copies() -> None:
    """Close a forked process's copies, which would keep the locks of a parent that was killed."""
    for lock in list(_held):
        lock.close()


os.register_at_fork(after_in_child=_close_copies)
