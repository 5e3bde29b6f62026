"""A lock on a folder: held alone or shared with others, and let go of however the process ends."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import BinaryIO

from regtrack.errors import OutputError

# of file systems that know no locks: there, whoever starts two sweeps at once must know it
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}


def take_lock(path: Path, *, alone: bool) -> BinaryIO | None:
    """The lock of a file, held as long as what is returned is open.

    Args:
        path: the file, which is made where it is not there.
        alone: whether nobody else may hold it.

    Returns:
        The open file; None where it was removed meanwhile, and with it the lock's meaning.

    Raises:
        OutputError: another process holds it.
    """
    file = path.open("a+b")
    try:
        change_lock(file, alone=alone)
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
    except BaseException:
        file.close()
        raise
    file.close()
    return None


def change_lock(file: BinaryIO, *, alone: bool) -> bool:
    """Hold a lock alone from now on, or share it.

    Returns:
        Whether it keeps others out, which it does not on a file system that knows no locks.

    Raises:
        OutputError: another process holds it.
    """
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        folder = Path(file.name).parent
        raise OutputError(
            f"another process is at work in {folder}; wait until it has ended, or stop it"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True
