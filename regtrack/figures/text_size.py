"""How wide texts are in print, so that margins and lanes fit them."""

from __future__ import annotations

from functools import lru_cache

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

_POINT = 25.4 / 72  # mm


def text_width(text: str, size: float, *, bold: bool = False, italic: bool = False) -> float:
    """The width of a text of `size` points in the font of figures, mm.

    To be called within `regtrack.figures.style.style`.
    """
    families = tuple(mpl.rcParams["font.sans-serif"])
    return _width(text, size, families, bold=bold, italic=italic) if text else 0.0


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """A text that fits into `room` mm: its middle is left out if it is wider.

    Names of markers often differ at their ends.
    """
    if text_width(text, size, bold=bold) <= room:
        return text
    for kept in range(len(text) - 1, 1, -1):
        head = -(-kept // 2)
        shorter = f"{text[:head]}…{text[len(text) - (kept - head) :]}"
        if text_width(shorter, size, bold=bold) <= room:
            return shorter
    return text[:1]


@lru_cache(maxsize=4096)
def _width(
    text: str, size: float, _families: tuple[str, ...], *, bold: bool, italic: bool
) -> float:
    # the families are what "sans-serif" stands for; part of the key of the cache
    font = FontProperties(
        family="sans-serif",
        size=size,
        weight="bold" if bold else "normal",
        style="italic" if italic else "normal",
    )
    wide, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(wide) * _POINT
