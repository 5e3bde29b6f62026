"""How incomplete output is called: temporary files and folders, and work folders."""

from __future__ import annotations

import uuid
from pathlib import Path

PARTIAL = ".partial"  # the suffix of all their names
_DIGITS = frozenset("0123456789abcdef")


def work_folder(out: Path) -> Path:
    """The folder for the intermediate files of an output that is made in steps.

    >>> str(work_folder(Path("runs/tracks")))
    'runs/tracks.partial'
    """
    return out.with_name(out.name + PARTIAL)


def aside_of(path: Path) -> Path:
    """Where an old folder waits, for a moment, while a new one takes its place."""
    return path.with_name(f".{path.name}.old{PARTIAL}")


def temporary_path(path: Path) -> Path:
    """A temporary path in the same folder."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")


def is_temporary(name: str, path: Path) -> bool:
    """Whether a name is one that `temporary_path` gives for a path.

    >>> is_temporary(".tracks.0f9a1b2c.partial", Path("runs/tracks"))
    True
    >>> is_temporary(".tracks.old.partial", Path("runs/tracks"))
    False
    """
    before = f".{path.name}."
    if not (name.startswith(before) and name.endswith(PARTIAL)):
        return False
    middle = name[len(before) : -len(PARTIAL)]
    return len(middle) == 8 and set(middle) <= _DIGITS
