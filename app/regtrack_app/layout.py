"""The page before any data: a bar, the choices, the tracks, and what opens below them."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from regtrack.compare.sources import Sources
from regtrack_app import ids
from regtrack_app.choices import Choices
from regtrack_app.choosing import choosing, marker_list, predicted_by
from regtrack_app.figure_menu import figure_menu
from regtrack_app.panels import GRAPH_CONFIG, PANEL_NAMES, more, panels
from regtrack_app.references import letters_in_browsers
from regtrack_app.regions import region_text
from regtrack_app.state import PANELS, SPLITS, View, default_view


def page(sources: Sources, choices: Choices, *, igv_ready: bool) -> html.Div:
    """The whole page; callbacks fill in the content of a view.

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
            dcc.Store(id=ids.MARKER_LIST, data=marker_list(markers, predicted_by(sources))),
            *(dcc.Interval(id=name, interval=400, disabled=True) for name in _POLLS),
            html.A("Skip to the tracks", href="#tracks", className="skip"),
            _bar(sources, view),
            html.Div(
                [choosing(sources, markers, view), _main(sources, igv_ready=igv_ready)],
                className="body",
            ),
            html.Dialog(id=ids.HELP),  # filled in by `assets/help.js`
        ],
    )


_STORES = (
    ids.LOADED,
    ids.MOVED,
    ids.SCREEN,
    ids.PICKED,
    ids.ROW_EVENT,
    ids.RESTED,
    ids.GENE_PREFIX,
    ids.WINDOWS_JOB,
    ids.WINDOWS_ROWS,
    ids.CHOSEN_WINDOW,
    ids.SCORES_JOB,
    ids.SCORES_FIGURE,
    ids.SALIENCY_JOB,
    ids.SALIENCY_DONE,
)
_POLLS = (ids.WINDOWS_POLL, ids.SCORES_POLL, ids.SALIENCY_POLL)


def _bar(sources: Sources, view: View) -> html.Header:
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
            html.Div([_exports(sources), *_switches()], className="right"),
        ],
        className="bar",
    )


def _exports(sources: Sources) -> html.Details:
    says = letters_in_browsers(sources)
    links = (
        (ids.EXPORT_CSV, "Values as CSV"),
        (ids.EXPORT_BED, "Values and labels as BED"),
        (ids.EXPORT_IGV, "IGV session"),
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
                    *(html.A(text, id=name, href="#", className="file") for name, text in links),
                    *figure_menu(),
                    html.Button("Copy the link", id=ids.EXPORT_LINK),
                    *([html.P(says, id=ids.EXPORT_NOTE, className="hint")] if says else []),
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


def _main(sources: Sources, *, igv_ready: bool) -> html.Main:
    graph = dcc.Graph(id=ids.GRAPH, config=GRAPH_CONFIG, responsive=True, className="view")
    tabs = dcc.RadioItems(
        id=ids.PANEL, options={name: PANEL_NAMES[name] for name in PANELS}, value="measures",
        inline=True, className="tabs",
    )  # fmt: skip
    return html.Main(
        [
            html.P(id=ids.CONNECTION, className="problems", role="alert"),
            html.P(id=ids.PROBLEMS, className="problems", role="alert"),
            html.Div(
                [
                    _strip(),
                    _ruler(),
                    graph,
                    _marked(),
                    html.Div(id=ids.GUIDE, hidden=True),
                    html.Div(id=ids.BESIDE),
                ],
                id="tracks",
                className="frame",
                tabIndex=-1,
            ),
            html.Div(
                [
                    html.Span(id=ids.NOTES),
                    html.Button("n: next window", id=ids.NEXT, className="next"),
                    html.Button("Highlight this region", id=ids.MARK, className="next"),
                    html.Button("Remove highlights", id=ids.UNMARK, className="next", hidden=True),
                ],
                className="notes",
            ),
            html.P(id=ids.SUMMARY, className="hidden", **more({"aria-live": "polite"})),
            html.Div(
                tabs, className="tab-row", role="group", **more({"aria-label": "Below the tracks"})
            ),
            _compared(sources),
            *panels(sources, igv_ready=igv_ready),
        ],
        id="main",
    )


def _strip() -> html.Div:
    """The chromosome with the view on it, filled in by `assets/strip.js`."""
    bar = html.Div(html.Div())
    return html.Div(bar, id=ids.STRIP, className="strip", **more({"aria-hidden": "true"}))


def _ruler() -> html.Div:
    """The axis of positions, filled in by `assets/ruler.js`; the summary has it in words."""
    return html.Div(
        [html.Span(), html.Div()], id=ids.RULER, className="ruler", **more({"aria-hidden": "true"})
    )


def _marked() -> html.Div:
    """The stretch that is marked to be zoomed into."""
    return html.Div(id=ids.MARKED, className="marked", hidden=True)


def _compared(sources: Sources) -> html.Div:
    """What the tables below refer to: the split, and the models that A and B stand for."""
    names = {"all": "all"} | {name: name for name in SPLITS[1:]}
    return html.Div(
        [
            html.Fieldset(
                [
                    html.Legend("Windows"),
                    dcc.RadioItems(
                        id=ids.WINDOWS_SPLIT, options=names, value="all", inline=True
                    ),
                ],
                className="inline",
                hidden=sources.dataset is None or None,
            ),
            html.Span(id=ids.PAIR_SAYS, className="status"),
        ],
        id=ids.COMPARED,
        className="tools compared",
        hidden=True,
    )  # fmt: skip
