"""What a file or folder of regtrack holds, told without loading torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from regtrack.checkpoint_header import read_header
from regtrack.dataset.store import Dataset
from regtrack.errors import RegtrackError, TrackError
from regtrack.tracks.bigwig.read import open_bigwig


def describe(path: str | Path) -> dict[str, Any]:
    """What stands at a path, as JSON can hold it; the first key is its kind.

    Args:
        path: a dataset, a checkpoint or the run that holds one, a sweep, or a bigWig.

    Raises:
        RegtrackError: nothing that regtrack knows, or something damaged.
    """
    path = Path(path)
    if not path.exists():
        raise RegtrackError(f"nothing at {path}; expected a dataset, checkpoint, sweep or bigWig")
    if (path / "dataset.json").is_file():
        return _dataset(path)
    if (path / "sweep.json").is_file():
        return _sweep(path / "sweep.json")
    if (path / "checkpoint.safetensors").is_file():
        return _checkpoint(path / "checkpoint.safetensors")
    if path.is_dir():
        raise RegtrackError(
            f"{path} holds no dataset.json, checkpoint.safetensors or sweep.json; expected what a "
            "regtrack command made"
        )
    if path.suffix in {".bw", ".bigwig", ".bigWig"}:
        return _bigwig(path)
    return _checkpoint(path)


def _dataset(path: Path) -> dict[str, Any]:
    dataset = Dataset.open(path)
    return {
        "kind": "dataset",
        "windows": dict(dataset.summary["splits"]),
        "window": dataset.window,
        "split": dataset.spec.split.kind,
        "chromosomes": dataset.assembly.summary(),
        "bases": dataset.assembly.total,
        "bytes": dataset.summary["bytes"],
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


def _bigwig(path: Path) -> dict[str, Any]:
    with open_bigwig(path) as file:
        header, chroms = file.header(), file.chroms()
    return {
        "kind": "bigWig",
        "chromosomes": len(chroms),
        "bases": sum(chroms.values()),
        "bases with a value": header["nBasesCovered"],
        "mean": header["sumData"] / max(header["nBasesCovered"], 1),
        "zoom levels": header["nLevels"],
        "bytes": path.stat().st_size,
    }


def _sweep(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TrackError(f"{path} is damaged: no JSON ({error}); predict again") from error
    if not isinstance(record, dict):
        raise TrackError(f"{path} is damaged: it holds no record; predict again")
    return {"kind": "sweep", **record}
