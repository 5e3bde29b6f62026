"""Errors that name a file as the reader knows it.

Results of a comparison are shown to people who have no use for paths of the machine that computed
them, so messages name tracks by label and files by name. The log has the whole paths.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regtrack.errors import RegtrackError

_log = logging.getLogger(__name__)


@contextmanager
def called(path: Path, name: str | None = None) -> Iterator[None]:
    """Replace a path by a name in the errors raised inside; the log has them unchanged.

    Args:
        path: the file or folder, as messages spell it.
        name: what the reader calls it; by default the file's name.

    Raises:
        RegtrackError: what was raised inside, of the same type.
    """
    try:
        yield
    except RegtrackError as error:
        _log.warning("%s", error)
        raise type(error)(str(error).replace(str(path), name or path.name)) from error
