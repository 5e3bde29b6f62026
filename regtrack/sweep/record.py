"""The record of all that determines the bytes of a sweep, and the differences between two."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from regtrack.checkpoint import Checkpoint, model_digest
from regtrack.files.shown import shown
from regtrack.files.source import sha256_of
from regtrack.genome.reference import Reference
from regtrack.predict.ensemble import NamedEnsemble
from regtrack.predict.network import seam_of, traits_of
from regtrack.predict.opening import Opened
from regtrack.sweep.computation import Computation
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.request import SweepRequest
from regtrack.version import __version__

FORMAT = 6


def make_record(
    checkpoint: Opened,
    reference: Reference,
    plan: SweepPlan,
    computation: Computation,
    request: SweepRequest,
) -> dict[str, Any]:
    """All that determines the bytes of a sweep, as JSON-serialisable values.

    A checkpoint that is not a file has no path or file digest, only the digest of its weights, and
    a network of the user's own that and its description.
    """
    selection = request.selection
    fixed = chosen_by_user(checkpoint, computation, request)
    record = {
        **fixed,
        "format": FORMAT,
        "versions": _versions(),
        "checkpoint": _maker(checkpoint),
        "reference": {
            "path": str(reference.path),
            "sha256": reference.digest(),
            "assembly": reference.assembly.digest,
        },
        "regions": selection.regions and _file(selection.regions),
        "exclude": selection.exclude and _file(selection.exclude),
        "plan": plan.to_dict() | fixed["plan"],
    }
    if computation.device.type == "cuda":  # cuDNN chooses kernels by the GPU
        name = torch.cuda.get_device_name(computation.device)
        cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
        record["gpu"] = {"name": name, "cudnn": cudnn}
    if traits_of(computation.model).whole:
        record["seam"] = seam_of(computation.model)
    if selection.region:
        record["region"] = selection.region
    if computation.compiled:
        record["compiled"] = computation.compiled
    plain: dict[str, Any] = json.loads(json.dumps(record))
    return plain


@cache
def _versions() -> dict[str, str]:
    """The versions of what computes the bytes; kept, since to look them up takes milliseconds."""
    return {"regtrack": __version__} | {name: version(name) for name in ("torch", "numpy")}


def _maker(network: Opened) -> dict[str, Any]:
    """What identifies the network; of several, what identifies each."""
    if isinstance(network, NamedEnsemble):
        members = {str(number): _maker(one) for number, one in enumerate(network.members, 1)}
        weights = hashlib.sha256("".join(one["weights"] for one in members.values()).encode())
        trained_on = {one.header.trained_on for one in network.members}
        return {
            "weights": weights.hexdigest(),
            "model": network.model.name,
            "config": members,
            "dataset": trained_on.pop() if len(trained_on) == 1 else None,
        }
    if not isinstance(network, Checkpoint):
        return network.record()
    made = (_file(network.path) if network.path else {}) | {
        "weights": model_digest(network.model),
        "model": network.model.name,
        "config": network.model.config,
        "dataset": network.header.trained_on,
    }
    if network.calibration is not None:
        made["calibration"] = dict(network.calibration.name)
    return made


def chosen_by_user(
    checkpoint: Opened, computation: Computation, request: SweepRequest
) -> dict[str, Any]:
    """The part of the record that does not depend on what `auto` chooses."""
    return {
        "markers": [checkpoint.marker_names[row] for row in computation.rows],
        "values": computation.values,
        "keep_bits": request.storage.keep_bits,
        "precision": computation.precision,
        "device": computation.device.type,
        "plan": {
            "window": request.compute.window,
            "resolution": request.storage.resolution,
            "both_strands": computation.both_strands,
        },
    }


def digest(record: Mapping[str, Any]) -> str:
    """SHA-256 of a record without its paths, so that a moved sweep keeps its digest."""
    text = json.dumps(sorted(_leaves(record)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two records, apart from paths, as text; long values are cut.

    >>> differences({"plan": {"window": 500}, "path": "a"}, {"plan": {"window": 940}, "path": "b"})
    ['plan.window was 500 and is 940']
    """
    old, new = dict(_leaves(before)), dict(_leaves(now))
    return [
        f"{name} was {shown(old.get(name, 'missing'))} and is {shown(new.get(name, 'missing'))}"
        for name in [*old, *(new.keys() - old.keys())]
        if old.get(name) != new.get(name)
    ]


def agrees(record: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    """Whether a record contains all values of a part of a record.

    >>> agrees({"plan": {"window": 500, "flank": 20}, "device": "cpu"}, {"plan": {"window": 500}})
    True
    """
    return set(_leaves(part)) <= set(_leaves(record))


def _leaves(value: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if key == "path":
            continue
        if isinstance(inner, Mapping):
            yield from _leaves(inner, f"{name}{key}.")
        else:
            yield name + key, json.dumps(inner)


def _file(path: Path) -> dict[str, str]:
    return {"path": str(path), "sha256": sha256_of(path)}
