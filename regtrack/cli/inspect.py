"""`regtrack inspect`: what a dataset, checkpoint, sweep or bigWig holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from regtrack.cli.console import print_json, print_table

_WIDTH = 60  # of a value's cell

# columns of --markers, and where their cells stand
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
        Path, typer.Argument(help="A dataset, checkpoint, sweep (also one at work) or bigWig.")
    ],
    *,
    markers: Annotated[bool, typer.Option("--markers", help="Name every marker.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
) -> None:
    """Say what a file or folder of regtrack holds.

    A dataset, checkpoint or bigWig that was cut short is refused; regtrack validate checks every
    value of a bigWig.
    """
    from regtrack.describe import describe

    found = describe(path)
    if as_json:
        print_json(found)
        return
    kind = found.pop("kind")
    listed, columns = found.pop("markers", []), _OF_MARKERS
    if "tracks" in found:  # a sweep, of whose markers they tell more
        listed, columns = found.pop("tracks"), _OF_TRACKS
    rows = list(_rows(found))
    if listed:
        rows.append(("tracks" if columns is _OF_TRACKS else "markers", _by_category(listed)))
    print_table(None, (kind, str(path)), rows)
    if markers:
        print_table(None, tuple(columns), [[one[c] for c in columns.values()] for one in listed])


def _by_category(listed: list[Mapping[str, str]]) -> str:
    """How many of each category, and of each kind of values where there are several."""
    kinds = {one.get("values") for one in listed}
    counts = Counter(
        f"{one['category']} {one['values']}" if len(kinds) > 1 else one["category"]
        for one in listed
    )
    parts = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return f"{len(listed):,}: {parts}"


def _rows(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """A line a value; a mapping that does not fit one line gets a line each of its own."""
    for key, value in found.items():
        text = _cell(value)
        if isinstance(value, Mapping) and len(text) > _WIDTH:
            yield from _rows(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", text


def _cell(value: Any) -> str:
    """One value in words: numbers with commas, long lists by their length."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_cell(item)}" for key, item in value.items())
    if isinstance(value, list):
        text = ", ".join(map(_cell, value))
        return text if len(text) <= _WIDTH else f"{len(value):,} of them"
    return str(value)
