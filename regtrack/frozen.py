"""Frozen values that accept plain input: a string for a path, a single name for several."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def set_field(value: object, name: str, content: Any) -> None:
    """Set a field of a frozen dataclass; only for its `__post_init__`."""
    object.__setattr__(value, name, content)


def take_paths(value: object, *names: str) -> None:
    """Make paths of the fields that hold strings."""
    for name in names:
        if isinstance(content := getattr(value, name), str):
            set_field(value, name, Path(content))


def take_names(value: object, *names: str) -> None:
    """Make tuples of the fields that hold names; a string is one name, not one per letter."""
    for name in names:
        content = getattr(value, name)
        set_field(value, name, (content,) if isinstance(content, str) else tuple(content))
