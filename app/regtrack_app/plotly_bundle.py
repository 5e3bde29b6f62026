"""The plotly.js of the page: a quarter of the whole, if that part of it is installed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import plotly
from plotly.offline import get_plotlyjs_version

from regtrack_app.npm_scripts import NpmScript

SCRIPT = NpmScript("plotly-basic.min.js", "plotly.js-basic-dist-min", "REGTRACK_PLOTLY_JS")
PATH = "plotly.js"
"""Where it is served."""
_WHOLE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_HEAD = 200  # bytes, in which the script names its version


def find_bundle() -> Path:
    """The basic bundle, if it has the installed plotly's version; otherwise the whole script.

    Raises:
        RegtrackError: REGTRACK_PLOTLY_JS names a file that does not exist.
    """
    path = SCRIPT.find()
    if path is None:
        return _WHOLE
    with path.open("rb") as file:
        head = file.read(_HEAD).decode("utf-8", "replace")
    return path if f"v{get_plotlyjs_version()}\n" in head.replace("\r", "") else _WHOLE


def address_of(bundle: Path) -> str:
    """Where the page asks for it: an address of this content, which browsers can keep for good."""
    return f"{PATH}?m={hashlib.sha256(bundle.read_bytes()).hexdigest()[:12]}"
