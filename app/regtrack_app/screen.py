"""What the browser says of itself: it belongs to a reader, so links do not hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regtrack_app.theme import THEMES

_LOWEST, _HIGHEST = 200, 4_000  # pixels


@dataclass(frozen=True)
class Screen:
    """A reader's browser.

    Attributes:
        theme: light or dark.
        height: of the window (pixels); None: unknown.
    """

    theme: str = "light"
    height: int | None = None


def screen_of(data: Mapping[str, Any] | None) -> Screen:
    """The screen from what the page sent; whatever is missing or unknown has its default.

    >>> screen_of({"theme": "dark", "height": 900.5}), screen_of({"theme": "pink"})
    (Screen(theme='dark', height=900), Screen(theme='light', height=None))
    """
    data = data or {}
    theme, height = data.get("theme"), data.get("height")
    if not isinstance(height, int | float) or not _LOWEST <= height <= _HIGHEST:
        height = None
    return Screen(
        theme if isinstance(theme, str) and theme in THEMES else "light",
        None if height is None else int(height),
    )
