"""Say how much of a peak or BED file was used."""

from __future__ import annotations

import logging
from pathlib import Path

from regtrack.labels.peaks import Peaks

_log = logging.getLogger(__name__)


def report_peaks(path: Path, peaks: Peaks) -> None:
    """Log in one line how many of a file's lines were used, clipped, and dropped by reason."""
    counts = peaks.counts
    names = next(
        (f'; its names such as "{a}" are read as "{b}"' for a, b in peaks.bridged.items()), ""
    )
    noteworthy = counts.used < counts.read or counts.clipped or names
    level = logging.WARNING if noteworthy else logging.INFO
    _log.log(level, "%s: %s%s", path, counts.text(peaks.unknown), names)
