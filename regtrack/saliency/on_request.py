"""Saliency of one region after another, by a process that keeps the networks it has read."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import cast

from regtrack.checkpoint import Checkpoint, load_checkpoint
from regtrack.errors import NetworkError
from regtrack.genome.interval import Interval
from regtrack.network_name import SweptNetwork
from regtrack.predict.foreign import ForeignNetwork, module_digest
from regtrack.predict.named import NetworkSource
from regtrack.predict.network import SequenceNetwork
from regtrack.predict.redescribed import Redescribed
from regtrack.progress import SILENT, Progress
from regtrack.saliency.method import GRADIENT_X_INPUT
from regtrack.saliency.region import saliency_of_region
from regtrack.saliency.values import Saliency

_KEPT = 4  # networks
_AROUND = 2  # networks that a sweep may put around one: with another step, and another scale


def explain_region(
    checkpoint: Path | SweptNetwork,
    reference: Path,
    region: Interval,
    marker: str,
    *,
    progress: Progress = SILENT,
) -> Saliency:
    """Gradient × input of a region, for the positions that `saliency_of_region` explains.

    Args:
        checkpoint: the network's file, or its run's folder; read again only after it changed. Or a
            network of the user's own, which is made once.
        reference: a FASTA.
        region: the bases shown.
        marker: the name of the marker.
        progress: names each stage, and shows the bp of outputs done.

    Raises:
        RegtrackError: as `saliency_of_region`.
        NetworkError: a network of other weights than those of the sweep.
    """
    with progress.task("reading the checkpoint", None, ""):
        network = (
            _made(checkpoint)
            if isinstance(checkpoint, SweptNetwork)
            else _read(checkpoint, _stamp(checkpoint))
        )
    with progress.task("scoring the region", None, ""):
        pass  # this is what it does until the gradients have a task of their own
    return saliency_of_region(
        network, reference, region, marker, method=GRADIENT_X_INPUT.name, progress=progress
    )


def _stamp(checkpoint: Path) -> int:
    """When a checkpoint was written; 0 if there is none."""
    file = checkpoint / "checkpoint.safetensors" if checkpoint.is_dir() else checkpoint
    return file.stat().st_mtime_ns if file.is_file() else 0


@lru_cache(_KEPT)
def _made(swept: SweptNetwork) -> ForeignNetwork:
    """The network of a sweep, if it has its weights."""
    name = swept.name
    made = NetworkSource(name.function, name.settings, name.checkpoint).make()
    network = cast(SequenceNetwork, made.model.network)
    known = {None, module_digest(made.model.network)}
    for _ in range(_AROUND):
        network = Redescribed(network, network.description)
        known.add(module_digest(network))
    if swept.weights not in known:
        raise NetworkError(
            f"{name.function} makes a network of other weights than those of the sweep; name the "
            "function and the settings that made it"
        )
    return made


@lru_cache(_KEPT)
def _read(checkpoint: Path, _stamp: int) -> Checkpoint:
    return load_checkpoint(checkpoint)
