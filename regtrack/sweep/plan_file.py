"""The plan of an unfinished sweep, in the `sweep.json` of its work folder.

The process that starts a sweep writes the plan; all others, also on other machines, compare theirs
with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from regtrack.errors import RecordError
from regtrack.files.records import check_seal, read_record, to_text, typed
from regtrack.files.shown import shown
from regtrack.genome.assembly import Assembly
from regtrack.partial_names import work_folder
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.record import FORMAT, agrees, digest
from regtrack.tracks.kind import Kind
from regtrack.tracks.sweep_record import SWEEP_FILE, check_file_name


@dataclass(frozen=True)
class Track:
    """A track of the sweep.

    Attributes:
        file: name of the file.
        marker, category: the marker's name and category.
        values: kind of values.

    Raises:
        RecordError: a name that leads out of the folder.
    """

    file: str
    marker: str
    category: str
    values: Kind

    def __post_init__(self) -> None:
        check_file_name(self.file)


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
        """Digest of record and tracks, which all shards of the sweep contain."""
        return digest(self.content)

    @property
    def content(self) -> dict[str, Any]:
        """The record with the tracks: all in which two plans may differ."""
        return {**self.record, "tracks": [asdict(track) for track in self.tracks]}


@dataclass(frozen=True)
class _PlanNumbers:
    batch_size: int
    resolution: int
    bases: int


@dataclass(frozen=True)
class _Model:
    model: str


@dataclass(frozen=True)
class _Versions:
    regtrack: str


@dataclass(frozen=True)
class _Record:
    """What is read again of a record; the rest is only compared."""

    format: int
    versions: _Versions
    checkpoint: _Model
    plan: _PlanNumbers


@dataclass(frozen=True)
class _PlanFile:
    record: dict[str, Any]
    assembly: Assembly
    chunks: tuple[Chunk, ...]
    tracks: tuple[Track, ...]


def write_plan(folder: Path, plan: SavedPlan) -> None:
    """Write the plan's file into a work folder."""
    text = to_text(
        {
            "record": plan.record,
            "assembly": {"names": plan.assembly.names, "lengths": plan.assembly.lengths},
            "chunks": [asdict(chunk) for chunk in plan.chunks],
            "tracks": [asdict(track) for track in plan.tracks],
        },
        indent=None,
    )
    (folder / SWEEP_FILE).write_text(text, encoding="utf-8")


def read_plan(out: Path) -> SavedPlan | None:
    """The plan of an output's unfinished sweep; None if there is none, or it is broken."""
    try:
        return load_plan(work_folder(out))
    except RecordError:
        return None


def load_plan(folder: Path) -> SavedPlan:
    """The plan in a work folder, which must be as it was written.

    Raises:
        RecordError: there is none, it is of another format, or it is broken.
    """
    content = read_record(folder / SWEEP_FILE)
    found = typed(content, _PlanFile)
    record = typed(found.record, _Record)
    if record.format != FORMAT:
        raise RecordError(f"it is of format {record.format}; expected {FORMAT}")
    check_seal(content)
    return SavedPlan(
        record=found.record, assembly=found.assembly, chunks=found.chunks, tracks=found.tracks
    )


@dataclass(frozen=True)
class _OldRecord:
    format: int
    versions: _Versions


@dataclass(frozen=True)
class _OldPlan:
    record: _OldRecord


def other_version(out: Path) -> str | None:
    """Which regtrack wrote a plan in another format, for messages; None: it is of this one."""
    try:
        record = typed(read_record(work_folder(out) / SWEEP_FILE), _OldPlan).record
    except RecordError:
        return None
    if record.format == FORMAT:
        return None
    which = "an earlier" if record.format < FORMAT else "a later"
    return f"{which} version of regtrack ({shown(record.versions.regtrack)})"


def earlier_choices(out: Path, like: Mapping[str, Any]) -> tuple[int, bool] | None:
    """The automatic choices of an unfinished sweep whose record contains all values of `like`.

    Returns:
        The batch size, and whether the network is compiled; None: there is no such sweep.
    """
    found = read_plan(out)
    if found is None or not agrees(found.record, like):
        return None
    return typed(found.record, _Record).plan.batch_size, "compiled" in found.record
