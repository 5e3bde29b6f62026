"""Which markers, models and tracks a request means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from regtrack.compare.annotations import Annotation
from regtrack.compare.sources import Sources
from regtrack.errors import MarkerError, RegionError, TrackError, nearest
from regtrack.files.shown import listed, shown
from regtrack.genome.interval import Interval, is_region, parse_region
from regtrack.labels.marker import select_markers
from regtrack.name_lists import split_names
from regtrack.tracks.catalog import ModelTracks, Track

MOST_MARKERS = 12
"""Markers that are drawn although none was chosen, at most."""
_MOST_ROWS = 100
_GENE_MARGIN = 0.2  # of a gene's length, on either side
_Named = TypeVar("_Named", ModelTracks, Track | Annotation)


def chosen_models(sources: Sources, names: Sequence[str]) -> tuple[ModelTracks, ...]:
    """The models of these ids or titles, in this order; of no name, all.

    Raises:
        TrackError: there is no such model.
    """
    models = sources.catalog.models
    if not names:
        return models
    return _called("model", models, names)


def chosen_markers(
    sources: Sources, names: Sequence[str], models: Sequence[ModelTracks]
) -> tuple[str, ...]:
    """The markers of these names or globs, in this order; of no name, all that models predict.

    Raises:
        MarkerError: a name that matches nothing, or too many markers.
    """
    catalog = sources.catalog
    if names:
        names = split_names(names, {f"category:{marker.category}" for marker in catalog.markers})
        found = [
            catalog.markers[at].name
            for name in names
            for at in select_markers(catalog.markers, [name])
        ]
        found = list(dict.fromkeys(found))
        if len(found) > _MOST_ROWS:
            raise MarkerError(
                f"`markers` matches {len(found):,} markers; choose at most {_MOST_ROWS}"
            )
        return tuple(found)
    predicted = [
        marker.name
        for marker in catalog.markers
        if any(catalog.find(model.id, marker.name) for model in models)
    ]
    if len(predicted) > MOST_MARKERS:
        raise MarkerError(
            f"the models predict {len(predicted):,} markers, such as {listed(predicted, 3)}; name "
            "those to draw with `markers`"
        )
    return tuple(predicted)


def chosen_tracks(
    sources: Sources, names: Sequence[str], models: Sequence[ModelTracks]
) -> tuple[Track | Annotation, ...]:
    """The other tracks and files of places of these ids or names, in this order.

    Of no name, all if without models.

    Raises:
        TrackError: there is no such track.
    """
    others: tuple[Track | Annotation, ...] = (*sources.catalog.others, *sources.annotations)
    if list(names) == ["all"] or (not names and not models):
        return others[:_MOST_ROWS]
    return _called("other track", others, names)


def _called(what: str, among: Sequence[_Named], names: Sequence[str]) -> tuple[_Named, ...]:
    """Those with these ids or labels, in this order."""
    known = {one.label: one for one in among} | {one.id: one for one in among}
    names = split_names(names, known)
    for name in names:
        if name not in known:
            there = listed([one.id for one in among], 8) or "none"
            raise TrackError(
                f'no {what} is called "{shown(name, 60)}"; there are: {there}{nearest(name, known)}'
            )
    return tuple(dict.fromkeys(known[name] for name in names))


def region_of(sources: Sources, text: str) -> Interval:
    """The interval of a region, or of a gene and a fifth of its length on either side.

    Raises:
        RegionError: neither, or outside its chromosome.
    """
    if not text.strip():
        raise RegionError("`region` is empty; expected chr1:1,000-2,000, chr1 or a gene's name")
    if is_region(text, sources.assembly):
        return parse_region(text, sources.assembly)
    genes = sources.wait_for_genes()
    if genes is None:
        raise RegionError(
            f'"{shown(text, 60)}" is not a region of the tracks, which have '
            f"{sources.assembly.summary()}; expected chr1:1,000-2,000, or with `genes` the name of "
            "a gene"
        )
    gene = genes.find(text)
    chrom = sources.assembly.resolve(gene.chrom)
    if chrom is None:
        raise RegionError(f"{shown(text, 60)} is on {gene.chrom}, of which there are no tracks")
    margin = max(round(_GENE_MARGIN * len(gene)), 100)
    end = min(gene.end + margin, sources.assembly.length(chrom))
    return Interval(chrom, max(0, gene.start - margin), end)
