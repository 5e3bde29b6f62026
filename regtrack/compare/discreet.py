"""Messages without the paths of the server, which are nobody's business but the log's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regtrack.errors import RegtrackError

_log = logging.getLogger(__name__)


@contextmanager
def called(path: Path, name: str | None = None) -> Iterator[None]:
    """Errors of what is done inside name a file by `name`; the log has them as they were.

    Args:
        path: as messages have it.
        name: what a reader calls it; the file's name by default.

    Raises:
        RegtrackError: what was raised inside, of the same kind.
    """
    try:
        yield
    except RegtrackError as error:
        _log.warning("%s", error)
        raise type(error)(str(error).replace(str(path), name or path.name)) from error
