"""A lock on a folder, exclusive or shared, which is released however the process ends."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import BinaryIO

from regtrack.errors import OutputError

# errors of file systems without locks, where users must not run two sweeps at once themselves
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}


def take_lock(path: Path, *, exclusive: bool) -> BinaryIO | None:
    """Lock a file for as long as the returned file is open.

    Args:
        path: the file; created if it does not exist.
        exclusive: take an exclusive lock instead of a shared one.

    Returns:
        The open file; None: it was removed meanwhile, so the lock protects nothing.

    Raises:
        OutputError: another process holds it.
    """
    file = path.open("a+b")
    try:
        change_lock(file, exclusive=exclusive)
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
    except BaseException:
        file.close()
        raise
    file.close()
    return None


def change_lock(file: BinaryIO, *, exclusive: bool) -> bool:
    """Make a lock exclusive or shared.

    Returns:
        Whether the lock works; it does not on a file system without locks.

    Raises:
        OutputError: another process holds it.
    """
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        folder = Path(file.name).parent
        raise OutputError(
            f"another process uses {folder}; wait until it ends, or stop it"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True
