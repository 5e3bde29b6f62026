"""Errors that name files without their paths.

Readers of a comparison have no use for paths on the machine that computed it, so messages name
tracks by label and files by name. The log has the complete paths.
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
    """Replace a path by a name in errors raised inside; the log has them unchanged.

    Args:
        path: the file or folder, as it appears in messages.
        name: the name to show; default: the file's name.

    Raises:
        RegtrackError: what was raised inside, of the same type.
    """
    try:
        yield
    except RegtrackError as error:
        _log.warning("%s", error)
        raise type(error)(str(error).replace(str(path), name or path.name)) from error
