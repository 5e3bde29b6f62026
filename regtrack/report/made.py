"""How everything in a report was made: files, digests and the command that repeats it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from regtrack.compare.sources import Sources
from regtrack.dataset.identity import dataset_digest
from regtrack.errors import OutputError
from regtrack.report.html import Cell, plain_table, table
from regtrack.report.scores import Scores
from regtrack.version import __version__

_UNKNOWN = "not recorded"


@dataclass(frozen=True)
class File:
    """An input besides the tracks.

    Attributes:
        what: it is.
        path: the file, or the folder of a dataset.
    """

    what: str
    path: Path


def how_made(sources: Sources, scores: Scores, files: Iterable[File], command: str) -> str:
    """The part of the page that says how it was made, as HTML.

    Args:
        sources: tracks and labels.
        scores: what was scored.
        files: the inputs besides the tracks.
        command: that made the report.
    """
    inputs = [(file.what, f"{file.path.name}  {_digest(sources, file)}") for file in files]
    made = [("regtrack", __version__), ("assembly", sources.assembly.summary()), *inputs]
    parts = [plain_table(made)]
    if command:
        said = f"<pre><code>{escape(command, quote=False)}</code></pre>"
        parts.append(f"<p>The command that reproduces this report:</p>{said}")
    for model in scores.models:
        record = model.record
        by, fasta = record.checkpoint, record.reference
        rows = [
            ("network", f"{model.architecture} {_settings(by.config)}".strip()),
            ("checkpoint", f"{_name(by.path)}  {by.sha256 or _UNKNOWN}"),
            ("weights", by.weights or _UNKNOWN),
            ("trained on dataset", by.dataset or _UNKNOWN),
            ("reference", f"{_name(fasta.path)}  {fasta.sha256 or _UNKNOWN}"),
            ("tracks", f"{model.folder.name}: {len(record.tracks):,} files"),
        ]
        parts += [
            f"<h3>{escape(model.label)}</h3>",
            plain_table(rows),
            _tracks(sources, scores, model.id),
        ]
    return "".join(parts)


def _tracks(sources: Sources, scores: Scores, model: str) -> str:
    """The digests of a model's tracks that were scored, folded."""
    known = {entry.file: entry for entry in sources.catalog.model(model).record.tracks}
    rows = []
    for marker in scores.markers:
        track = sources.catalog.find(model, marker.name)
        if track is not None:
            entry = known.get(track.path.name)
            digest = (entry.sha256 if entry else None) or _UNKNOWN
            rows.append([Cell(marker.name), Cell(track.path.name), Cell(digest, code=True)])
    found = table(("marker", "file", "SHA-256"), rows, caption=f"{len(rows):,} tracks")
    return f"<details><summary>Digests of its tracks</summary>{found}</details>"


def _digest(sources: Sources, file: File) -> str:
    if sources.dataset is not None and file.path.is_dir():
        return dataset_digest(sources.dataset)
    try:
        with file.path.open("rb") as opened:
            return f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"
    except OSError as error:
        raise OutputError(f"{file.path}: {error.strerror}") from error


def _settings(config: dict[str, object] | None) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted((config or {}).items()))


def _name(path: str | None) -> str:
    return Path(path).name if path else _UNKNOWN
