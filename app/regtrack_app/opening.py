"""Where a page opens if its address names no region: at something worth seeing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from regtrack.compare.sources import Sources
from regtrack.compare.windows import Windows, windows_of
from regtrack.dataset.store import TILE
from regtrack.errors import DatasetError, RegtrackError
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.tracks.catalog import Track
from regtrack_app.regions import between, mid_chromosome

_SPLITS = ("test", "valid", None)  # held out first; None: all windows
# reads are bounded, however many chromosomes there are
_MOST_CHROMS = 24
_MOST_WINDOWS = 8  # per chromosome
_MOST_TRACKS = 12
_BINS = 1_000


def opening(sources: Sources, marker: str | None) -> Interval:
    """A region where a marker is labelled and its models, if there are any, have values.

    This is a window of the test split, else of validation, else any, where the most tracks have
    values, on the first chromosome that has one; among these, the window whose labelled fraction
    is closest to a half, so that both labelled and other bases are seen. Without such a window it
    is where a track is highest; without values, mid-chromosome. Only a few bins are read.

    Args:
        sources: what may be shown.
        marker: its name; None for tracks without a marker.
    """
    covered = _Covered(sources, _tracks(sources, marker))
    try:
        found = [*_labelled_window(sources, marker, covered)] or [*_highest(sources, covered)]
    except RegtrackError:  # a file was removed or is damaged; its row will say so
        found = []
    return found[0] if found else mid_chromosome(sources.assembly)


def _tracks(sources: Sources, marker: str | None) -> list[Track]:
    """The tracks in a view of a marker."""
    catalog = sources.catalog
    found = [catalog.find(model.id, marker) for model in catalog.models if marker is not None]
    return [track for track in found if track is not None] or list(catalog.others)


class _Covered:
    """Where tracks have values, as far as bins show it.

    Attributes:
        tracks: whose values.
    """

    def __init__(self, sources: Sources, tracks: Sequence[Track]) -> None:
        self._sources, self.tracks = sources, tracks[:_MOST_TRACKS]

    @cached_property
    def chroms(self) -> tuple[str, ...]:
        """The chromosomes on which the most tracks may have values, in the assembly's order."""
        names = self._sources.assembly.names
        counts = np.zeros(len(names), dtype=np.int64)
        for track in self.tracks:
            counts += self._sources.chroms_with_values(track.id)
        first = np.flatnonzero(counts == counts.max())[:_MOST_CHROMS]
        return tuple(names[number] for number in first.tolist())

    def where(self, chrom: str) -> Intervals:
        """Where on a chromosome the most tracks have values."""
        length = self._sources.assembly.length(chrom)
        found = [self._sources.bins(track.id, chrom, 0, length, _BINS) for track in self.tracks]
        counts = np.sum([np.isfinite(bins.mean) for bins in found], axis=0)
        bins = Intervals.from_mask((counts == counts.max()) & (counts > 0))
        step = found[0].step
        return Intervals.merged(
            np.floor(bins.starts * step).astype(np.int64),
            np.minimum(np.ceil(bins.ends * step), length).astype(np.int64),
        )

    def has_values(self, window: Interval) -> bool:
        """Whether a track has a value in a window."""
        place = (window.chrom, window.start, window.end)
        bins = (self._sources.bins(track.id, *place, _BINS) for track in self.tracks)
        return not self.tracks or any(np.isfinite(found.mean).any() for found in bins)


def _labelled_window(sources: Sources, marker: str | None, covered: _Covered) -> Iterator[Interval]:
    """The labelled window to open at, if there is one."""
    if marker is None or not sources.has_labels(marker):
        return
    windows = windows_of(sources)
    for split in _SPLITS:
        try:
            chosen = windows.chosen(split)
        except DatasetError:  # that split is empty
            continue
        names = np.unique(chosen.chroms).tolist()
        if covered.tracks:
            names = [number for number in names if chosen.names[number] in covered.chroms]
        for number in names[:_MOST_CHROMS]:
            here = chosen.take(np.flatnonzero(chosen.chroms == number))
            if covered.tracks:
                there = covered.where(chosen.names[number])
                has = there.covered_below(here.ends) > there.covered_below(here.starts)
                here = here.take(np.flatnonzero(has))
            for window in _by_share(sources, marker, here):
                if covered.has_values(window):
                    yield window
                    return


def _by_share(sources: Sources, marker: str, windows: Windows) -> list[Interval]:
    """The labelled windows of one chromosome, those closest to half labelled first."""
    assert sources.labels is not None
    if len(windows) == 0:
        return []
    chrom = windows.names[windows.chroms[0]]
    length = sources.assembly.length(chrom)
    starts, ends = windows.starts, np.minimum(windows.ends, length)
    stretches = sources.labels.stretches(marker, chrom, 0, length)
    labelled = stretches.covered_below(ends) - stretches.covered_below(starts)
    order = np.argsort(np.abs(labelled / windows.length - 0.5), kind="stable")
    order = order[labelled[order] > 0][:_MOST_WINDOWS]
    return [Interval(chrom, int(starts[at]), int(ends[at])) for at in order]


def _highest(sources: Sources, covered: _Covered) -> Iterator[Interval]:
    """A region around the highest value of a track, on the first chromosome with any."""
    for chrom in covered.chroms:
        length = sources.assembly.length(chrom)
        for track in covered.tracks:
            low, high = 0, length
            peaks = sources.bins(track.id, chrom, low, high, _BINS)
            if not np.isfinite(peaks.high).any():
                continue
            while high - low > TILE and np.isfinite(peaks.high).any():
                at = int(np.nanargmax(np.where(np.isfinite(peaks.high), peaks.high, np.nan)))
                low, high = (round(peaks.start + edge * peaks.step) for edge in (at, at + 1))
                peaks = sources.bins(track.id, chrom, low, min(high, length), _BINS)
            middle = (low + high) // 2
            yield between(chrom, middle - TILE // 2, middle + TILE // 2, length)
            return
