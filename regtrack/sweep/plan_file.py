"""The plan of an unfinished sweep, in the `sweep.json` of its work folder.

The process that starts a sweep writes the plan; all others, also on other machines, compare theirs
with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from regtrack.atomic import work_folder
from regtrack.errors import RegtrackError
from regtrack.genome.assembly import Assembly
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.record import FORMAT, agrees, digest
from regtrack.tracks.kind import SWEEP_FILE, Kind


@dataclass(frozen=True)
class Track:
    """A track of the sweep.

    Attributes:
        file: name of the file.
        marker, category: the marker's name and category.
        values: kind of values.
    """

    file: str
    marker: str
    category: str
    values: Kind


@dataclass(frozen=True, kw_only=True)
class SavedPlan:
    """All that is needed to join the shards of a sweep, without its inputs.

    Attributes:
        record: all that determines the bytes of the tracks.
        assembly: the reference's chromosomes.
        chunks: the parts of the sweep, each of which becomes a shard.
        tracks: the tracks, one per marker and kind of value.
    """

    record: Mapping[str, Any]
    assembly: Assembly
    chunks: tuple[Chunk, ...]
    tracks: tuple[Track, ...]

    @cached_property
    def digest(self) -> str:
        """Digest of the record, which all shards of the sweep contain."""
        return digest(self.record)


def write_plan(folder: Path, plan: SavedPlan) -> None:
    """Write the plan's file into a work folder."""
    text = json.dumps(
        {
            "record": plan.record,
            "assembly": {"names": plan.assembly.names, "lengths": plan.assembly.lengths},
            "chunks": [astuple(chunk) for chunk in plan.chunks],
            "tracks": [asdict(track) for track in plan.tracks],
        }
    )
    (folder / SWEEP_FILE).write_text(text + "\n", encoding="utf-8")


def read_plan(out: Path) -> SavedPlan | None:
    """The plan of an output's unfinished sweep; None if there is none, or it is broken."""
    try:
        found = json.loads((work_folder(out) / SWEEP_FILE).read_text(encoding="utf-8"))
        assembly = found["assembly"]
        return SavedPlan(
            record=dict(found["record"]),
            assembly=Assembly(tuple(assembly["names"]), tuple(assembly["lengths"])),
            chunks=tuple(Chunk(*chunk) for chunk in found["chunks"]),
            tracks=tuple(Track(**track) for track in found["tracks"]),
        )
    except (OSError, ValueError, TypeError, KeyError, RegtrackError):
        return None


def other_version(out: Path) -> str | None:
    """The version of regtrack that wrote a plan in another format; None: it is of this one."""
    try:
        record = json.loads((work_folder(out) / SWEEP_FILE).read_text(encoding="utf-8"))["record"]
        return None if record["format"] == FORMAT else str(record["versions"]["regtrack"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def earlier_choices(out: Path, like: Mapping[str, Any]) -> tuple[int, bool] | None:
    """The automatic choices of an unfinished sweep whose record contains all values of `like`.

    Returns:
        The batch size, and whether the network is compiled; None: there is no such sweep.
    """
    found = read_plan(out)
    if found is None or not agrees(found.record, like):
        return None
    return int(found.record["plan"]["batch_size"]), "compiled" in found.record
