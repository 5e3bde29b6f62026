"""Where output may be written: what stands in its way is refused before any work is done."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from regtrack.disk_errors import disk_errors, resolved
from regtrack.errors import OutputError, quoted
from regtrack.owned import foreign, is_own
from regtrack.partial_names import temporary_path

PathLike = str | Path
_MOUNTS = Path("/proc/self/mountinfo")


def check_free(
    path: Path, *, inputs: Iterable[PathLike | None] = (), overwrite: bool = False
) -> None:
    """Refuse an output that exists or cannot be written, before any work is done.

    Args:
        path: the file or folder to write.
        inputs: files and folders that are read, of which it may replace none.
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
    inputs: Iterable[PathLike | None] = (),
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


def _check_place(path: Path, place: Path, inputs: Iterable[PathLike | None]) -> None:
    real = resolved(place)
    if Path.cwd().is_relative_to(real):
        raise OutputError(f"{path} is the current folder; name a folder to create")
    if os.path.ismount(real) or str(real) in _bound():
        raise OutputError(
            f"{path} is a mount point, which cannot be replaced; name a folder inside it"
        )
    _check_inputs(path, real, inputs)


def _check_inputs(path: Path, real: Path, inputs: Iterable[PathLike | None]) -> None:
    """Refuse an output at `real` that is an input, holds one, or is a part of one.

    Files of others, such as figures, may lie in a folder that is read.
    """
    for given in (Path(one) for one in inputs if one is not None):
        # an input that is a link is in its own folder as well as in that of its target
        for file in (resolved(given), resolved(given.parent) / given.name):
            if file.is_relative_to(real):
                verb = "is" if file == real else "holds"
                raise OutputError(f"{path} {verb} {given}, an input; choose another output")
        if is_own(resolved(given), real):
            raise OutputError(f"{path} is part of {given}, an input; choose another output")


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
