"""The window on screen as text to take away: values as CSV and BED, and a session for IGV."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from regtrack.compare.sources import Sources
from regtrack.errors import MarkerError, RegionError
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Positions
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.catalog import Catalog, Track
from regtrack.tracks.session import SessionTrack, igv_session, known_genome
from regtrack_app.theme import LIGHT

_Column = npt.NDArray[np.float32] | npt.NDArray[np.int32]

# bases of one export: some 15 MB of text at worst, for three tracks
MOST_BASES = 250_000


def window_csv(
    sources: Sources, region: Interval, track_ids: Sequence[str], markers: Sequence[str] = ()
) -> str:
    """Exact values of tracks over a region as CSV.

    A row is a run of bases with equal values: chrom, start and end (bp, 0-based and half-open), a
    column a track, empty where absent, and a column `label.<marker>` a marker, 0 or 1.

    Raises:
        RegionError: the region is longer than `MOST_BASES`.
        TrackError: a track is not known or cannot be read.
        MarkerError: a marker has no labels.
    """
    _check_length(region)
    columns: list[_Column] = [_values(sources, region, track_id) for track_id in track_ids]
    names = list(track_ids)
    for marker in markers:
        stretches = _labels(sources, region, marker)
        columns.append(stretches.mask(region.start, region.end).astype(np.int32))
        names.append(f"label.{marker}")
    starts, ends = _runs(columns, len(region))
    places = zip((starts + region.start).tolist(), (ends + region.start).tolist(), strict=True)
    cells = zip(*(_texts(column[starts]) for column in columns), strict=True) if columns else [()]
    lines = [",".join(["chrom", "start", "end", *names])]
    lines += [
        ",".join((region.chrom, str(low), str(high), *row))
        for (low, high), row in zip(places, cells, strict=True)
    ]
    return "".join(f"{line}\n" for line in lines)


def window_bed(
    sources: Sources, region: Interval, track_ids: Sequence[str], markers: Sequence[str] = ()
) -> str:
    """Exact values of tracks over a region as bedGraph, and labels as BED, a `track` line each.

    Browsers load it as it is. Absent bases have no line.

    Raises:
        RegionError: the region is longer than `MOST_BASES`.
        TrackError: a track is not known or cannot be read.
        MarkerError: a marker has no labels.
    """
    _check_length(region)
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


def window_session(
    sources: Sources,
    region: Interval,
    track_ids: Sequence[str],
    *,
    genome: str,
    address: Callable[[Track], str],
) -> str:
    """An IGV session of tracks; those of one category of markers share a scale.

    Signed saliency is drawn as letters of the sequence.

    Args:
        sources: the tracks.
        region: what IGV shows first.
        track_ids: from top to bottom.
        genome: where IGV gets the genome, unless it knows it by name.
        address: where IGV gets a track.

    Raises:
        TrackError: a track is not known.
    """
    tracks = [sources.catalog.track(track_id) for track_id in track_ids]
    return igv_session(
        [session_track(sources, track, address(track)) for track in tracks],
        known_genome(sources.assembly) or genome,
        region,
    )


def session_track(sources: Sources, track: Track, url: str) -> SessionTrack:
    """A track as a browser gets it: in the colour of its model, signed saliency as letters.

    Scores of one category of markers share a scale, and saliency of one marker does.
    """
    scale = ""
    if track.marker is not None:
        alike = sources.catalog.marker(track.marker).category if track.model else track.marker
        scale = f"{alike} {track.kind}"
    colour = track.style.light if track.style else LIGHT.signal
    return SessionTrack(track.label, url, colour, scale, letters=track.kind == "saliency")


def browser_ids(catalog: Catalog, track_ids: Sequence[str]) -> list[str]:
    """The tracks of a view as a browser should have them, from top to bottom.

    After signed saliency comes its absolute value: browsers show means when zoomed out, in which
    signed values cancel.

    Raises:
        TrackError: a track is not known.
    """
    found: dict[str, None] = {}
    for track_id in track_ids:
        found[track_id] = None
        if absolute := catalog.absolute(catalog.track(track_id)):
            found[absolute.id] = None
    return list(found)


def _check_length(region: Interval) -> None:
    if len(region) > MOST_BASES:
        raise RegionError(
            f"{region} has {len(region):,} bp; at most {MOST_BASES:,} are exported at once: zoom "
            "in, or take the bigWigs themselves"
        )


def _values(sources: Sources, region: Interval, track_id: str) -> Values:
    return sources.values(track_id, region.chrom, region.start, region.end)


def _labels(sources: Sources, region: Interval, marker: str) -> Intervals:
    if sources.labels is None:
        raise MarkerError(f'there are no labels of "{marker}"; start regtrack serve with labels')
    return sources.labels.stretches(marker, region.chrom, region.start, region.end)


def _runs(columns: Sequence[_Column], length: int) -> tuple[Positions, Positions]:
    """Starts and ends of the runs of bases at which no column changes."""
    changes = np.zeros(length - 1, dtype=bool)
    for column in columns:
        bits = column.view(np.uint32)  # so that NaN equals NaN
        changes |= bits[1:] != bits[:-1]
    edges = np.concatenate([[0], np.flatnonzero(changes) + 1, [length]]).astype(np.int64)
    return edges[:-1], edges[1:]


def _texts(values: _Column) -> list[str]:
    """The shortest text of each float32; empty for NaN."""
    texts: list[str] = np.where(np.isnan(values), "", values.astype(str)).tolist()
    return texts


def _head(sources: Sources, track: Track) -> str:
    """The `track` line of UCSC's browser, which tells values above and below 0 by colour."""
    rgb = session_track(sources, track, "").rgb
    return f'track type=bedGraph name="{_quoted(track.label)}" color={rgb} altColor={rgb}'


def _quoted(text: str) -> str:
    return text.replace('"', "'")
