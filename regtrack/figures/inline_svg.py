"""Figures as SVG inside a page: without what only a file of its own needs."""

from __future__ import annotations

import io
import re
from html import escape

from matplotlib.figure import Figure

from regtrack.figures.style import style
from regtrack.figures.svg_fonts import named
from regtrack.figures.svg_paths import short_paths

_HEAD = re.compile(r"^.*?(?=<svg )", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_STYLE = re.compile(r'\s*<defs>\s*<style type="text/css">[^<]*</style>\s*</defs>')
_SPACES = re.compile(r' xmlns(:xlink)?="[^"]*"| version="1.1"')
_SIZE = re.compile(r'<svg ([^>]*?)width="([\d.]+)pt" height="([\d.]+)pt"')
_BLANKS = re.compile(r">\s*\n\s*<")
_ID = re.compile(r'\bid="([^"]+)"')


def inline_svg(figure: Figure, number: int, says: str) -> str:
    """A figure to stand in a page, whose width it takes.

    Args:
        figure: the figure.
        number: of the figure in its page, for ids that no other has.
        says: what it shows, for readers who cannot see it.
    """
    drawn = io.StringIO()
    with style():
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    svg = _HEAD.sub("", named(drawn.getvalue()))
    svg = _SPACES.sub("", _STYLE.sub("", _METADATA.sub("", svg))).replace("xlink:href", "href")
    svg = _own_ids(svg, f"f{number}")
    svg = _BLANKS.sub("><", short_paths(svg))
    head = f'<svg role="img" aria-label="{escape(says)}" style="--w:'
    return _SIZE.sub(lambda found: f'{head}{found[2]}pt" {found[1]}', svg.strip(), count=1)


def _own_ids(svg: str, prefix: str) -> str:
    """Keep only the ids that are referred to, each with a prefix."""
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
    names = {one or other for one, other in used}
    svg = _ID.sub(lambda found: f'id="{prefix}{found[1]}"' if found[1] in names else "", svg)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", svg)
