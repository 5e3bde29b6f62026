"""Exact values and labels of a region as text: CSV, and bedGraph with BED."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regtrack.compare.browser_tracks import session_track
from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Positions
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.catalog import Track

# what begins a formula in spreadsheets (OWASP, CSV injection)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SPECIAL = frozenset(',"\r\n\t')
_Column = npt.NDArray[np.float32] | npt.NDArray[np.int32]


def region_csv(
    sources: Sources, region: Interval, track_ids: Sequence[str], markers: Sequence[str] = ()
) -> str:
    """Exact values of tracks over a region as CSV.

    Each row is a run of bases with equal values: chrom, start and end (bp, 0-based and half-open),
    one column per track, empty if absent, and one column `label.<marker>` per marker, 0 or 1. A
    name that a spreadsheet would run as a formula gets a quotation mark (') before it; numbers are
    left as they are. The text takes up to 60 bytes per base for three tracks.

    Args:
        sources: the tracks and labels.
        region: the region to export.
        track_ids: ids of tracks, one column each.
        markers: names of markers whose labels are exported too.

    Raises:
        DatasetError: there are no labels of any marker.
        TrackError: a track is not known or cannot be read.
        MarkerError: a marker has no labels.
    """
    columns: list[_Column] = [_values(sources, region, track_id) for track_id in track_ids]
    names = list(track_ids)
    for marker in markers:
        stretches = _labels(sources, region, marker)
        columns.append(stretches.mask(region.start, region.end).astype(np.int32))
        names.append(f"label.{marker}")
    starts, ends = _runs(columns, len(region))
    places = zip((starts + region.start).tolist(), (ends + region.start).tolist(), strict=True)
    cells = zip(*(_texts(column[starts]) for column in columns), strict=True) if columns else [()]
    chrom = _cell(region.chrom)
    lines = [",".join(["chrom", "start", "end", *map(_cell, names)])]
    lines += [
        ",".join((chrom, str(low), str(high), *row))
        for (low, high), row in zip(places, cells, strict=True)
    ]
    return "".join(f"{line}\n" for line in lines)


def region_bed(
    sources: Sources, region: Interval, track_ids: Sequence[str], markers: Sequence[str] = ()
) -> str:
    """Exact values of tracks over a region as bedGraph, and labels as BED.

    Each begins with a `track` line for genome browsers. Bases without a value have no line.

    Args:
        sources: the tracks and labels.
        region: the region to export.
        track_ids: ids of tracks, from top to bottom.
        markers: names of markers whose labels follow.

    Raises:
        DatasetError: there are no labels of any marker.
        TrackError: a track is not known or cannot be read.
        MarkerError: a marker has no labels.
    """
    lines = []
    for track_id in track_ids:
        values = _values(sources, region, track_id)
        lines.append(_head(sources, sources.catalog.track(track_id)))
        starts, ends = _runs([values], len(region))
        places = zip((starts + region.start).tolist(), (ends + region.start).tolist(), strict=True)
        lines += [
            f"{region.chrom}\t{low}\t{high}\t{text}"
            for (low, high), text in zip(places, _texts(values[starts]), strict=True)
            if text
        ]
    for marker in markers:
        lines.append(f'track name="{_quoted(marker)} labels"')
        for low, high in _labels(sources, region, marker):
            lines.append(f"{region.chrom}\t{low}\t{high}\t{marker}")
    return "".join(f"{line}\n" for line in lines)


def _values(sources: Sources, region: Interval, track_id: str) -> Values:
    return sources.values(track_id, region.chrom, region.start, region.end)


def _labels(sources: Sources, region: Interval, marker: str) -> Intervals:
    return sources.labelled(marker, region.chrom, region.start, region.end)


def _runs(columns: Sequence[_Column], length: int) -> tuple[Positions, Positions]:
    """Starts and ends of the runs of bases at which no column changes."""
    changes = np.zeros(length - 1, dtype=bool)
    for column in columns:
        bits = column.view(np.uint32)  # so that NaN equals NaN
        changes |= bits[1:] != bits[:-1]
    edges = np.concatenate([[0], np.flatnonzero(changes) + 1, [length]]).astype(np.int64)
    return edges[:-1], edges[1:]


def _texts(values: _Column) -> list[str]:
    """The shortest decimal of each float32; empty if it is not finite."""
    texts: list[str] = np.where(np.isfinite(values), values.astype(str), "").tolist()
    return texts


def _cell(name: str) -> str:
    """A name as a cell of CSV that no spreadsheet takes for a formula.

    >>> _cell("chr1"), _cell("=1+2"), _cell("a,b")
    ('chr1', "'=1+2", '"a,b"')
    """
    name = f"'{name}" if name.startswith(_FORMULAS) else name
    return '"{}"'.format(name.replace('"', '""')) if _SPECIAL.intersection(name) else name


def _head(sources: Sources, track: Track) -> str:
    """UCSC's `track` line, with one colour for values above and below 0."""
    rgb = session_track(sources, track, "").rgb
    return f'track type=bedGraph name="{_quoted(track.label)}" color={rgb} altColor={rgb}'


def _quoted(text: str) -> str:
    return text.replace('"', "'")
