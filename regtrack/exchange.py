"""Put a new folder in the place of an old one, in one step where the system can."""

from __future__ import annotations

import ctypes
import errno
import os
from contextlib import suppress
from pathlib import Path

_HERE = -100  # AT_FDCWD of Linux: paths are relative to the current folder
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux
# what systems and file systems say that cannot exchange names
_CANNOT = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}


def take_place(new: Path, path: Path, aside: Path) -> Path:
    """Rename `new` to `path`, and give the name of the folder that was there.

    On Linux both names are exchanged in one step, so there is no moment without a folder at `path`.
    Elsewhere, and on file systems that cannot (such as NFS), the old folder is first renamed to
    `aside`, from where a later start puts it back after a kill.

    Returns:
        Where the old folder is now; `new` if there was none.

    Raises:
        OSError: a name cannot be changed; the old folder is in its place.
    """
    if not os.path.lexists(path):
        new.rename(path)
        return new
    if _exchange(new, path):
        return new
    path.rename(aside)
    try:
        new.rename(path)
    except BaseException:
        with suppress(OSError):
            aside.rename(path)
        raise
    return aside


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names; False: this system or file system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # not Linux, or an old C library
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), str(other))
