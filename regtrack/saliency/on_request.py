"""Saliency of one region after another, by a process that keeps the networks it has read."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from regtrack.checkpoint import Checkpoint, load_checkpoint
from regtrack.genome.interval import Interval
from regtrack.progress import SILENT, Progress
from regtrack.saliency.method import GRADIENT_X_INPUT
from regtrack.saliency.region import saliency_of_region
from regtrack.saliency.values import Saliency

_KEPT = 4  # networks


def explain_region(
    checkpoint: Path,
    reference: Path,
    region: Interval,
    marker: str,
    *,
    progress: Progress = SILENT,
) -> Saliency:
    """Gradient × input of a region, for the positions that `saliency_of_region` explains.

    Args:
        checkpoint: the network's file, or its run's folder; read again only after it changed.
        reference: a FASTA.
        region: the bases shown.
        marker: the name of the marker.
        progress: names each stage, and shows the bp of outputs done.

    Raises:
        RegtrackError: as `saliency_of_region`.
    """
    with progress.task("reading the checkpoint", None, ""):
        file = checkpoint / "checkpoint.safetensors" if checkpoint.is_dir() else checkpoint
        stamp = file.stat().st_mtime_ns if file.is_file() else 0
        network = _read(checkpoint, stamp)
    with progress.task("scoring the region", None, ""):
        pass  # this is what it does until the gradients have a task of their own
    return saliency_of_region(
        network, reference, region, marker, method=GRADIENT_X_INPUT.name, progress=progress
    )


@lru_cache(_KEPT)
def _read(checkpoint: Path, _stamp: int) -> Checkpoint:
    return load_checkpoint(checkpoint)
