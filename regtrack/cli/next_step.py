"""The command that a finished one proposes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def evaluation_of(dataset: Path, run: str, sizes: Mapping[str, int]) -> str:
    """The command that scores a run on a held-out split that has windows.

    >>> evaluation_of(Path("data"), "run", {"train": 8, "valid": 2, "test": 0})
    'regtrack evaluate data run --split valid'
    """
    split = next(name for name in ("test", "valid", "train") if sizes[name])
    return f"regtrack evaluate {dataset} {run}" + f" --split {split}" * (split != "test")
