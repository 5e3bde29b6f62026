"""The controls next to the tracks: markers, models, scales and differences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from regtrack.compare.sources import Sources
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle
from regtrack_app import ids
from regtrack_app.panels import more
from regtrack_app.state import View

SCALE_NAMES = {
    "marker": "shared by marker",
    "category": "shared by category",
    "own": "own",
    "limits": "from … to …",
}
FLOOR_NAMES = {"zero": "at 0", "lowest": "at the lowest value on screen"}
AXIS_NAMES = {"linear": "linear", "log": "logarithmic", "fold": "fold over the base rate"}
DRAW_NAMES = {
    "auto": "automatic: wide views show maxima",
    "mean": "the mean of its bases",
    "max": "their maximum",
    "both": "both",
}

_MARKS = {
    "circle": "●", "square": "■", "triangle-up": "▲", "triangle-down": "▼", "diamond": "◆",
    "cross": "✚", "x": "✖", "star": "★",
}  # fmt: skip


def choosing(sources: Sources, markers: Sequence[Marker], view: View) -> html.Aside:
    """The controls of what is shown, set to a view.

    Args:
        sources: what may be shown.
        markers: in the order of the list.
        view: the initial view.
    """
    catalog = sources.catalog
    models = [{"label": _swatch(model.style), "value": model.id} for model in catalog.models]
    names = [{"label": model.label, "value": model.id} for model in catalog.models]
    others = [
        {"label": track.label, "value": track.id, "search": f"{track.label} {track.kind}"}
        for track in catalog.others
    ] + [
        {"label": file.label, "value": file.id, "search": f"{file.label} {file.kind}"}
        for file in sources.annotations
    ]
    parts: list[Any] = [
        _field(
            "Markers",
            dcc.Dropdown(
                id=ids.MARKERS, multi=True, value=list(view.markers),
                options=marker_options(markers, predicted_by(sources)),
                placeholder="search by any word", maxHeight=360, optionHeight=30,
                closeOnSelect=False, debounce=True,
            ),
            html.Ol(id=ids.CHOSEN, className="chosen"),
            _filters(markers),
        ),
        _field("Models", dcc.Checklist(id=ids.MODELS, options=models, value=list(view.models))),
        _field(
            "Other tracks",
            dcc.Dropdown(
                id=ids.TRACKS, multi=True, value=list(view.tracks), options=others,
                placeholder="search by any word", maxHeight=360, closeOnSelect=False,
                debounce=True,
            ),
            hidden=not others,
        ),
        _field("Tracks of a marker", _radio(ids.MODE, {"overlay": "overlaid", "stack": "stacked"})),
        _field(
            "Scale",
            _radio(ids.SCALE, SCALE_NAMES),
            html.Label("Limits of the axes", htmlFor=ids.LIMITS, className="hidden"),
            dcc.Input(
                id=ids.LIMITS, type="text", value="", debounce=True, placeholder="0 to 1",
                maxLength=40, autoComplete="off", className="limits",
            ),
        ),
        html.Details(
            [
                html.Summary("Axes and lines"),
                _field("Axes begin", _radio(ids.FLOOR, FLOOR_NAMES)),
                _field("Values", _radio(ids.AXIS, AXIS_NAMES)),
                _field("A point is", _radio(ids.DRAW, DRAW_NAMES)),
            ],
            className="narrow",
        ),
        _field(
            "Differences",
            dcc.Checklist(
                id=ids.DIFFERENCES, value=[],
                options=[
                    {"label": "A − B", "value": "models"},
                    {"label": "model − labels", "value": "labels"},
                ],
            ),
            html.Div(
                [
                    _pick(ids.PAIR_A, "A", names, "first model of a comparison"),
                    _pick(ids.PAIR_B, "B", names, "second model of a comparison"),
                ],
                className="pair",
            ),
            hidden=len(names) < 2 and sources.labels is None,
        ),
        html.Details(
            html.Summary("My regions"), id=ids.OWN, className="narrow",
            **more({"data-files": json.dumps([(f.id, f.label) for f in sources.annotations])}),
        ),
    ]  # fmt: skip
    return html.Aside(parts, className="choosing", **more({"aria-label": "What is shown"}))


def predicted_by(sources: Sources) -> dict[str, str]:
    """The labels of the models that predict each marker, in one line."""
    found: dict[str, list[str]] = {}
    for model in sources.catalog.models:
        for track in model.tracks:
            found.setdefault(track.marker or "", []).append(model.label)
    return {marker: ", ".join(labels) for marker, labels in found.items()}


def marker_options(markers: Sequence[Marker], predicted: Mapping[str, str]) -> list[dict[str, str]]:
    """Options of a dropdown that finds a marker by any of its words.

    Args:
        markers: in the order of the list.
        predicted: labels of the models that predict a marker; these are marked if others are not.
    """
    some = 0 < sum(marker.name in predicted for marker in markers) < len(markers)
    return [
        {
            "label": f"● {marker.name}" if some and marker.name in predicted else marker.name,
            "value": marker.name,
            "search": f"{marker.name} {marker.category} {marker.biosample} {marker.target}",
            "title": f"{marker.category}, {marker.biosample}, {marker.target}; "
            + (
                f"predicted by {predicted[marker.name]}"
                if marker.name in predicted
                else "labels only"
            ),
        }
        for marker in markers
    ]


def marker_list(markers: Sequence[Marker], predicted: Mapping[str, str]) -> list[dict[str, str]]:
    """The same options with the fields by which the list is filtered."""
    return [
        option | {name: getattr(marker, name) for name in ids.FILTERS}
        for option, marker in zip(marker_options(markers, predicted), markers, strict=True)
    ]


def _filters(markers: Sequence[Marker]) -> html.Details:
    """Filters for the list of markers, applied in the browser without a request."""
    pickers = []
    for name, element in ids.FILTERS.items():
        values = sorted({str(getattr(marker, name)) for marker in markers} - {""})
        pickers.append(
            dcc.Dropdown(
                id=element, options=values, multi=True, placeholder=f"any {name}", maxHeight=260
            )
        )
    return html.Details([html.Summary("Narrow by"), *pickers], className="narrow")


def _swatch(model: ModelStyle) -> html.Span:
    """A model's title after a piece of its line, in its colours of both themes."""
    look = {"--light": model.light, "--dark": model.dark, "--dashes": _gradient(model.pixels)}
    mark = {"data-mark": _MARKS[model.symbol]} if model.symbol else {}
    line = html.Span(className="swatch", style=look, **more({"aria-hidden": "true"} | mark))
    return html.Span([line, model.title])


def _gradient(pixels: Sequence[int]) -> str:
    """Dashes (pixels on and off) as a CSS background in the element's colour."""
    if not pixels:
        return "currentColor"
    stops, at = [], 0
    for number, length in enumerate(pixels):
        colour = "transparent" if number % 2 else "currentColor"
        stops.append(f"{colour} {at}px {at + length}px")
        at += length
    return f"repeating-linear-gradient(90deg, {', '.join(stops)})"


def _field(title: str, *content: Any, hidden: bool = False) -> html.Fieldset:
    return html.Fieldset([html.Legend(title), *content], hidden=hidden or None)


def _radio(name: str, options: dict[str, str]) -> dcc.RadioItems:
    return dcc.RadioItems(id=name, options=options, value=next(iter(options)), className="choices")


def _pick(name: str, text: str, options: list[dict[str, str]], says: str) -> html.Div:
    return html.Div(
        [
            html.Label(text, htmlFor=name, title=says),
            dcc.Dropdown(
                id=name, options=options, placeholder="none", searchable=False, clearable=False
            ),
        ]
    )
