"""Describes a file or folder of regtrack, without importing torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from regtrack.atomic import work_folder
from regtrack.checkpoint_header import CHECKPOINT_FILE, RUN_FILE, read_header
from regtrack.dataset.format import HEADER_FILE
from regtrack.dataset.store import Dataset
from regtrack.errors import RegtrackError, TrackError
from regtrack.tracks.bigwig.describe import describe_bigwig
from regtrack.tracks.kind import PREDICTED, SWEEP_FILE, kind_of


def describe(path: str | Path) -> dict[str, Any]:
    """The content of a path as JSON-serialisable values; the first key is its kind.

    Args:
        path: a dataset, a checkpoint or the run that contains one, a sweep, the work folder of an
            unfinished sweep, or a bigWig.

    Raises:
        RegtrackError: nothing that regtrack can read, or something damaged.
    """
    path = Path(path)
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
    if path.suffix in {".bw", ".bigwig", ".bigWig"}:
        return describe_bigwig(path)
    return _checkpoint(path)


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
        "markers": [marker.to_dict() for marker in header.markers],
    }


def _sweep(path: Path) -> dict[str, Any]:
    """A finished sweep, or an unfinished one, whose file holds the record among other things.

    Its kind says whether the tracks are scores (or logits) or saliency; so does each track.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TrackError(f"{path} is damaged: not JSON ({error}); run the sweep again") from error
    try:
        if not all({"file", "marker", "category"} <= track.keys() for track in found["tracks"]):
            raise KeyError("tracks")
        record = found.get("record", found)
        tracks = [{**track, "values": kind_of(record, track)} for track in found["tracks"]]
        predicted = not tracks or any(track["values"] in PREDICTED for track in tracks)
        kind = "sweep" if predicted else "saliency sweep"
        if record is found:
            return {"kind": kind, **found, "tracks": tracks}
        made = sum(1 for _ in path.parent.glob("shards/*.shard"))
        shards = {"made": made, "in all": len(found["chunks"])}
        return {"kind": f"{kind} at work", "shards": shards, **record, "tracks": tracks}
    except (KeyError, TypeError, AttributeError) as error:
        raise TrackError(f"{path} is damaged: it holds no record; run the sweep again") from error
