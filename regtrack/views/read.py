"""Reads the picture of a region from opened tracks, labels and genes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regtrack.compare.annotations import Annotation
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError, TrackError
from regtrack.figures.region.values import Picture, Row
from regtrack.figures.style import inches
from regtrack.genome.interval import Interval, parse_region
from regtrack.name_lists import split_names
from regtrack.tracks.catalog import Track
from regtrack.tracks.session import known_genome
from regtrack.views.choose import chosen_markers, chosen_models, chosen_tracks, region_of
from regtrack.views.request import GENES, SEQUENCE, ViewRequest
from regtrack.views.rows import Rows
from regtrack.views.scales import Draft, scaled

_BINS_PER_INCH = 300  # what journals print
_MOST_BINS = 2_000
_LETTER = 0.75  # mm: narrower letters cannot be read
_PLOT = 0.7  # of the width, about

_Units = Mapping[str, Sequence[Draft | Row]]


def read_picture(sources: Sources, request: ViewRequest, *, most_bins: int = 0) -> Picture:
    """Read what a request asks for.

    Args:
        sources: tracks, labels and genes.
        request: what to draw.
        most_bins: maximum number of bins of a track; 0: as many as print resolves.

    Raises:
        RegtrackError: something that the request names does not exist or cannot be read, or there
            is nothing to draw.
    """
    region = region_of(sources, request.region)
    models = chosen_models(sources, request.models)
    markers = chosen_markers(sources, request.markers, models)
    tracks = chosen_tracks(sources, request.tracks, models)
    if not markers and not tracks:
        raise TrackError("there is nothing to draw: no marker, and no other track")
    plot = request.millimetres * _PLOT
    bins = most_bins or min(_MOST_BINS, round(inches(plot) * _BINS_PER_INCH))
    rows = Rows(
        sources, request, region, models, _pair(sources, request), bins,
        letters=plot / len(region) >= _LETTER,
    )  # fmt: skip
    units: dict[str, Sequence[Draft | Row]] = {GENES: rows.genes()}
    units |= {marker: rows.marker(marker) for marker in markers}
    units |= {
        track.id: [rows.places(track) if isinstance(track, Annotation) else rows.other(track)]
        for track in tracks
    }
    units[SEQUENCE] = rows.sequence()
    return Picture(
        region=region,
        rows=tuple(_with_limits(_in_order(units, tracks, request), request)),
        width=request.millimetres,
        title=str(region) if request.title is None else request.title,
        assembly=known_genome(sources.assembly) or "",
        marks=_marks(sources, request, region),
    )


def _pair(sources: Sources, request: ViewRequest) -> tuple[str, ...]:
    if not request.pair:
        return ()
    found = tuple(model.id for model in chosen_models(sources, request.pair))
    if len(found) != 2:
        raise RegtrackError(f"`pair` names {len(found)} models; expected two")
    return found


def _in_order(
    units: _Units, tracks: Sequence[Track | Annotation], request: ViewRequest
) -> list[Draft | Row]:
    """The rows of units, in the order that is wanted; those that it does not name come last."""
    ids = {track.label: track.id for track in tracks}
    first = [ids.get(name, name) for name in split_names(request.order, {*ids, *units})]
    strange = [name for name in first if name not in units]
    if strange:
        raise RegtrackError(
            f'`order` names "{strange[0][:60]}", which is not drawn; expected some of '
            f"{', '.join(units)}"
        )
    order = dict.fromkeys([*first, *units])
    return [row for unit in order for row in units[unit]]


def _with_limits(rows: Sequence[Draft | Row], request: ViewRequest) -> list[Row]:
    panels = iter(scaled([row for row in rows if isinstance(row, Draft)], request))
    return [next(panels) if isinstance(row, Draft) else row for row in rows]


def _marks(sources: Sources, request: ViewRequest, region: Interval) -> tuple[tuple[int, int], ...]:
    found = [parse_region(text, sources.assembly) for text in request.marks]
    return tuple(
        (max(mark.start, region.start), min(mark.end, region.end))
        for mark in found
        if mark.chrom == region.chrom and mark.start < region.end and mark.end > region.start
    )
