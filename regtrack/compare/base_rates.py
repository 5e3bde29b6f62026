"""What a score is compared with: the base rate of a marker's labels, or a track's own median."""

from __future__ import annotations

import threading

import numpy as np

from regtrack.compare.sources import Sources
from regtrack.compare.windows import windows_of
from regtrack.genome.intervals import Positions

_BINS = 2_000  # of the longest chromosome, for medians
_CHROMS = 24


class BaseRates:
    """Base rates of markers and medians of tracks, each found once; thread-safe.

    Args:
        sources: the tracks and labels.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._rates: dict[str, float] = {}
        self._medians: dict[str, float] = {}

    def rate(self, marker: str) -> float | None:
        """The labelled fraction of the bases of all windows; None without any labelled base.

        Raises:
            PeakFileError: its peak file cannot be read.
        """
        if not self._sources.has_labels(marker):
            return None
        if marker not in self._rates:
            found = self._labelled(marker)
            with self._lock:
                self._rates[marker] = found
        return self._rates[marker] or None

    def median(self, track_id: str) -> float | None:
        """The median of a track's means in equal bins; None if it is not above 0.

        Raises:
            TrackError: no such track, or its file was removed or is damaged.
        """
        if track_id not in self._medians:
            found = self._middle(track_id)
            with self._lock:
                self._medians[track_id] = found
        return self._medians[track_id] or None

    def _labelled(self, marker: str) -> float:
        windows = windows_of(self._sources)
        total = 0
        for number in np.unique(windows.chroms).tolist():
            chrom = windows.names[number]
            here: Positions = np.flatnonzero(windows.chroms == number)
            starts, ends = windows.starts[here], windows.ends[here]
            stretches = self._sources.labelled(marker, chrom, 0, int(ends.max()))
            total += int((stretches.covered_below(ends) - stretches.covered_below(starts)).sum())
        return total / max(windows.bases, 1)

    def _middle(self, track_id: str) -> float:
        sources = self._sources
        there = np.flatnonzero(sources.chroms_with_values(track_id))[:_CHROMS]
        found = []
        lengths = sources.assembly.lengths
        longest = max((lengths[number] for number in there.tolist()), default=1)
        for number in there.tolist():
            chrom, length = sources.assembly.names[number], lengths[number]
            count = -(-_BINS * length // longest)  # bins of about the same width everywhere
            means = sources.bins(track_id, chrom, 0, length, count).mean
            found.append(means[np.isfinite(means)])
        values = np.concatenate(found) if found else np.zeros(0)
        return max(float(np.median(values)), 0.0) if len(values) else 0.0
