"""sweep.json of a finished sweep, as far as it is read again: what made the tracks, and their list.

Other fields, such as the plan, are kept for readers and for the digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regtrack.errors import RecordError, TrackError
from regtrack.files.records import SEAL, check_seal, read_record, typed
from regtrack.files.shown import shown

SWEEP_FILE = "sweep.json"
SEALED = 4  # the first format with a digest


@dataclass(frozen=True)
class SweptBy:
    """The network that made a sweep; fields are None where it was not a file, or long ago.

    Of a network that regtrack did not train, there are the function that made it and its settings,
    if it was named so.
    """

    model: str
    config: dict[str, Any] | None = None
    weights: str | None = None
    dataset: str | None = None
    path: str | None = None
    sha256: str | None = None
    calibration: dict[str, str] | None = None
    function: str | None = None
    settings: dict[str, Any] | None = None


@dataclass(frozen=True)
class SweptReference:
    """The FASTA of a sweep."""

    path: str | None = None
    sha256: str | None = None
    assembly: str | None = None


@dataclass(frozen=True)
class SweptPlan:
    """How the values of a sweep were made, as far as they differ for it.

    Attributes:
        both_strands: whether they are means over both strands.
        resolution: bp per value.
    """

    both_strands: bool = False
    resolution: int = 1


@dataclass(frozen=True)
class TrackEntry:
    """A file of a sweep.

    Attributes:
        file: its name, in the folder of the sweep.
        marker, category: the marker's name and category.
        values: kind of values; None before format 3.
        bases: number of bases with a value (bp).
        size: of the file (bytes).
        sha256: digest of the file; None before format 6.
        low, high, mean: lowest, highest and mean value; these six are None in an unfinished sweep.

    Raises:
        RecordError: a name that leads out of the folder.
    """

    file: str
    marker: str
    category: str
    values: str | None = None
    bases: int | None = None
    size: int | None = None
    sha256: str | None = None
    low: float | None = None
    high: float | None = None
    mean: float | None = None

    def __post_init__(self) -> None:
        check_file_name(self.file)


@dataclass(frozen=True)
class SweepRecord:
    """The record of a finished sweep.

    Attributes:
        checkpoint: what made it.
        tracks: its files, in order.
        reference: the FASTA.
        values: kind of values, in words; None if each track says it.
        format: version of the record.
        keep_bits: mantissa bits of the values; 23 is lossless.
        plan: what else says how they were made.

    Raises:
        RecordError: two tracks with one file.
    """

    checkpoint: SweptBy
    tracks: tuple[TrackEntry, ...]
    reference: SweptReference = field(default_factory=SweptReference)
    values: str | None = None
    format: int = 0
    keep_bits: int = 23
    plan: SweptPlan = field(default_factory=SweptPlan)

    def __post_init__(self) -> None:
        if len({track.file for track in self.tracks}) < len(self.tracks):
            raise RecordError('two of its "tracks" are the same file')


def read_sweep(folder: Path) -> SweepRecord:
    """The record of the sweep in a folder, which must be as it was written.

    Sweeps of earlier formats have no digest; their fields are checked all the same.

    Raises:
        TrackError: it is damaged.
    """
    path = folder / SWEEP_FILE
    try:
        return parse_sweep(read_record(path))
    except RecordError as error:
        raise TrackError(f"{path} is damaged: {error}; run the sweep again") from error


def parse_sweep(record: Mapping[str, Any]) -> SweepRecord:
    """A parsed sweep.json as a value.

    Raises:
        RecordError: a field is missing or wrong, or it has changed since it was written.
    """
    found = typed(record, SweepRecord)
    check_seal(record, required=found.format >= SEALED)
    return found


@dataclass(frozen=True)
class PlanSummary:
    """What an unfinished sweep is about to make.

    Attributes:
        sweep: its record, with the tracks planned.
        chunks: number of chunks.
    """

    sweep: SweepRecord
    chunks: int


def parse_plan(content: Mapping[str, Any]) -> PlanSummary:
    """A parsed sweep.json of a work folder.

    Raises:
        RecordError: a field is missing or wrong, or it has changed since it was written.
    """
    found = typed(content, _Plan)
    sweep = typed({**found.record, "tracks": content["tracks"]}, SweepRecord)
    check_seal(content, required=sweep.format >= SEALED)
    return PlanSummary(sweep, len(found.chunks))


@dataclass(frozen=True)
class _Plan:
    record: dict[str, Any]
    chunks: list[Any]
    tracks: list[Any]


def is_sealed(record: Mapping[str, Any]) -> bool:
    """Whether a record has a digest; those of earlier formats have none."""
    return SEAL in record


def check_file_name(name: str) -> None:
    """Refuse a name in a record that is more than the name of a file.

    Raises:
        RecordError: it leads to another folder, or cannot name a file.
    """
    if name in {"", ".", ".."} or any(letter in name for letter in "/\\\0"):
        raise RecordError(f'"{shown(name)}" is not the name of a file; expected one without a path')
