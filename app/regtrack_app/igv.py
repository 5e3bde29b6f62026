"""Where igv.js is installed: the dashboard uses it, but regtrack does not include it."""

from __future__ import annotations

import os
from pathlib import Path

from regtrack.errors import RegtrackError

VARIABLE = "REGTRACK_IGV_JS"
_NAME = "igv.min.js"
# where `make igv` puts it in a source checkout
_CHECKOUT = Path(__file__).parents[1] / "npm" / "node_modules" / "igv" / "dist" / _NAME

MISSING = (
    f"igv.js is not installed. Run npm install igv@3.8, copy node_modules/igv/dist/{_NAME} to "
    f"~/.local/share/regtrack/{_NAME} or set {VARIABLE} to its path, and restart regtrack serve. "
    "In a source checkout, run make igv."
)
"""The message of the panel if it is not installed."""


def find_igv() -> Path | None:
    """The script of igv.js; None if it is not installed.

    It is the file named by REGTRACK_IGV_JS; else igv.min.js in the folder regtrack of the user's
    data (XDG_DATA_HOME, by default ~/.local/share); else that of `make igv` in a source checkout.

    Raises:
        RegtrackError: REGTRACK_IGV_JS names a file that does not exist.
    """
    if named := os.environ.get(VARIABLE):
        path = Path(named).expanduser()
        if not path.is_file():
            raise RegtrackError(f"no file at {path}, which {VARIABLE} names; expected {_NAME}")
        return path.resolve()
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    places = (Path(data) / "regtrack" / _NAME, _CHECKOUT)
    return next((path for path in places if path.is_file()), None)
