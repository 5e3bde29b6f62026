"""The regions of a report: each with its tracks, labels and genes, and its scores."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from regtrack.compare.measure_region import measure_region
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.figures.inline_svg import inline_svg
from regtrack.figures.region.draw import region_figure
from regtrack.genome.interval import Interval
from regtrack.report.html import Cell, count, number, table
from regtrack.report.pick import Pick
from regtrack.report.scores import Scores
from regtrack.views.read import read_picture
from regtrack.views.request import ViewRequest

MOST_SHOWN = 4
"""Markers that are drawn of a region, at most."""
_BINS = 500
_ROW = 6.5  # mm


class Places:
    """Draws regions, with figures numbered through the page.

    Args:
        sources: tracks, labels and genes.
        scores: the models and markers of the report.
    """

    def __init__(self, sources: Sources, scores: Scores) -> None:
        self._sources, self._scores = sources, scores
        self._names = {model.id: model for model in scores.models}
        self.svgs: list[str] = []

    def html(self, pick: Pick, says: str) -> str:
        """A region as HTML.

        Args:
            pick: the region.
            says: why it is shown, after its name.

        Raises:
            RegtrackError: a file cannot be read.
        """
        markers = self._shown(pick)
        text = str(pick.region)
        request = ViewRequest(
            text, markers=tuple(markers), row_height=_ROW, title="",
            models=tuple(self._names),
        )  # fmt: skip
        figure = region_figure(read_picture(self._sources, request, most_bins=_BINS))
        about = f"Tracks of {', '.join(markers)} at {text}"
        svg = inline_svg(figure, len(self.svgs), about)
        self.svgs.append(svg)
        return (
            f'<section class="place"><h3>{escape(text)} <small>{escape(says)}</small></h3>'
            f'<figure><div class="wide" tabindex="0" role="region" aria-label="{escape(about)}">'
            f"{svg}</div></figure></section>{self._table(pick.region, markers)}"
        )

    def _shown(self, pick: Pick) -> list[str]:
        """The marker of a pick, then those with most labelled bases there."""
        place = pick.region
        labelled = {
            marker.name: self._labelled(marker.name, place) for marker in self._scores.markers
        }
        ranked = sorted(labelled, key=lambda name: -labelled[name])
        first = [pick.marker] if pick.marker else []
        others = [name for name in ranked if name != pick.marker and labelled[name]]
        return [*first, *others][:MOST_SHOWN] or ranked[:MOST_SHOWN]

    def _labelled(self, marker: str, place: Interval) -> int:
        return self._sources.labelled(marker, place.chrom, place.start, place.end).bases

    def _table(self, region: Interval, markers: Sequence[str]) -> str:
        rows = []
        try:
            found = measure_region(self._sources, region, markers, list(self._names))
        except RegtrackError as error:
            return f'<p class="quiet">{escape(str(error))}</p>'
        if not any(one.measures and one.measures.positives for one in found):
            return f'<p class="quiet">No marker is labelled in {escape(str(region))}.</p>'
        for one in found:
            got, colour = one.measures, self._names[one.model].style.light
            areas = (
                [number(None)] * 4 if got is None
                else [number(got.average_precision), number(got.base_rate, 4),
                      number(got.roc_auc), number(got.correlation)]
            )  # fmt: skip
            bases = count(got.positives if got else 0)
            rows.append([Cell(one.marker), Cell(one.label, colour=colour), *areas, bases])
        head = ("marker", "model", "PR AUC", "base rate", "ROC AUC", "correlation", "labelled bp")
        return table(head, rows, caption=f"Scores of every base of {region}")
