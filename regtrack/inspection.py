"""Describes a file or folder of regtrack, without importing torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from regtrack.checkpoint_header import CHECKPOINT_FILE, RUN_FILE, CheckpointHeader, read_header
from regtrack.dataset.format import HEADER_FILE
from regtrack.dataset.store import Dataset
from regtrack.errors import RecordError, RegtrackError, TrackError
from regtrack.files.recognise import recognise_file
from regtrack.files.records import read_record
from regtrack.partial_names import work_folder
from regtrack.tracks.bigwig.describe import describe_bigwig
from regtrack.tracks.kind import SALIENCY, kind_of
from regtrack.tracks.sweep_record import (
    SWEEP_FILE,
    SweepRecord,
    TrackEntry,
    parse_plan,
    parse_sweep,
)

# a safetensors file, or what some other program may have saved as a checkpoint
_OF_CHECKPOINTS = {"a safetensors file", "a PyTorch pickle", "a Python pickle"}
_ADVICE = "; other files are checked by the command that reads them"


def describe(path: str | Path) -> dict[str, Any]:
    """The content of a path as JSON-serialisable values; the first key is its kind.

    Args:
        path: a dataset, a checkpoint or the run that contains one, a sweep, the work folder of an
            unfinished sweep, or a bigWig.

    Raises:
        RegtrackError: nothing that regtrack can read, or something damaged.
    """
    path = Path(path)
    if path.name in {HEADER_FILE, SWEEP_FILE}:
        path = path.parent
    if not path.exists():
        begun = work_folder(path)
        if (begun / SWEEP_FILE).is_file():
            raise RegtrackError(
                f"nothing at {path} yet, but an unfinished sweep in {begun}; inspect that, or run "
                "the same command again, which resumes it"
            )
        raise RegtrackError(f"nothing at {path}; expected a dataset, checkpoint, sweep or bigWig")
    if (path / HEADER_FILE).is_file():
        return _dataset(path)
    if (path / SWEEP_FILE).is_file():
        return _sweep(path / SWEEP_FILE)
    if any((path / name).is_file() for name in (CHECKPOINT_FILE, RUN_FILE)):
        return _checkpoint(path)
    if path.is_dir():
        raise RegtrackError(
            f"{path} has no {HEADER_FILE}, {CHECKPOINT_FILE} or {SWEEP_FILE}; expected the output "
            "of a regtrack command"
        )
    kind = recognise_file(path)
    if path.suffix in {".bw", ".bigwig", ".bigWig"} or "bigWig" in kind:
        return describe_bigwig(path)
    if path.suffix == ".safetensors" or kind in _OF_CHECKPOINTS:
        return _checkpoint(path)
    raise RegtrackError(
        f"{path} is {kind}; expected a dataset, run, checkpoint, sweep or bigWig{_ADVICE}"
    )


def stored_kind(path: Path) -> str | None:
    """What of regtrack a path is, other than a bigWig; None for all else.

    Raises:
        RegtrackError: a folder that holds nothing of regtrack.
    """
    folder = path if path.is_dir() else path.parent
    if path.name == HEADER_FILE or (path / HEADER_FILE).is_file():
        return "dataset"
    if path.name == SWEEP_FILE or (path / SWEEP_FILE).is_file():
        return "unfinished sweep" if (folder / "shards").is_dir() else "sweep"
    if any((path / name).is_file() for name in (CHECKPOINT_FILE, RUN_FILE)):
        return "checkpoint"
    if path.is_dir():
        raise RegtrackError(
            f"{path} has no {HEADER_FILE}, {CHECKPOINT_FILE} or {SWEEP_FILE}; expected the output "
            "of a regtrack command, or bigWigs"
        )
    if path.suffix == ".safetensors":
        return "checkpoint"
    return "checkpoint" if path.is_file() and "safetensors" in recognise_file(path) else None


def _dataset(path: Path) -> dict[str, Any]:
    dataset = Dataset.open(path)
    return {
        "kind": "dataset",
        "windows": dataset.split_sizes,
        "window": dataset.window,
        "split": dataset.spec.split.kind,
        "chromosomes": dataset.assembly.summary(),
        "bases": dataset.assembly.total,
        "bytes": sum(array.bytes for array in dataset.header.files.values()),
        "provenance": dataset.provenance,
        "markers": [marker.to_dict() for marker in dataset.markers],
    }


def _checkpoint(path: Path) -> dict[str, Any]:
    header = read_header(path)
    return {
        "kind": "checkpoint",
        "model": header.model,
        "config": dict(header.config),
        "window": header.window,
        "chromosomes": header.assembly.summary(),
        "training": dict(header.training),
        "calibration": _calibration(header),
        "markers": [marker.to_dict() for marker in header.markers],
    }


def _calibration(header: CheckpointHeader) -> dict[str, Any] | None:
    """The calibration of a checkpoint, its markers as means."""
    found = header.calibration
    if found is None:
        return None
    fitted = [marker for marker in found.markers if len(marker.thresholds)]
    means = {
        name: fmean(getattr(marker, name) or 0.0 for marker in fitted) if fitted else None
        for name in ("temperature", "bias", "error_before", "error_after")
    }
    return {"dataset": found.dataset, "split": found.split, "markers": len(fitted), **means}


def _sweep(path: Path) -> dict[str, Any]:
    """A finished sweep, or an unfinished one, whose file holds the record among other things.

    Its kind says whether the tracks are scores (or logits) or saliency; so does each track.
    """
    try:
        content = read_record(path)
        if not isinstance(content.get("record"), dict):
            found = parse_sweep(content)
            tracks = _tracks(found, found.tracks)
            return {"kind": _kind(tracks), **content, "tracks": tracks}
        plan = parse_plan(content)
        found = plan.sweep
        tracks = _tracks(found, found.tracks)
        made = sum(1 for _ in path.parent.glob("shards/*.shard"))
        shards = {"made": made, "in all": plan.chunks}
        return {
            "kind": f"{_kind(tracks)} at work",
            "shards": shards,
            **content["record"],
            "tracks": tracks,
        }
    except RecordError as error:
        raise TrackError(f"{path} is damaged: {error}; run the sweep again") from error


def _tracks(record: SweepRecord, entries: Sequence[TrackEntry]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in asdict(entry).items() if value is not None}
        | {"values": kind_of(record, entry)}
        for entry in entries
    ]


def _kind(tracks: Sequence[Mapping[str, Any]]) -> str:
    return "saliency sweep" if any(track["values"] in SALIENCY for track in tracks) else "sweep"
