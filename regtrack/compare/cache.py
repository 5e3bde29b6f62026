"""A cache of computed arrays, next to the sweep that they belong to."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.atomic import publish_file
from regtrack.errors import OutputError, TrackError
from regtrack.genome.cache import cache_folder

_log = logging.getLogger(__name__)

Arrays = dict[str, npt.NDArray[Any]]

FOLDER = ".regtrack-cache"
# part of every key: increased when a computation or its storage changes
_VERSION = 2
# bytes of one cache; the oldest files are removed first
_ROOM = 512_000_000
_UNPACKED = 8_000_000_000  # bytes of one result; none is nearly as large


def cached(
    folder: Path, question: Sequence[Any], inputs: Sequence[Path], make: Callable[[], Arrays]
) -> Arrays:
    """The result of `make`, computed once per question and inputs.

    It is stored in `.regtrack-cache` in the folder, or in the user's cache if that is not writable.
    A result that cannot be read back is computed again.

    Args:
        folder: the sweep that the result belongs to.
        question: identifies the computation, as JSON-serialisable values.
        inputs: the files that the result depends on, by name, size and time of modification.
        make: computes numeric arrays by name, of any shape and dtype.

    Raises:
        TrackError: an input does not exist.
    """
    name = f"{_digest(question, inputs)}.npz"
    places = [folder / FOLDER, cache_folder() / "comparison"]
    for place in places:
        found = _load(place / name)
        if found is not None:
            return found
    arrays = make()
    for place in places:
        with suppress(OutputError, OSError):
            _store(place / name, arrays)
            break
    return arrays


def _digest(question: Sequence[Any], inputs: Sequence[Path]) -> str:
    try:
        stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in inputs]
    except OSError as error:
        _log.warning("%s can no longer be read", error.filename)
        name = Path(error.filename).name
        raise TrackError(f"{name} can no longer be read; restore it") from error
    text = json.dumps([_VERSION, list(question), stats])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _load(path: Path) -> Arrays | None:
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as parts:
            if sum(part.file_size for part in parts.infolist()) > _UNPACKED:
                raise ValueError("it would unpack to too much")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except Exception as error:  # a damaged zip, or a header that lies, fails in any way
        _log.warning("%s cannot be read (%s): computing it again", path, error)
        return None


def _store(path: Path, arrays: Arrays) -> None:
    with publish_file(path, overwrite=True) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    _make_room(path)


def _make_room(newest: Path) -> None:
    files = sorted(
        (path for path in newest.parent.glob("*.npz") if path != newest),
        key=lambda path: path.stat().st_mtime_ns,
        reverse=True,
    )
    room = _ROOM - newest.stat().st_size
    for path in files:
        room -= path.stat().st_size
        if room < 0:
            path.unlink(missing_ok=True)
