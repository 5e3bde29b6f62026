"""The measures of the window on screen: every model against the labels, exact."""

from __future__ import annotations

from dataclasses import dataclass

from regtrack.compare.sources import Sources
from regtrack.compare.windows import has_labels
from regtrack.errors import RegtrackError
from regtrack.measures.measure import Measures, measure
from regtrack_app.state import View

MOST_BASES = 6_000_000
"""Bases of all tracks together that one request may read to be measured."""


@dataclass(frozen=True)
class WindowRow:
    """One model on one marker over the region on screen.

    Attributes:
        marker: its name.
        model: the model's id.
        label: what a reader calls the model.
        measures: the numbers; None where `problem` says why there are none.
        problem: in one line.
    """

    marker: str
    model: str
    label: str
    measures: Measures | None
    problem: str = ""


def measure_window(sources: Sources, view: View) -> list[WindowRow]:
    """Measure every drawn model on every drawn marker that has labels.

    Raises:
        RegtrackError: nothing can be measured, or too much would have to be read.
    """
    if sources.labels is None:
        raise RegtrackError("measures need labels: start regtrack serve with labels")
    region, catalog = view.region, sources.catalog
    markers = [name for name in view.markers if has_labels(sources, name)]
    if not markers:
        raise RegtrackError("no marker on screen has labels to measure against")
    pairs = [
        (marker, model, track)
        for marker in markers
        for model in view.models
        if (track := catalog.find(model, marker)) is not None
    ]
    if not pairs:
        raise RegtrackError("none of the chosen models predicts a marker on screen")
    if len(region) * len(pairs) > MOST_BASES:
        raise RegtrackError(
            f"exact measures need every base: zoom in to {MOST_BASES // len(pairs):,} bp or less "
            f"for {len(pairs)} tracks"
        )
    rows = []
    for marker, model, track in pairs:
        label = catalog.model(model).label
        try:
            values = sources.values(track.id, region.chrom, region.start, region.end)
            stretches = sources.labels.stretches(marker, region.chrom, region.start, region.end)
            found = measure(values, stretches.mask(region.start, region.end))
            rows.append(WindowRow(marker, model, label, found))
        except RegtrackError as error:
            rows.append(WindowRow(marker, model, label, None, str(error)))
    return rows
