"""Match checkpoints with the sweeps they made, and find models trained on another dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from regtrack.checkpoint_header import CheckpointHeader, checkpoint_file, read_header
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import CheckpointError, NetworkError
from regtrack.files.shown import shown
from regtrack.network_name import NetworkName, SweptNetwork
from regtrack.tracks.catalog import ModelTracks

Maker = Path | SweptNetwork
"""What made a sweep: a checkpoint's file, or a network of the user's own."""


def trained_elsewhere(models: Sequence[ModelTracks], dataset: Dataset) -> frozenset[str]:
    """Ids of the models that were trained on another dataset than this one.

    Models whose sweeps do not name a training dataset are left out.
    """
    known = {None, dataset_digest(dataset)}
    return frozenset(model.id for model in models if model.record.checkpoint.dataset not in known)


def match_checkpoints(
    models: Sequence[ModelTracks], given: Sequence[str | Path | NetworkName]
) -> dict[str, Maker]:
    """The checkpoint of each model, by the model's id: the one that made its sweep.

    Raises:
        CheckpointError: a checkpoint that cannot be read, or that made none of the sweeps.
        NetworkError: a network of the user's own that made none of the sweeps.
    """
    found: dict[str, Maker] = {}
    for one in given:
        if isinstance(one, NetworkName):
            found |= _made_by_network(models, one)
            continue
        path = Path(one)
        file = checkpoint_file(path)
        header = read_header(file)
        with file.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        made = [model for model in models if _made_by(model) == sha256]
        if not made:
            made = _possible(models, header, file)
        found |= {model.id: file.resolve() for model in made}
    return found


def _made_by_network(models: Sequence[ModelTracks], name: NetworkName) -> dict[str, SweptNetwork]:
    """The models that a network of the user's own made, or could have made, by id.

    A sweep of an object of Python names no function; its weights are compared later.
    """
    records = {model.id: model.record.checkpoint for model in models}
    made = [
        model
        for model, by in records.items()
        if by.function == name.function
        # a file has settings of its own, and weights, which are compared later
        and (name.checkpoint is not None or (by.settings or {}) == name.keywords)
    ]
    unnamed = [
        model for model, by in records.items() if not (by.function or by.sha256) and by.weights
    ]
    if not made and len(unnamed) == 1:
        made = unnamed
    if not made:
        raise NetworkError(
            f"{shown(str(name))} made none of the sweeps given (of {_names(models)}); name the "
            "function and the settings that did"
        )
    return {model: SweptNetwork(name, records[model].weights) for model in made}


def _made_by(model: ModelTracks) -> str | None:
    return model.record.checkpoint.sha256


def _possible(
    models: Sequence[ModelTracks], header: CheckpointHeader, file: Path
) -> list[ModelTracks]:
    """The only sweep without a named checkpoint that this checkpoint could have made."""
    markers = {marker.name for marker in header.markers}
    possible = [
        model
        for model in models
        if _made_by(model) is None
        and model.architecture == header.model
        and {track.marker for track in model.tracks} <= markers
    ]
    if len(possible) != 1:
        raise CheckpointError(
            f"{file} made none of the sweeps given (of {_names(models)}); name the "
            "checkpoint that did"
        )
    return possible


def _names(models: Sequence[ModelTracks]) -> str:
    return ", ".join(model.label for model in models) or "no model"
