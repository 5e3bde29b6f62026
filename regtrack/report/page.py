"""The page of a report: one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from regtrack.figures.style import style
from regtrack.figures.svg_fonts import font_faces
from regtrack.report.look import SCRIPT, STYLE


@dataclass(frozen=True)
class Part:
    """A part of the page.

    Attributes:
        identity: for links.
        name: its heading.
        html: what follows.
    """

    identity: str
    name: str
    html: str


def page(title: str, summary: str, parts: Sequence[Part], svgs: Sequence[str]) -> str:
    """The whole page.

    Args:
        title: of the page.
        summary: HTML below the title.
        parts: from top to bottom.
        svgs: the figures in the parts, whose letters are embedded once.
    """
    with style():
        faces = font_faces(svgs)
    links = "".join(f'<a href="#{part.identity}">{escape(part.name)}</a>' for part in parts)
    body = "".join(
        f'<h2 id="{part.identity}">{escape(part.name)}</h2>{part.html}' for part in parts
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_policy()}">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{faces}
{STYLE}</style>
</head>
<body>
<header><h1>{escape(title)}</h1>{summary}<nav aria-label="Contents">{links}</nav></header>
<main>{body}</main>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _policy() -> str:
    """What the page may do: run its own script, and fetch nothing."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )
