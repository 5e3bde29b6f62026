"""Check that the disk has space for an output."""

from __future__ import annotations

import shutil
from pathlib import Path

from regtrack.errors import OutputError


def check_disk(
    out: Path,
    needed: int,
    advice: str = "choose fewer markers or chromosomes, or another output",
) -> None:
    """Refuse an output for which the disk has too little free space.

    Args:
        out: the output; neither it nor its parents need exist yet.
        needed: bytes that will be written.
        advice: what to do if they do not fit.

    Raises:
        OutputError: fewer bytes are free.
    """
    folder = folder_for(out)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OutputError(
            f"about {_size(needed)} will be written and {folder} has {_size(free)} free; {advice}"
        )


def folder_for(out: Path) -> Path:
    """The folder that exists and in which an output, or its first missing parent, will be made."""
    return next(parent for parent in out.resolve().parents if parent.exists())


def _size(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
