"""igv.js, which the dashboard shows in a panel if it is installed."""

from __future__ import annotations

from regtrack_app.npm_scripts import NpmScript

SCRIPT = NpmScript("igv.min.js", "igv/dist", "REGTRACK_IGV_JS")
MISSING = (
    f"igv.js is not installed. Run npm install igv@3.8, copy node_modules/igv/dist/{SCRIPT.name} "
    f"to ~/.local/share/regtrack/{SCRIPT.name} or set {SCRIPT.variable} to its path, and restart "
    "regtrack serve. In a source checkout, run make igv."
)
"""The message of the panel if it is not installed."""
