"""Whose the files in a folder of output are: those of its command, or somebody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_HUB = ("igv-session.xml", "igv.json", "index.html", "genome.2bit", "hub-items")
# by the record that marks such a folder: what is written besides, but for what the record names
_WRITTEN: Mapping[str, tuple[str, ...]] = {
    "dataset.json": (),
    "sweep.json": ("hub.txt", *_HUB),  # a hub of the tracks is of no use without them
    "saliency.json": (),
    "calls.json": ("calls.csv",),
    "compare.json": (
        "correlations.csv", "peaks.csv", "difference.bw", "scatter.png", "ma.png", "pearson.png",
        "spearman.png",
    ),
    "report.json": ("categories.csv", "markers.csv", "reliability.csv", "reliability.png"),
    "table.json": (
        "table.csv", "differences.csv", "marker_scores.csv", "table.md", "table.tex", "table.html",
        "pr_curves.png", "pr_curves.pdf", "scatter.png", "scatter.pdf",
    ),
    "truth.bed": ("reference.fa", "reference.fa.fai", "markers.tsv", "grammar.json", "peaks"),
    "hub.txt": _HUB,
    "items.tsv": ("genes.bb",),
}  # fmt: skip
_MOST = 1 << 28  # bytes of a record


def foreign(folder: Path, mark: str) -> list[str]:
    """Names in a folder that the command whose record `mark` lies there did not write, sorted.

    Hidden ones, such as caches, do not count; nor does anything beside a record of another kind.

    Raises:
        OSError: the folder or the record cannot be read.
    """
    if mark not in _WRITTEN:
        return []
    record = folder / mark
    named = set(_names(record)) if record.stat().st_size <= _MOST else set()
    known = {mark, *_WRITTEN[mark], *named}
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name not in known and not entry.name.startswith(".")
    )


def is_own(folder: Path, path: Path) -> bool:
    """Whether a path is a part of a folder of output, written by its command.

    Args:
        folder: any folder or file, resolved.
        path: resolved.

    Raises:
        OSError: the folder or its record cannot be read.
    """
    if not (folder.is_dir() and folder in path.parents):
        return False
    entry = folder / path.relative_to(folder).parts[0]
    return entry.exists() and any(
        (folder / mark).is_file() and entry.name not in foreign(folder, mark) for mark in _WRITTEN
    )


def _names(record: Path) -> Iterator[str]:
    """The files and folders that a record names: whole values of JSON, or words of a text."""
    text = record.read_text(encoding="utf-8", errors="replace")
    try:
        values = _strings(json.loads(text))
    except (ValueError, RecursionError):
        values = iter(text.split())
    for value in values:
        yield value.partition("/")[0]


def _strings(value: Any) -> Iterator[str]:
    """All strings in a value of JSON, and those of its names that may be of files."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (name for name in value if "." in name)
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
