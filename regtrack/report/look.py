"""The look of a report and the sorting of its tables, which its page holds inside."""

from __future__ import annotations

from importlib.resources import files

_HERE = files("regtrack.report")

STYLE = _HERE.joinpath("report.css").read_text(encoding="utf-8").strip()
"""The style sheet."""
SCRIPT = _HERE.joinpath("report.js").read_text(encoding="utf-8").strip()
"""The script, which sorts tables and opens what is folded for print."""
