"""The identity of a dataset, independent of where it is stored."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from regtrack.dataset.store import Dataset


def dataset_digest(dataset: Dataset) -> str:
    """A short digest of the windows, splits and labels, from the inputs of the build.

    The folder's name and the version of regtrack that built it have no effect.
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
