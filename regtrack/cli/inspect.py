"""`regtrack inspect`: describes a dataset, checkpoint, sweep or bigWig."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from regtrack.cli.console import print_json, print_table
from regtrack.files.shown import shown

_WIDTH = 60  # of a value's cell
_LONGEST = 200  # letters of a text that is shown

# columns of --markers, and the alignment of their cells
_OF_MARKERS = {
    "marker": "name",
    "category": "category",
    "biosample": "biosample",
    "target": "target",
}
_OF_TRACKS = {"marker": "marker", "category": "category", "values": "values", "file": "file"}

EPILOG = """
Examples:

  regtrack inspect data

  regtrack inspect run/checkpoint.safetensors --markers

  regtrack inspect tracks --json
"""


def command(
    path: Annotated[
        Path, typer.Argument(help="A dataset, run, checkpoint, sweep (finished or not) or bigWig.")
    ],
    *,
    markers: Annotated[bool, typer.Option("--markers", help="List every marker.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Describe a file or folder of regtrack.

    A truncated dataset, checkpoint or bigWig is refused. What is doubtful about a bigWig is said;
    regtrack validate checks its every value.
    """
    from regtrack.inspection import describe

    found = describe(path)
    if as_json:
        print_json(found)
        return
    kind = found.pop("kind")
    listed, columns = found.pop("markers", []), _OF_MARKERS
    if "tracks" in found:  # of a sweep: they say more about its markers
        listed, columns = found.pop("tracks"), _OF_TRACKS
    rows = list(_rows(found))
    if listed:
        rows.append(("tracks" if columns is _OF_TRACKS else "markers", _by_category(listed)))
    print_table(None, (kind, str(path)), rows)
    if markers:
        cells = [[shown(one[c], _LONGEST) for c in columns.values()] for one in listed]
        print_table(None, tuple(columns), cells)


def _by_category(listed: list[Mapping[str, str]]) -> str:
    """The number of markers per category, and per kind of value if there are several."""
    kinds = {one.get("values") for one in listed}
    counts = Counter(
        f"{one['category']} {one['values']}" if len(kinds) > 1 else one["category"]
        for one in listed
    )
    parts = ", ".join(f"{count:,} {shown(name)}" for name, count in counts.items())
    return f"{len(listed):,}: {parts}"


def _rows(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """One line per value; a mapping that does not fit on one line gets one line per item."""
    for key, value in found.items():
        text = _cell(value)
        if isinstance(value, Mapping) and len(text) > _WIDTH:
            yield from _rows(value, f"{prefix}{key}.")
        else:
            yield shown(f"{prefix}{key}"), text


def _cell(value: Any) -> str:
    """One value as text: numbers with commas, long lists as their length."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{shown(key)} {_cell(item)}" for key, item in value.items())
    if isinstance(value, list):
        text = ", ".join(map(_cell, value))
        return text if len(text) <= _WIDTH else f"{len(value):,} of them"
    return shown(value, _LONGEST)
