"""What makes two datasets the same, wherever they lie."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from regtrack.dataset.store import Dataset


def dataset_digest(dataset: Dataset) -> str:
    """A short digest of the windows, splits and labels, by what they were built from.

    Neither the folder's name nor the version of regtrack that built it matters.
    """
    parts = {
        "spec": dataset.spec.to_dict(),
        "assembly": [dataset.assembly.names, dataset.assembly.lengths],
        "markers": [marker.to_dict() for marker in dataset.markers],
        "sources": _without(dataset.provenance, {"path", "regtrack"}),
    }
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, names) for key, inner in value.items() if key not in names}
    if isinstance(value, list):
        return [_without(inner, names) for inner in value]
    return value
