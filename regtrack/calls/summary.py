"""What was called in each track, and with which thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from regtrack.calls.rule import CallRule
from regtrack.csv_table import write_csv
from regtrack.files.records import to_text

FORMAT = "regtrack calls"
VERSION = 1
CALLS_FILE = "calls.json"


@dataclass(frozen=True, kw_only=True)
class CalledTrack:
    """The peaks of a track.

    Attributes:
        track: the bigWig's file.
        marker: its marker; None for a track of no model.
        narrow_peak, bigbed: the files of peaks.
        peaks: how many there are.
        bases: bases in peaks.
        threshold: a peak has a value of at least this; None: none has the precision.
        precision, recall: of bases of at least the threshold, on the split of the calibration;
            None without a table.
        low_threshold: all bases of a peak have at least this, but for gaps.
        low_precision, low_recall: the same for the lower threshold.
        note: why there is no peak; empty if there are some.
    """

    track: str
    marker: str | None
    narrow_peak: str
    bigbed: str
    peaks: int
    bases: int
    threshold: float | None
    precision: float | None
    recall: float | None
    low_threshold: float | None
    low_precision: float | None
    low_recall: float | None
    note: str = ""


@dataclass(frozen=True)
class CallSummary:
    """Everything that was called.

    Attributes:
        out: the folder.
        rule: what a peak is.
        checkpoints: SHA-256 of the weights that made the tracks, by the folder of the sweep.
        tracks: in order.
        seconds: wall time.
        read: bases of all tracks that were read.
    """

    out: Path
    rule: CallRule
    checkpoints: dict[str, str | None]
    tracks: Sequence[CalledTrack]
    seconds: float
    read: int

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON-serialisable values."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "rule": asdict(self.rule),
            "checkpoints": self.checkpoints,
            "tracks": [asdict(track) for track in self.tracks],
        }

    def write_files(self, folder: Path) -> None:
        """Write calls.json and calls.csv into a folder."""
        (folder / CALLS_FILE).write_text(to_text(self.to_dict()), encoding="utf-8")
        rows = [asdict(track) for track in self.tracks]
        write_csv(folder / "calls.csv", list(rows[0]), rows)
