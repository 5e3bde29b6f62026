"""The page before any data: a bar, the choices, the tracks, and what opens below them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dash import dcc, html

from regtrack.compare.sources import Sources
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle
from regtrack_app import ids
from regtrack_app.choices import Choices
from regtrack_app.figures import nothing
from regtrack_app.panels import GRAPH_CONFIG, PANEL_NAMES, more, panels
from regtrack_app.regions import region_text
from regtrack_app.state import PANELS, SPLITS, View, default_view

KEYS = (
    ("← →", "move by a quarter of the view"),
    ("Shift ← →", "move by a whole view"),
    ("+ −  or  ↑ ↓", "zoom in and out"),
    ("n  p", "next and previous window of the table"),
    ("g", "to the region box"),
    ("m", "to the markers"),
    ("d", "dark or light"),
    ("?", "this help"),
    ("drag, wheel", "move, zoom at the pointer; Shift-drag zooms into a stretch"),
    ("browser's back", "undoes each of these"),
)


def page(sources: Sources, choices: Choices, *, igv_ready: bool) -> html.Div:
    """The whole page; what a view puts into it, the callbacks fill in.

    Args:
        sources: what may be shown.
        choices: what a view may name.
        igv_ready: whether igv.js is installed.
    """
    view = default_view(choices)
    markers = [sources.catalog.marker(name) for name in choices.markers]
    return html.Div(
        id="page",
        children=[
            dcc.Location(id=ids.URL, refresh=False),
            *(dcc.Store(id=name) for name in _STORES),
            dcc.Store(id=ids.MARKER_LIST, data=_marker_list(markers)),
            *(dcc.Interval(id=name, interval=400, disabled=True) for name in _POLLS),
            html.A("Skip to the tracks", href="#tracks", className="skip"),
            _bar(view),
            html.Div(
                [_choosing(sources, markers, view), _main(sources, igv_ready=igv_ready)],
                className="body",
            ),
            _help(),
        ],
    )


_STORES = (
    ids.LOADED,
    ids.MOVED,
    ids.RESTED,
    ids.GENE_PREFIX,
    ids.WINDOWS_JOB,
    ids.SCORES_JOB,
    ids.SALIENCY_JOB,
    ids.SALIENCY_DONE,
)
_POLLS = (ids.WINDOWS_POLL, ids.SCORES_POLL, ids.SALIENCY_POLL)


def _bar(view: View) -> html.Header:
    moves = (
        ("left-far", "«", "Move left by a view"), ("left", "‹", "Move left"),
        ("right", "›", "Move right"), ("right-far", "»", "Move right by a view"),
        ("out", "−", "Zoom out"), ("in", "+", "Zoom in"),
    )  # fmt: skip
    buttons = [
        html.Button(
            html.Span(sign, **more({"aria-hidden": "true"})), id=ids.MOVES[name], title=says,
            className="icon", **more({"data-move": name, "aria-label": says}),
        )
        for name, sign, says in moves
    ]  # fmt: skip
    search = html.Div(
        [
            html.Label("Region or gene", htmlFor=ids.REGION, className="hidden"),
            dcc.Input(
                id=ids.REGION, type="text", value=region_text(view.region), list=ids.REGION_NAMES,
                placeholder="chr1:1,000,000-1,025,000 or a gene", autoComplete="off",
                spellCheck=False, maxLength=80, className="region",
            ),
            html.Datalist(id=ids.REGION_NAMES),
            html.Button("Go", id=ids.GO, className="plain"),
        ],
        className="search",
        role="search",
    )  # fmt: skip
    return html.Header(
        [
            html.H1("regtrack"),
            search,
            html.Div(
                buttons, className="moves", role="group", **more({"aria-label": "Move and zoom"})
            ),
            html.Span(id=ids.BADGE, className="badge", role="status"),
            html.Div([_exports(), *_switches()], className="right"),
        ],
        className="bar",
    )


def _exports() -> html.Details:
    links = (
        (ids.EXPORT_CSV, "Values as CSV", "window.csv"),
        (ids.EXPORT_BED, "Values and labels as BED", "window.bed"),
        (ids.EXPORT_IGV, "IGV session", "session.xml"),
    )
    return html.Details(
        [
            html.Summary("Export"),
            html.Div(
                [
                    html.Button(
                        "PNG of the view", id=ids.EXPORT_PNG, **more({"data-image": "png"})
                    ),
                    html.Button(
                        "SVG of the view", id=ids.EXPORT_SVG, **more({"data-image": "svg"})
                    ),
                    *(html.A(text, id=name, href="#", download=file) for name, text, file in links),
                    html.Button("Copy the link", id=ids.EXPORT_LINK),
                ],
                className="menu",
            ),
        ],
        className="drop",
    )


def _switches() -> list[Any]:
    return [
        html.Button("Dark", id=ids.THEME, className="plain", title="Dark or light (d)"),
        html.Button("Keys", id=ids.HELP_OPEN, className="plain", title="Keys (?)"),
    ]


def _choosing(sources: Sources, markers: Sequence[Marker], view: View) -> html.Aside:
    catalog = sources.catalog
    models = [{"label": _swatch(model.style), "value": model.id} for model in catalog.models]
    names = [{"label": model.label, "value": model.id} for model in catalog.models]
    others = [{"label": track.label, "value": track.id} for track in catalog.others]
    parts: list[Any] = [
        _field(
            "Markers",
            dcc.Dropdown(
                id=ids.MARKERS, multi=True, value=list(view.markers),
                options=marker_options(markers), placeholder="search by any word",
                maxHeight=360, optionHeight=30, closeOnSelect=False, debounce=True,
            ),
            _filters(markers),
        ),
        _field("Models", dcc.Checklist(id=ids.MODELS, options=models, value=list(view.models))),
        _field(
            "Other tracks", dcc.Checklist(id=ids.TRACKS, options=others, value=[]),
            hidden=not others,
        ),
        _field("Tracks of a marker", _radio(ids.MODE, {"overlay": "overlaid", "stack": "stacked"})),
        _field(
            "Scale",
            _radio(ids.SCALE, {"shared": "shared by category", "fixed": "0 to 1", "own": "own"}),
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
        _field(
            "Rank and score windows of",
            _radio(ids.WINDOWS_SPLIT, {"all": "all splits"} | {name: name for name in SPLITS[1:]}),
            hidden=sources.dataset is None,
        ),
    ]  # fmt: skip
    return html.Aside(parts, className="choosing", **more({"aria-label": "What is shown"}))


def marker_options(markers: Iterable[Marker]) -> list[dict[str, str]]:
    """Options of a dropdown that finds a marker by any of its words."""
    return [
        {
            "label": marker.name,
            "value": marker.name,
            "search": f"{marker.name} {marker.category} {marker.biosample} {marker.target}",
            "title": f"{marker.category}, {marker.biosample}, {marker.target}",
        }
        for marker in markers
    ]


def _marker_list(markers: Iterable[Marker]) -> list[dict[str, str]]:
    """The same options with the parts that the list is narrowed by."""
    markers = list(markers)
    return [
        option | {name: getattr(marker, name) for name in ids.FILTERS}
        for option, marker in zip(marker_options(markers), markers, strict=True)
    ]


def _filters(markers: Sequence[Marker]) -> html.Details:
    """Narrow the list of markers; the browser does it, without a request."""
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
    """A model's title behind a piece of its line, in its colour of either theme."""
    line = html.Span(
        className="swatch",
        style={"--light": model.light, "--dark": model.dark, "--dashes": _gradient(model.pixels)},
        **more({"aria-hidden": "true"}),
    )
    return html.Span([line, model.title])


def _gradient(pixels: Sequence[int]) -> str:
    """Dashes, lengths on and off, as a background of CSS in the element's colour."""
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
            dcc.Dropdown(id=name, options=options, placeholder="automatic", searchable=False),
        ]
    )


def _main(sources: Sources, *, igv_ready: bool) -> html.Main:
    graph = dcc.Graph(
        id=ids.GRAPH, config=GRAPH_CONFIG, figure=nothing(420),
        responsive=True, className="view",
    )  # fmt: skip
    tabs = dcc.RadioItems(
        id=ids.PANEL, options={name: PANEL_NAMES[name] for name in PANELS}, value="measures",
        inline=True, className="tabs",
    )  # fmt: skip
    return html.Main(
        [
            html.P(id=ids.PROBLEMS, className="problems", role="alert"),
            html.Div(graph, id="tracks", className="frame", tabIndex=-1),
            html.P(id=ids.NOTES, className="notes"),
            html.P(id=ids.SUMMARY, className="hidden", **more({"aria-live": "polite"})),
            html.Div(
                tabs, className="tab-row", role="group", **more({"aria-label": "Below the tracks"})
            ),
            *panels(sources, igv_ready=igv_ready),
        ],
        id="main",
    )


def _help() -> html.Dialog:
    rows = [html.Tr([html.Th(html.Kbd(keys)), html.Td(says)]) for keys, says in KEYS]
    return html.Dialog(
        [
            html.H2("Keys"),
            html.Table(html.Tbody(rows)),
            html.Form(html.Button("Close", className="plain"), **more({"method": "dialog"})),
        ],
        id=ids.HELP,
    )
