"""sweep.json: what made the tracks beside it, in numbers and digests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from regtrack.checkpoint import Checkpoint
from regtrack.genome.reference import Reference
from regtrack.sweep.compute import Scorer
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.summary import SweepSummary
from regtrack.version import __version__

SWEEP_FILE = "sweep.json"
FORMAT = 1


def provenance(
    checkpoint: Checkpoint,
    reference: Reference,
    *,
    regions: Path | None = None,
    exclude: Path | None = None,
) -> dict[str, Any]:
    """The inputs of a sweep by path and SHA-256; a checkpoint that is no file has neither."""
    return {
        "checkpoint": (_file(checkpoint.path) if checkpoint.path else {})
        | {"model": checkpoint.model.name, "config": checkpoint.model.config},
        "reference": {
            "path": str(reference.path),
            "sha256": reference.digest(),
            "assembly": reference.assembly.digest,
        },
        "regions": regions and _file(regions),
        "exclude": exclude and _file(exclude),
    }


def write_record(
    folder: Path,
    made_from: dict[str, Any],
    plan: SweepPlan,
    scorer: Scorer,
    summary: SweepSummary,
) -> None:
    """Write sweep.json; the same sweep writes the same bytes."""
    record = {
        "format": FORMAT,
        "versions": {"regtrack": __version__}
        | {name: version(name) for name in ("torch", "numpy", "pyBigWig")},
        **made_from,
        "plan": plan.to_dict(),
        "precision": scorer.precision,
        "device": str(scorer.device),
        "bases": summary.bases,
        "absent": summary.absent,
        "tracks": [asdict(track) for track in summary.tracks],
    }
    (folder / SWEEP_FILE).write_text(json.dumps(record, indent=2) + "\n")


def _file(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {"path": str(path), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
