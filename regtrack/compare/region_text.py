"""Exact values, labels and places of a region as text: CSV, and bedGraph with BED.

Regions of any length are read and written in pieces; a run of equal values is never cut by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.compare.annotations import Annotation
from regtrack.compare.browser_tracks import session_track
from regtrack.compare.sources import Sources
from regtrack.errors import harmless
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Positions
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.catalog import Track

# what begins a formula in spreadsheets (OWASP, CSV injection)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SPECIAL = frozenset(',"\r\n\t')
_PIECE = 100_000  # bases
_PLACES = 50_000
_Column = npt.NDArray[np.float32] | npt.NDArray[np.int32]


def region_csv(
    sources: Sources,
    region: Interval,
    track_ids: Sequence[str],
    markers: Sequence[str] = (),
    places: Sequence[str] = (),
) -> str:
    """Exact values of tracks over a region as CSV.

    Each row is a run of bases with equal values: chrom, start and end (bp, 0-based and half-open),
    one column per track, empty if absent, one column `label.<marker>` per marker, 0 or 1, and one
    column `place.<file>` per BED or VCF file, 1 where it has a place. A name
    that a spreadsheet would run as a formula gets a quotation mark (') before it; numbers are left
    as they are. The text takes up to 60 bytes per base for three tracks.

    Args:
        sources: the tracks and labels.
        region: the region to export.
        track_ids: ids of tracks, one column each.
        markers: names of markers whose labels are exported too.
        places: ids of files of places that are exported too.

    Raises:
        DatasetError: there are no labels of any marker.
        TrackError: a track or a file of places is not known, or cannot be read.
        MarkerError: a marker has no labels.
    """
    return "".join(csv_pieces(sources, region, track_ids, markers, places))


def csv_pieces(
    sources: Sources,
    region: Interval,
    track_ids: Sequence[str],
    markers: Sequence[str] = (),
    places: Sequence[str] = (),
) -> Iterator[str]:
    """The text of `region_csv` in pieces, in bounded memory; it raises the same errors."""
    files = [sources.annotation(name) for name in places]

    def read(piece: Interval) -> list[_Column]:
        columns: list[_Column] = [_values(sources, piece, track_id) for track_id in track_ids]
        spans = [*(_labels(sources, piece, name) for name in markers),
                 *(_covered(file, piece) for file in files)]  # fmt: skip
        masks = (span.mask(piece.start, piece.end) for span in spans)
        return [*columns, *(mask.astype(np.int32) for mask in masks)]

    names = [*track_ids, *(f"label.{marker}" for marker in markers),
             *(f"place.{name}" for name in places)]  # fmt: skip
    head = ",".join(["chrom", "start", "end", *map(_cell, names)]) + "\n"
    chrom = _cell(region.chrom)
    for starts, ends, columns in _runs(region, read):
        if len(starts):
            yield head + _lines(",", chrom, starts, ends, map(_texts, columns))
            head = ""


def region_bed(
    sources: Sources,
    region: Interval,
    track_ids: Sequence[str],
    markers: Sequence[str] = (),
    places: Sequence[str] = (),
) -> str:
    """Exact values of tracks over a region as bedGraph, and labels as BED.

    Each begins with a `track` line for genome browsers. Bases without a value have no line. Places
    of files are whole, also those that begin or end elsewhere.

    Args:
        sources: the tracks and labels.
        region: the region to export.
        track_ids: ids of tracks, from top to bottom.
        markers: names of markers whose labels follow.
        places: ids of files of places, which come last.

    Raises:
        DatasetError: there are no labels of any marker.
        TrackError: a track or a file of places is not known, or cannot be read.
        MarkerError: a marker has no labels.
    """
    return "".join(bed_pieces(sources, region, track_ids, markers, places))


def bed_pieces(
    sources: Sources,
    region: Interval,
    track_ids: Sequence[str],
    markers: Sequence[str] = (),
    places: Sequence[str] = (),
) -> Iterator[str]:
    """The text of `region_bed` in pieces, in bounded memory; it raises the same errors."""
    for track_id in track_ids:
        head = _head(sources, sources.catalog.track(track_id)) + "\n"

        def read(piece: Interval, track_id: str = track_id) -> list[_Column]:
            return [_values(sources, piece, track_id)]

        for starts, ends, (values,) in _runs(region, read):
            there = np.isfinite(values)
            texts = _texts(values[there])
            yield head + _lines("\t", region.chrom, starts[there], ends[there], [texts])
            head = ""
    for marker in markers:
        labelled = _labels(sources, region, marker)
        yield f'track name="{_quoted(marker)} labels"\n' + "".join(
            f"{region.chrom}\t{low}\t{high}\t{marker}\n" for low, high in labelled
        )
    for file in map(sources.annotation, places):
        yield from _place_pieces(file, region)


def _place_pieces(file: Annotation, region: Interval) -> Iterator[str]:
    found = file.on(region)
    yield f'track name="{_quoted(file.label)}"\n'
    for first in range(0, len(found.names), _PLACES):
        part = slice(first, first + _PLACES)
        rows = zip(
            found.starts[part].tolist(), found.ends[part].tolist(), found.names[part], strict=True
        )
        yield "".join(f"{region.chrom}\t{low}\t{high}\t{name or '.'}\n" for low, high, name in rows)


def _covered(file: Annotation, region: Interval) -> Intervals:
    found = file.on(region)
    return Intervals.merged(found.starts, found.ends)


def _values(sources: Sources, region: Interval, track_id: str) -> Values:
    return sources.values(track_id, region.chrom, region.start, region.end)


def _labels(sources: Sources, region: Interval, marker: str) -> Intervals:
    return sources.labelled(marker, region.chrom, region.start, region.end)


_Run = tuple[Positions, Positions, list[_Column]]


def _runs(region: Interval, read: Callable[[Interval], list[_Column]]) -> Iterator[_Run]:
    """Starts, ends (bp) and values of the runs of bases at which no column changes, in pieces."""
    held: _Run | None = None  # the last run, which may go on
    for start in range(region.start, region.end, _PIECE):
        piece = Interval(region.chrom, start, min(start + _PIECE, region.end))
        found = _runs_of(read(piece), piece)
        starts, ends, columns = found if held is None else _joined(held, found)
        yield starts[:-1], ends[:-1], [column[:-1] for column in columns]
        held = starts[-1:], ends[-1:], [column[-1:] for column in columns]
    if held is not None:
        yield held


def _runs_of(columns: list[_Column], piece: Interval) -> _Run:
    changes = np.zeros(len(piece) - 1, dtype=bool)
    for column in columns:
        bits = column.view(np.uint32)  # so that NaN equals NaN
        changes |= bits[1:] != bits[:-1]
    edges = np.concatenate([[0], np.flatnonzero(changes) + 1, [len(piece)]]).astype(np.int64)
    starts = edges[:-1]
    return starts + piece.start, edges[1:] + piece.start, [column[starts] for column in columns]


def _joined(last: _Run, found: _Run) -> _Run:
    """A run and those after it; it becomes one with the first of them if their values are equal."""
    pairs = list(zip(last[2], found[2], strict=True))
    same = all(one.view(np.uint32)[0] == other.view(np.uint32)[0] for one, other in pairs)
    after = slice(1, None) if same else slice(None)
    ends = np.concatenate([found[1][:1] if same else last[1], found[1][after]])
    starts = np.concatenate([last[0], found[0][after]])
    columns: list[Any] = [np.concatenate([one, other[after]]) for one, other in pairs]
    return starts, ends, columns


def _lines(
    between: str, chrom: str, starts: Positions, ends: Positions, cells: Iterable[list[str]]
) -> str:
    """A line for each run."""
    places = (map(str, starts.tolist()), map(str, ends.tolist()))
    rows = zip(repeat(chrom, len(starts)), *places, *cells, strict=True)
    text = "\n".join(map(between.join, rows))
    return f"{text}\n" if text else ""


def _texts(values: _Column) -> list[str]:
    """The shortest decimal of each float32; empty if it is not finite."""
    # few values are distinct in tracks with few bits, and formatting is what takes long
    bits, which = np.unique(values.view(np.uint32), return_inverse=True)
    distinct = bits.view(values.dtype)
    texts = np.where(np.isfinite(distinct), distinct.astype(str), "").astype(object)
    found: list[str] = texts[which].tolist()
    return found


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
    r"""A name as the line of a track holds it in quotation marks.

    >>> _quoted('a "b"\nchr1')
    "a 'b'\\nchr1"
    """
    return harmless(text).replace('"', "'")
