"""The scatter of scores: PR AUC of every marker by two models."""

from __future__ import annotations

from typing import Any

from regtrack.compare.axis_limits import nice
from regtrack.compare.scoreboard import Scoreboard
from regtrack_app.theme import FONT, THEMES

_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "star")


def score_figure(board: Scoreboard, labels: tuple[str, str], theme: str) -> dict[str, Any]:
    """The first model, or chance, on x and the second on y; above the diagonal it is better.

    Args:
        board: the scores.
        labels: titles of the two models.
        theme: light or dark.
    """
    colours = THEMES[theme]
    rows = [row for row in board.rows if row.first is not None and row.second is not None]
    firsts = [row.first or 0.0 for row in rows]
    seconds = [row.second or 0.0 for row in rows]
    alike = board.model_a is not None  # chance is far below, and has its own scale
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip",
            "line": {"color": colours.rule, "width": 1}, "showlegend": False,
        }
    ]  # fmt: skip
    for at, category in enumerate(dict.fromkeys(row.category for row in rows)):
        mine = [row for row in rows if row.category == category]
        traces.append(
            {
                "type": "scatter", "mode": "markers", "name": category,
                "x": [row.first for row in mine], "y": [row.second for row in mine],
                "customdata": [row.marker for row in mine],
                "text": [row.marker for row in mine],
                "cliponaxis": False,
                "hovertemplate": "%{text}<br>%{x:.3f} and %{y:.3f}<extra></extra>",
                "marker": {
                    "color": colours.categories[at % len(colours.categories)],
                    "size": 10, "opacity": 0.8,
                    "symbol": _SYMBOLS[at % len(_SYMBOLS)],
                    "line": {"width": 1, "color": colours.ground},
                },
            }
        )  # fmt: skip
    axis = {
        "gridcolor": colours.rule, "zeroline": False, "fixedrange": True, "constrain": "domain",
        "linecolor": colours.rule, "tickfont": {"size": 11, "color": colours.quiet},
    }  # fmt: skip
    return {
        "data": traces,
        "layout": {
            "height": 420,
            "margin": {"t": 34, "b": 50, "l": 58, "r": 14},
            "paper_bgcolor": colours.ground,
            "plot_bgcolor": colours.ground,
            "font": {"family": FONT, "size": 12, "color": colours.text},
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": axis
            | {
                "title": {"text": f"PR AUC of {labels[0]}" if alike else "Base rate"},
                "range": [0, _top(firsts + seconds if alike else firsts)],
            },
            "yaxis": axis
            | {
                "title": {"text": f"PR AUC of {labels[1]}"},
                "range": [0, _top(firsts + seconds)],
                "scaleanchor": "x" if alike else None,
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.0,
                "yanchor": "bottom",
                "bgcolor": "rgba(0,0,0,0)",  # so that tick labels stay visible
            },
        },
    }


def _top(scores: list[float]) -> float:
    top = nice(max(scores, default=1.0) * 1.02)
    return 1.02 if top >= 1 else top  # room for points at 1 and the tick label
