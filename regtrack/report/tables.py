"""The tables and curves of a report: categories, markers, precision by recall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regtrack.compare.track_scores import RECALLS
from regtrack.figures.inline_svg import inline_svg
from regtrack.figures.pr_curves import CurvePanel, curves_figure
from regtrack.labels.marker import Marker
from regtrack.report.html import Cell, count, number, table
from regtrack.report.scores import Scores

MOST_CURVES = 12
"""Markers whose curves are drawn, at most."""


def categories_table(scores: Scores) -> str:
    """Mean PR AUC by category and model, over the markers that all models score."""
    rows = []
    for category in scores.categories:
        shared = scores.shared(category)
        for model in scores.models:
            found = [scores.of(marker.name, model.id) for marker in shared]
            there = [one for one in found if one is not None]
            means = [
                _mean([one.average_precision for one in there]),
                _mean([one.base_rate for one in there]),
                _mean([one.roc_auc for one in there]),
            ]
            rows.append(
                [
                    Cell(category), count(len(shared)),
                    Cell(model.label, colour=model.style.light),
                    number(means[0]), number(means[1], 4), number(means[2]),
                ]
            )  # fmt: skip
    head = ("category", "markers", "model", "mean PR AUC", "mean base rate", "mean ROC AUC")
    return table(head, rows, caption="Means over the markers that every model scores")


def markers_table(scores: Scores) -> str:
    """PR AUC of every marker, a column per model, and how far apart they are."""
    rows = []
    for marker in scores.markers:
        found = [scores.of(marker.name, model.id) for model in scores.models]
        there = [one for one in found if one is not None]
        areas = [None if one is None else one.average_precision for one in found]
        known = [area for area in areas if area is not None]
        apart = max(known) - min(known) if len(known) > 1 else None
        rows.append(
            [
                Cell(marker.name), Cell(marker.category), *map(number, areas),
                *([number(apart)] if len(scores.models) > 1 else []),
                number(there[0].base_rate, 4), count(there[0].positives),
            ]
        )  # fmt: skip
    head = [
        "marker", "category", *(model.label for model in scores.models),
        *(["largest difference"] if len(scores.models) > 1 else []),
        "base rate", "labelled bp",
    ]  # fmt: skip
    return table(head, rows, caption="PR AUC of every marker", identity="markers-table")


def category_curves(scores: Scores, number_of_figure: int) -> str:
    """The mean curve of each category as SVG; empty without any."""
    panels = [
        _panel(scores, category, scores.shared(category), _means_of(len(shared)))
        for category in scores.categories
        if (shared := scores.shared(category))
    ]
    return _figure(panels, number_of_figure, "Mean precision by recall of each category")


def marker_curves(scores: Scores, number_of_figure: int) -> str:
    """The curves of the markers that models predict best, as SVG; empty without any."""
    shared = [marker for category in scores.categories for marker in scores.shared(category)]
    shared.sort(key=lambda marker: -(_best(scores, marker)))
    panels = [
        _panel(scores, marker.name, [marker], marker.category) for marker in shared[:MOST_CURVES]
    ]
    return _figure(panels, number_of_figure, "Precision by recall of single markers")


def _means_of(markers: int) -> str:
    return f"mean of {markers:,} markers" if markers > 1 else "one marker"


def _best(scores: Scores, marker: Marker) -> float:
    found = (scores.of(marker.name, model.id) for model in scores.models)
    return max((one.average_precision or 0.0 for one in found if one), default=0.0)


def _panel(scores: Scores, name: str, markers: Sequence[Marker], note: str) -> CurvePanel:
    lines = []
    rates = []
    for model in scores.models:
        found = [one for marker in markers if (one := scores.of(marker.name, model.id))]
        lines.append((model.style, np.mean([one.precision for one in found], axis=0)))
        rates = [one.base_rate or 0.0 for one in found]
    return CurvePanel(name, note, float(np.mean(rates)), lines)


def _figure(panels: Sequence[CurvePanel], number_of_figure: int, says: str) -> str:
    if not panels:
        return ""
    return inline_svg(curves_figure(RECALLS, panels), number_of_figure, says)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
