"""The panels below the tracks, still empty: measures, windows, scores, saliency and igv.js."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from regtrack.compare.sources import Sources
from regtrack_app import ids, igv
from regtrack_app.references import letters_in_browsers
from regtrack_app.state import HEAT_DIFFERENCE, HEAT_LABELS, RANKINGS

SCORES_PIXELS = 420

GRAPH_CONFIG: Any = {
    "displaylogo": False,
    "displayModeBar": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "scrollZoom": False,
    "doubleClick": False,
    "responsive": True,
    "showTips": False,
}

PANEL_NAMES = {
    "measures": "Measures",
    "windows": "Windows",
    "scores": "Scores",
    "heat": "All markers",
    "saliency": "Saliency",
    "igv": "igv.js",
    "none": "Hide",
}
ORDER_NAMES = {
    "category": "category",
    "similarity": "similarity",
    "disagreement": "disagreement here",
}
RANKING_NAMES = {
    "disagreement": "disagreement of A and B",
    "error": "error of A against the labels",
    "score": "score of A",
    "spread": "spread of A",
}


def more(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes whose names are not Python identifiers; Dash recognises their prefixes."""
    return attributes


def panels(sources: Sources, *, igv_ready: bool) -> list[html.Section]:
    """The panels, all hidden until one is opened.

    Args:
        sources: what may be shown.
        igv_ready: whether igv.js is installed.
    """
    return [
        _measures(),
        _windows(sources),
        _scores(),
        _heat(sources),
        _saliency(sources),
        _igv(sources, ready=igv_ready),
        html.Section(id=ids.PANELS["none"], hidden=True),
    ]


def _panel(name: str, *content: Any) -> html.Section:
    title = PANEL_NAMES[name]
    return html.Section(
        content, id=ids.PANELS[name], hidden=True, className="panel", **more({"aria-label": title})
    )


def _measures() -> html.Section:
    return _panel("measures", html.Div(id=ids.MEASURES, className="table", tabIndex=0))


def window_columns(sources: Sources, pair: Sequence[str] = ()) -> list[dict[str, str]]:
    """The columns of the table of windows; those of A and B are named after the models."""
    labels = [sources.catalog.model(model).label for model in pair]
    columns = [
        ("region", "Window", "text"),
        ("split", "Split", "text"),
        ("value", "Value", "number"),
    ]
    columns += [
        (field, f"Mean of {label}", "number")
        for field, label in zip(("mean_a", "mean_b"), labels, strict=False)
    ]
    columns += [("labelled", "Labelled", "share")]
    missing = {"split"} if sources.dataset is None else set()
    missing |= {"labelled"} if sources.labels is None else set()
    return [
        {"field": field, "title": title, "form": form}
        for field, title, form in columns
        if field not in missing
    ]


def _windows(sources: Sources) -> html.Section:
    alone, unlabelled = len(sources.catalog.models) < 2, sources.labels is None
    single = not any(model.spreads for model in sources.catalog.models)
    impossible = {"disagreement": alone, "error": unlabelled, "spread": single}
    rankings = [
        {"label": says, "value": name, "disabled": impossible.get(name, False)}
        for name, says in RANKING_NAMES.items()
    ]
    grid = html.Div(id=ids.WINDOWS_GRID, className="grid")
    return _panel(
        "windows",
        html.Div(
            [
                html.Fieldset(
                    [
                        html.Legend("Rank windows by"),
                        dcc.RadioItems(
                            id=ids.WINDOWS_KIND,
                            options=rankings,
                            value=RANKINGS[0],
                            inline=True,
                        ),
                    ],
                    className="inline",
                ),
                html.Span(id=ids.WINDOWS_STATUS, className="status", role="status"),
                html.Button("Cancel", id=ids.WINDOWS_CANCEL, className="plain", hidden=True),
                html.Button("Start again", id=ids.WINDOWS_AGAIN, className="plain", hidden=True),
                html.A("Download BED", id=ids.WINDOWS_FILE, href="#", className="file"),
            ],
            className="tools",
        ),
        grid,
    )


def _scores() -> html.Section:
    graph = html.Div(id=ids.SCORES_GRAPH, style={"minHeight": SCORES_PIXELS})
    return _panel(
        "scores",
        html.Div(
            [
                html.Span(id=ids.SCORES_STATUS, className="status", role="status"),
                html.A("Download CSV", id=ids.SCORES_FILE, href="#", className="file"),
            ],
            className="tools",
        ),
        html.Div(
            [graph, html.Div(id=ids.SCORES_TABLE, className="table", tabIndex=0)], className="side"
        ),
    )


def _heat(sources: Sources) -> html.Section:
    models = [{"label": model.label, "value": model.id} for model in sources.catalog.models]
    shown: list[dict[str, Any]] = [
        *models,
        {"label": "A − B", "value": HEAT_DIFFERENCE, "disabled": len(models) < 2},
        {"label": "labels", "value": HEAT_LABELS, "disabled": sources.labels is None},
    ]
    return _panel(
        "heat",
        html.Div(
            [
                html.Fieldset(
                    [
                        html.Legend("Colour by"),
                        dcc.RadioItems(
                            id=ids.HEAT, options=shown, value=shown[0]["value"], inline=True
                        ),
                    ],
                    className="inline",
                ),
                html.Fieldset(
                    [
                        html.Legend("Order by"),
                        dcc.RadioItems(
                            id=ids.ORDER, options=ORDER_NAMES, value="category", inline=True
                        ),
                    ],
                    className="inline",
                ),
                html.Span(id=ids.HEAT_STATUS, className="status", role="status"),
            ],
            className="tools",
        ),
        html.Div(id=ids.HEAT_VIEW, className="heat"),
    )


def _saliency(sources: Sources) -> html.Section:
    able = ", ".join(sources.catalog.model(model).label for model in sources.checkpoints)
    says = (
        "Saliency shows which bases a model's scores in this view depend on: scores of at least "
        f"0.5, or at least half of the highest if none reaches 0.5. Checkpoints given: {able}."
        if able
        else "Saliency needs a checkpoint: start regtrack serve with one."
    )
    return _panel(
        "saliency",
        html.P(says),
        html.Div(
            [
                html.Button(
                    "Compute for this view", id=ids.SALIENCY_START, disabled=not able,
                    className="plain",
                ),
                html.Button("Cancel", id=ids.SALIENCY_CANCEL, className="plain", hidden=True),
                html.Span(id=ids.SALIENCY_STATUS, className="status", role="status"),
            ],
            className="tools",
        ),
    )  # fmt: skip


def _igv(sources: Sources, *, ready: bool) -> html.Section:
    says = letters_in_browsers(sources) if ready else ""
    return _panel(
        "igv",
        html.P("" if ready else igv.MISSING, id=ids.IGV_STATUS, className="status", role="status"),
        *([html.P(says)] if says else []),
        html.Div(id=ids.IGV, **more({"data-ready": "yes" if ready else "no"})),
    )
