"""The document that a browser loads first, and the page's own scripts as one file."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from dash import Dash
from flask import Flask, Response

SCRIPT = "page.js"
"""Where the page's own scripts are served."""
SCRIPTS_IGNORED = r".*\.js$"
"""What Dash would otherwise add to the document by itself, one by one."""
_ASSETS = Path(__file__).parent / "assets"
# what the others use, and what calls what the others define
_FIRST, _LAST = ("connection.js", "dom.js"), "regtrack.js"
# of Dash, for tables that this page does not show
_UNUSED = ("/dash_table/",)

# the own scripts come first, since they ask for the layout while the others are still loading; the
# preload lets the browser fetch the largest script while it runs the others
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
{%favicon%}
{%css%}
<script src="OWN"></script>
<link rel="preload" as="script" href="PLOTLY">
</head>
<body>
{%app_entry%}
<footer>
{%config%}
{%scripts%}
{%renderer%}
</footer>
</body>
</html>"""


class Page(Dash):
    """A Dash application whose document names only the scripts that the page needs.

    Args:
        name: of the application.
        plotly: the address of plotly.js.
        options: Dash's.
    """

    def __init__(self, name: str, *, plotly: str, **options: Any) -> None:
        version = hashlib.sha256(own_script()).hexdigest()[:12]
        index = _INDEX.replace("OWN", f"{SCRIPT}?m={version}").replace("PLOTLY", plotly)
        super().__init__(name, index_string=index, assets_ignore=SCRIPTS_IGNORED, **options)

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """The document without scripts that are not used."""
        lines = parts["scripts"].splitlines()
        needed = [line for line in lines if not any(name in line for name in _UNUSED)]
        fill: Any = super().interpolate_index  # it is untyped
        return str(fill(**parts | {"scripts": "\n".join(needed)}))


def serve_script(app: Dash) -> None:
    """Add the route of the page's own scripts."""
    server: Flask = app.server

    @server.route(f"/{SCRIPT}")
    def page_script() -> Response:
        """The page's own scripts."""
        return Response(own_script(), mimetype="text/javascript")


@cache
def own_script() -> bytes:
    """The page's own scripts, joined."""
    names = sorted(path.name for path in _ASSETS.glob("*.js"))
    middle = [name for name in names if name not in {*_FIRST, _LAST}]
    parts = [(_ASSETS / name).read_bytes() for name in (*_FIRST, *middle, _LAST)]
    return b"\n".join(parts)
