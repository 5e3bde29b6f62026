"""The part of plotly.js that the page needs, a quarter of the whole, if it is installed."""

from __future__ import annotations

from pathlib import Path

from plotly.offline import get_plotlyjs_version

from regtrack_app.npm_scripts import NpmScript

SCRIPT = NpmScript("plotly-basic.min.js", "plotly.js-basic-dist-min", "REGTRACK_PLOTLY_JS")
PATH = "_dash-component-suites/plotly/package_data/plotly.min.js"
"""Where Dash's page asks for plotly.js."""
_HEAD = 200  # bytes, in which the script names its version


def find_bundle() -> Path | None:
    """The basic bundle of the installed plotly's version; None: the whole script is served.

    Raises:
        RegtrackError: REGTRACK_PLOTLY_JS names a file that does not exist.
    """
    path = SCRIPT.find()
    if path is None:
        return None
    with path.open("rb") as file:
        head = file.read(_HEAD).decode("utf-8", "replace")
    return path if f"v{get_plotlyjs_version()}\n" in head.replace("\r", "") else None
