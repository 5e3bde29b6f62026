"""The cache: files that regtrack can make again."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from regtrack.genome.stamp import take_stamp


def cache_folder() -> Path:
    """The folder of the cache: `$REGTRACK_CACHE`, else `~/.cache/regtrack`."""
    if named := os.environ.get("REGTRACK_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "regtrack"


def cached(path: Path, suffix: str) -> Path:
    """A path in the cache for what is made of a file, which changes when the file does.

    Raises:
        OSError: the file cannot be read.
    """
    stamp = take_stamp(path)
    key = f"{path.resolve()}\t{stamp.size}\t{stamp.modified}\t{stamp.digest}"
    digest = hashlib.sha256(os.fsencode(key)).hexdigest()[:12]
    return cache_folder() / "references" / f"{path.name.split('.')[0]}-{digest}{suffix}"
