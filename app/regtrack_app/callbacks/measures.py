"""The table of measures, computed once the view is still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, html

from regtrack.compare.measure_region import RegionMeasures, measure_region
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack_app import ids
from regtrack_app.choices import Choices
from regtrack_app.state import parse_view

MOST_BASES = 6_000_000
"""Maximum bases, over all tracks, that one request may read for measures."""
_COLUMNS = ("PR AUC", "ROC AUC", "Correlation", "Base rate", "Labelled bp", "Bases")


def register(app: Dash, sources: Sources, choices: Choices) -> None:
    """Connect the table to the view."""

    @app.callback(
        Output(ids.MEASURES, "children"),
        Input(ids.RESTED, "data"),
        prevent_initial_call=True,
    )
    def fill(query: str | None) -> Any:
        """The table for the view of an address."""
        view = parse_view(query or "", choices).view
        try:
            rows = measure_region(
                sources, view.region, view.markers, view.models, most_bases=MOST_BASES
            )
            return table_of(rows, str(view.region))
        except RegtrackError as error:
            return html.P(str(error))


def table_of(rows: Sequence[RegionMeasures], region: str) -> html.Table:
    """The rows as a table; a marker's name is shown once."""
    head = html.Tr(
        [html.Th(name, scope="col", className="text") for name in ("Marker", "Model")]
        + [html.Th(name, scope="col") for name in _COLUMNS]
    )
    body = [
        html.Tr(
            [
                html.Th(_once(row.marker, rows, at), className="text", scope="row"),
                html.Td(row.label, className="text"),
                *_cells(row),
            ]
        )
        for at, row in enumerate(rows)
    ]
    caption = html.Caption(f"Exact, over every base of {region}")
    return html.Table([caption, html.Thead(head), html.Tbody(body)])


def _once(marker: str, rows: Sequence[RegionMeasures], at: int) -> html.Span:
    """A marker's name; in its further rows only screen readers get it."""
    again = at > 0 and rows[at - 1].marker == marker
    return html.Span(marker, className="hidden" if again else "")


def _cells(row: RegionMeasures) -> list[html.Td]:
    found = row.measures
    if found is None:
        return [html.Td(row.problem, colSpan=len(_COLUMNS), className="text")]
    shares = (found.average_precision, found.roc_auc, found.correlation, found.base_rate)
    texts = [number_text(share) for share in shares]
    return [html.Td(text) for text in (*texts, f"{found.positives:,}", f"{found.bases:,}")]


def number_text(value: float | None) -> str:
    """A fraction with three decimals; a dash if there is none.

    >>> number_text(0.12345), number_text(None), number_text(0.00042)
    ('0.123', '–', '0.00042')
    """
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.2g}"
