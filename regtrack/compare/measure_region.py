"""Measure models against the labels of a region, at every base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regtrack.compare.sources import Sources
from regtrack.errors import DatasetError, MarkerError, RegionError, RegtrackError, TrackError
from regtrack.genome.interval import Interval
from regtrack.measures.measure import Measures, measure


@dataclass(frozen=True)
class RegionMeasures:
    """One model on one marker over a region.

    Attributes:
        marker: the marker's name.
        model: the model's id.
        label: the model's name for readers.
        measures: the measures; None if the track or the labels cannot be read.
        problem: why not, in one line; empty otherwise.
    """

    marker: str
    model: str
    label: str
    measures: Measures | None
    problem: str = ""


def measure_region(
    sources: Sources,
    region: Interval,
    markers: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    *,
    most_bases: int | None = None,
) -> list[RegionMeasures]:
    """Measure models against the labels of a region, on every marker that has some.

    Every base that has a value counts; nothing is binned, and no zoom level is read.

    Args:
        sources: the tracks and labels.
        region: the region to measure.
        markers: names of markers; those without labels are left out. None: all.
        models: ids of models; a model is left out for markers that it lacks. None: all.
        most_bases: largest number of bases to read, summed over tracks (bp); None: unbounded.

    Returns:
        One row per marker and model, in their order.

    Raises:
        DatasetError: there are no labels.
        MarkerError: none of the markers has labels.
        TrackError: none of the models predicts one of these markers, or an unknown model.
        RegionError: the region is too long for `most_bases`.
    """
    if sources.labels is None:
        raise DatasetError("measures need labels; open the tracks with labels")
    catalog = sources.catalog
    if markers is None:
        markers = [marker.name for marker in catalog.markers]
    if models is None:
        models = [model.id for model in catalog.models]
    labelled = [name for name in markers if sources.has_labels(name)]
    if not labelled:
        raise MarkerError("none of the chosen markers has labels to measure against")
    pairs = [
        (marker, catalog.model(model), track)
        for marker in labelled
        for model in models
        if (track := catalog.find(model, marker)) is not None
    ]
    if not pairs:
        raise TrackError("none of the chosen models predicts a marker that has labels")
    if most_bases is not None and len(region) * len(pairs) > most_bases:
        raise RegionError(
            f"measures read every base: choose a region of {most_bases // len(pairs):,} bp or "
            f"less for {len(pairs)} tracks"
        )
    rows = []
    for marker, model, track in pairs:
        try:
            found = _measure(sources, region, marker, track.id)
            rows.append(RegionMeasures(marker, model.id, model.label, found))
        except RegtrackError as error:
            rows.append(RegionMeasures(marker, model.id, model.label, None, str(error)))
    return rows


def _measure(sources: Sources, region: Interval, marker: str, track: str) -> Measures:
    values = sources.scores(track, region.chrom, region.start, region.end)
    labels = sources.labelled(marker, region.chrom, region.start, region.end)
    return measure(values, labels.mask(region.start, region.end))
