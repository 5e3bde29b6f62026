"""Where a page opens if its address names no region: at something worth seeing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from regtrack.compare.sources import Sources
from regtrack.compare.windows import Windows, windows_of
from regtrack.dataset.store import TILE
from regtrack.errors import DatasetError, RegtrackError
from regtrack.genome.interval import Interval
from regtrack.tracks.catalog import Track
from regtrack_app.regions import between, mid_chromosome

_SPLITS = ("test", "valid", None)  # held out first; None: all windows
# reads are bounded, however many chromosomes there are
_MOST_CHROMS = 24
_MOST_WINDOWS = 4  # per chromosome
_BINS = 1_000


def opening(sources: Sources, marker: str | None) -> Interval:
    """A region where a marker is labelled and a model of it, if there is one, has values.

    This is a window of the test split, else of validation, else any, on the first chromosome that
    has one; among these, the window whose labelled fraction is closest to a half, so that both
    labelled and other bases are seen. Without labels it is where a track is highest; without
    values, mid-chromosome. Only a few bins of the tracks are read.

    Args:
        sources: what may be shown.
        marker: its name; None for tracks without a marker.
    """
    tracks = _tracks(sources, marker)
    try:
        found = [*_labelled_window(sources, marker, tracks)] or [*_highest(sources, tracks)]
    except RegtrackError:  # a file was removed or is damaged; its row will say so
        found = []
    return found[0] if found else mid_chromosome(sources.assembly)


def _tracks(sources: Sources, marker: str | None) -> list[Track]:
    """The tracks in a view of a marker."""
    catalog = sources.catalog
    found = [catalog.find(model.id, marker) for model in catalog.models if marker is not None]
    return [track for track in found if track is not None] or list(catalog.others)


def _labelled_window(
    sources: Sources, marker: str | None, tracks: Sequence[Track]
) -> Iterator[Interval]:
    """The labelled window to open at, if there is one."""
    if marker is None or not sources.has_labels(marker):
        return
    windows = windows_of(sources)
    for split in _SPLITS:
        try:
            chosen = windows.chosen(split)
        except DatasetError:  # that split is empty
            continue
        for number in np.unique(chosen.chroms)[:_MOST_CHROMS]:
            here = chosen.take(np.flatnonzero(chosen.chroms == number))
            for window in _by_share(sources, marker, here):
                if _has_values(sources, tracks, window):
                    yield window
                    return


def _by_share(sources: Sources, marker: str, windows: Windows) -> list[Interval]:
    """The labelled windows of one chromosome, those closest to half labelled first."""
    assert sources.labels is not None
    chrom = windows.names[windows.chroms[0]]
    length = sources.assembly.length(chrom)
    starts, ends = windows.starts, np.minimum(windows.ends, length)
    stretches = sources.labels.stretches(marker, chrom, 0, length)
    labelled = stretches.covered_below(ends) - stretches.covered_below(starts)
    order = np.argsort(np.abs(labelled / windows.length - 0.5), kind="stable")
    order = order[labelled[order] > 0][:_MOST_WINDOWS]
    return [Interval(chrom, int(starts[at]), int(ends[at])) for at in order]


def _has_values(sources: Sources, tracks: Sequence[Track], window: Interval) -> bool:
    place = (window.chrom, window.start, window.end)
    return not tracks or any(
        np.isfinite(sources.bins(track.id, *place, _BINS).mean).any() for track in tracks
    )


def _highest(sources: Sources, tracks: Sequence[Track]) -> Iterator[Interval]:
    """A region around the highest value of the first track, on the first chromosome with any."""
    for chrom in sources.assembly.names[:_MOST_CHROMS] if tracks else ():
        length = sources.assembly.length(chrom)
        low, high = 0, length
        peaks = sources.bins(tracks[0].id, chrom, low, high, _BINS)
        if not np.isfinite(peaks.high).any():
            continue
        while high - low > TILE and np.isfinite(peaks.high).any():
            at = int(np.nanargmax(peaks.high))
            low, high = (round(peaks.start + edge * peaks.step) for edge in (at, at + 1))
            peaks = sources.bins(tracks[0].id, chrom, low, min(high, length), _BINS)
        middle = (low + high) // 2
        yield between(chrom, middle - TILE // 2, middle + TILE // 2, length)
        return
