"""Fonts inside SVGs: the letters that texts use, so that they look the same everywhere.

Texts stay texts, which can be searched and edited. A program that ignores fonts inside SVGs takes
the next of the family, Arial.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import unescape
from typing import Literal

from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.font_manager import FontProperties, findfont

FAMILY = "regtrack-figure"
"""The name of the embedded font."""

_TEXT = re.compile(r'<text style="([^"]*)"[^>]*>([^<]*)</text>')
_NAMED = re.compile(r"font-family: (?='(?:Arial)')")
_BEGIN = re.compile(r'(<style type="text/css">)')

_Slant = Literal["normal", "italic"]
Letters = Mapping[tuple[str, _Slant], frozenset[str]]
"""The letters used of each weight and style of the font."""


def with_fonts(svg: str) -> str:
    """An SVG that matplotlib wrote, with the letters that it uses of its fonts inside."""
    faces = font_faces([svg])
    return _BEGIN.sub(lambda found: found[1] + faces, named(svg), count=1)


def named(svg: str) -> str:
    """An SVG whose texts are in the embedded font, wherever it is embedded."""
    return _NAMED.sub(f"font-family: '{FAMILY}', ", svg)


def font_faces(svgs: Iterable[str]) -> str:
    """CSS with the letters that SVGs use of their fonts; to be called within `style`."""
    used = _letters(svgs)
    return "".join(
        f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};font-style:{slant};"
        f"src:url(data:font/woff;base64,{_subset(weight, slant, letters)}) format('woff')}}"
        for (weight, slant), letters in sorted(used.items())
    )


def _letters(svgs: Iterable[str]) -> Letters:
    found: dict[tuple[str, _Slant], frozenset[str]] = {}
    for svg in svgs:
        for look, text in _TEXT.findall(svg):
            weight = "bold" if "font-weight: 700" in look else "normal"
            slant: _Slant = "italic" if "font-style: italic" in look else "normal"
            key = weight, slant
            found[key] = found.get(key, frozenset()) | frozenset(unescape(text).strip())
    return found


@lru_cache(maxsize=64)
def _subset(weight: str, slant: _Slant, letters: frozenset[str]) -> str:
    """A font with these letters alone, as WOFF in base64; byte-identical for the same letters."""
    path = findfont(FontProperties(family="sans-serif", weight=weight, style=slant))
    options = subset.Options(
        flavor="woff",
        hinting=False,
        layout_features=["kern"],
        name_IDs=[1, 2, 13],
        notdef_glyph=True,
        drop_tables=[*subset.Options().drop_tables, "FFTM"],
    )
    held = io.BytesIO()
    with TTFont(path, recalcTimestamp=False, lazy=True) as font:
        cut = subset.Subsetter(options)
        cut.populate(text="".join(sorted(letters)))
        cut.subset(font)
        font.flavor = "woff"
        font.save(held, reorderTables=True)
    return base64.b64encode(held.getvalue()).decode()
