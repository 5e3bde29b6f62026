"""The markers table of fetched peak files, as `build-dataset` reads it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from regtrack.atomic import publish_file
from regtrack.errors import OutputError
from regtrack.fetch.ledger import Ledger
from regtrack.fetch.sources import Source

TABLE = "markers.tsv"
_COLUMNS = ("file", "name", "category", "biosample", "target", "treatment", "url")


def check_table(ledger: Ledger, *, overwrite: bool) -> None:
    """Refuse to replace a table that this folder's fetches did not write.

    Raises:
        OutputError: there is one.
    """
    path = ledger.folder / TABLE
    if path.exists() and not overwrite and not ledger.holds(TABLE):
        raise OutputError(
            f"{path} was not written by regtrack fetch, or was changed since; move it away, or "
            "pass `overwrite=True` to replace it"
        )


def write_table(ledger: Ledger, sources: Sequence[Source]) -> Path:
    """Write the table of peak files, in the order given, and record it.

    Raises:
        OutputError: it cannot be written.
    """
    path = ledger.folder / TABLE
    with (
        publish_file(path, overwrite=True) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        rows = csv.writer(file, delimiter="\t", lineterminator="\n")
        rows.writerow(_COLUMNS)
        rows.writerows(map(_row, sources))
    ledger.add(TABLE)
    return path


def _row(source: Source) -> tuple[str, ...]:
    marker = source.marker
    assert marker is not None
    return (
        source.file, marker.name, marker.category, marker.biosample, marker.target,
        marker.treatment, source.urls[0],
    )  # fmt: skip
