"""Items of a hub: labels, genes, variants and calls, each set a bigBed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from regtrack.tracks.bigbed.form import BedForm

Kind = Literal["labels", "genes", "variants", "calls"]

_VISIBILITY: dict[Kind, str] = {
    "labels": "dense",
    "genes": "pack",
    "variants": "pack",
    "calls": "dense",
}


@dataclass(frozen=True, slots=True)
class ItemTrack:
    """A bigBed of a hub.

    Attributes:
        id: short and unique in its hub.
        path: the file.
        label: the name shown to readers.
        short: the same, for the left edge of a row.
        kind: what the items are.
        form: its columns.
        count: number of items.
        marker: the marker that they belong to; None for none.
        colour: `#rrggbb`; empty for that of the kind.
    """

    id: str
    path: Path
    label: str
    short: str
    kind: Kind
    form: BedForm
    count: int
    marker: str | None = None
    colour: str = ""

    @property
    def visibility(self) -> str:
        """How UCSC shows it at first."""
        return _VISIBILITY[self.kind]
