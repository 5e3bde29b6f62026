"""`regtrack inspect`: what a dataset, checkpoint, sweep or bigWig holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from regtrack.cli.console import print_json, print_table

_WIDTH = 60  # of a value's cell

EPILOG = """
Examples:

  regtrack inspect data

  regtrack inspect run/checkpoint.safetensors --markers

  regtrack inspect tracks --json
"""


def command(
    path: Annotated[Path, typer.Argument(help="A dataset, checkpoint, sweep or bigWig.")],
    *,
    markers: Annotated[bool, typer.Option("--markers", help="Name every marker.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
) -> None:
    """Say what a file or folder of regtrack holds, and whether it is whole."""
    from regtrack.describe import describe

    found = describe(path)
    if as_json:
        print_json(found)
        return
    listed = found.pop("markers", [])
    kind = found.pop("kind")
    rows = list(_rows(found))
    if listed:
        rows.append(("markers", _by_category(listed)))
    print_table(None, (kind, str(path)), rows)
    if markers:
        columns = ("marker", "category", "biosample", "target")
        print_table(None, columns, [[m[c.replace("marker", "name")] for c in columns]
                                    for m in listed])  # fmt: skip


def _by_category(markers: list[Mapping[str, str]]) -> str:
    counts = Counter(marker["category"] for marker in markers)
    parts = ", ".join(f"{count:,} {category}" for category, count in counts.items())
    return f"{len(markers):,}: {parts}"


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
