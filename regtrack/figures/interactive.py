"""Interactive figures by plotly, each in one HTML file that works offline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.io import to_html
from plotly.subplots import make_subplots

from regtrack.atomic import publish_file
from regtrack.figures.content import (
    LONGEST,
    common_interval,
    density,
    letter_heights,
    letters_name,
    limits,
    output_name,
    panel_letter,
    panel_note,
    width_curve,
)
from regtrack.figures.envelope import coarse_runs, envelope
from regtrack.figures.palette import GREY, LETTER_COLOURS, LOSS_GAIN
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Mask
from regtrack.genome.sequence import LETTERS, N, decode
from regtrack.model_style import OKABE_ITO
from regtrack.saliency.values import SHARES, Curve, Saliency

_BINS = 30_000  # points per panel; shorter regions are drawn base by base
_PANEL, _HEAT, _MARK = 150, 110, 22  # heights, pixels
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ margin: 0 auto; max-width: 1600px; background: white; }}</style>
</head>
<body>
{figure}
</body>
</html>
"""


def interactive_saliency(
    saliencies: Sequence[Saliency], marks: Mapping[str, Mask] | None = None
) -> go.Figure:
    """The saliency of several models, stacked on one scale and one x axis.

    A region of at most 200 bp is drawn as one bar per base, with the effects of each letter below
    if the method has them. A longer one is drawn as an area, and beyond 30,000 bp as the extremes
    of that many bins.

    Args:
        saliencies: one per panel, of the same region, method and marker.
        marks: named stretches drawn in grey under the panels, bool (L,) each.

    Raises:
        ValueError: no saliency, or saliencies that do not match.
    """
    interval = common_interval(saliencies)
    marks = marks or {}
    short = len(interval) <= LONGEST["double"]
    mutated = short and saliencies[0].method.per_letter
    sizes = [_PANEL, *[_HEAT] * mutated] * len(saliencies) + [_MARK * len(marks)] * bool(marks)
    figure = _stack(sizes)
    shown = [letter_heights(s) if short else s.values for s in saliencies]
    low, high = limits(shown)
    span = (high - low) or 1.0
    floor = low - (0.2 if short else 0.08) * span  # room for the bars of the outputs
    name = letters_name(saliencies[0]) if short else saliencies[0].method.title
    for number, (saliency, values) in enumerate(zip(saliencies, shown, strict=True)):
        row = 1 + number * (1 + mutated)
        traces = _letter_bars(saliency, values) if short else _area(saliency)
        figure.add_traces(list(traces), rows=row, cols=1)
        outputs = _bars(interval, saliency.outputs, floor, OKABE_ITO["blue"], output_name(saliency))
        outputs.update(showlegend=number == 0 and any(s.outputs.any() for s in saliencies))
        figure.add_trace(outputs, row=row, col=1)
        if mutated:
            figure.add_traces(list(_heat(saliency)), rows=row + 1, cols=1)
            figure.update_yaxes(row=row + 1, autorange="reversed", fixedrange=True)
        _name_panel(
            figure, row, panel_letter(number, len(saliencies)) + saliency.model,
            panel_note(saliency, values),
        )  # fmt: skip
        figure.update_yaxes(
            row=row, range=[floor - 0.06 * span, high + 0.06 * span], nticks=5, title_text=name,
            title_font_size=11,
        )  # fmt: skip
    _add_marks(figure, interval, marks, len(sizes))
    if mutated:
        _scale_colours(figure, max(float(np.abs(s.values).max()) for s in saliencies))
    title = f"{name}, {saliencies[0].marker.name}, {interval}"
    figure.update_layout(title_text=title)
    figure.update_xaxes(range=[interval.start + 0.5, interval.end + 0.5])
    figure.update_xaxes(row=len(sizes), title_text=f"Position on {interval.chrom} (bp)")
    return figure


def interactive_receptive_field(curves: Sequence[Curve]) -> go.Figure:
    """The fraction of the gradient per bp by distance, and the width that holds each fraction."""
    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.09)
    for curve in curves:
        colour = curve.style.light
        line = {"color": colour, "dash": curve.style.dash, "width": 1.5}
        for column, (x, y) in enumerate((density(curve), width_curve(curve)), start=1):
            figure.add_scatter(
                x=x, y=y, row=1, col=column, line=line, mode="lines", name=curve.model,
                legendgroup=curve.model, showlegend=column == 1,
            )  # fmt: skip
        figure.add_scatter(
            x=list(curve.widths.values()), y=list(SHARES), row=1, col=2, mode="markers",
            marker_color=colour, legendgroup=curve.model, showlegend=False, name=curve.model,
        )  # fmt: skip
    powers = {"type": "log", "dtick": 1}
    figure.update_xaxes(row=1, col=1, title_text="Distance from the output (bp)", tickformat=",d")
    figure.update_yaxes(
        row=1, col=1, title_text="Fraction of the gradient per bp", exponentformat="power", **powers
    )
    figure.update_xaxes(
        row=1, col=2, title_text="Width around the output (bp)", tickformat=",d", **powers
    )
    figure.update_yaxes(row=1, col=2, title_text="Fraction of the gradient (%)")
    _dress(figure, 480)
    figure.update_layout(title_text="How far models look", hovermode="closest")
    return figure


def save_html(figure: go.Figure, path: Path, *, overwrite: bool = False) -> None:
    """Write a self-contained HTML file; the same figure yields byte-identical files.

    Raises:
        OutputError: `path` exists or cannot be written.
    """
    drawn = to_html(
        figure,
        full_html=False,
        include_plotlyjs=True,
        div_id="figure",
        config={
            "displaylogo": False,
            "responsive": True,
            "showSendToCloud": False,
            "modeBarButtonsToRemove": ["select2d", "lasso2d"],
            "toImageButtonOptions": {"format": "svg", "filename": path.stem},
        },
    )
    page = _PAGE.format(title=escape(figure.layout.title.text or path.stem), figure=drawn)
    with publish_file(path, overwrite=overwrite) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _stack(sizes: Sequence[int]) -> go.Figure:
    """Stacked panels with the given heights (pixels), on one x axis."""
    gap = 30
    inner = sum(sizes) + gap * (len(sizes) - 1)
    figure = make_subplots(
        rows=len(sizes), cols=1, shared_xaxes=True, row_heights=list(sizes),
        vertical_spacing=gap / inner if len(sizes) > 1 else 0,
    )  # fmt: skip
    _dress(figure, inner + 130)
    figure.update_xaxes(tickformat=",d", hoverformat=",d", showticklabels=False)
    figure.update_xaxes(row=len(sizes), showticklabels=True, ticks="outside")
    return figure


def _dress(figure: go.Figure, height: int) -> None:
    figure.update_layout(
        template="none", height=height, showlegend=True, hovermode="x", bargap=0,
        margin={"l": 80, "r": 20, "t": 90, "b": 60}, font_family="Arial, Helvetica, sans-serif",
        title={
            "font": {"size": 15}, "x": 0, "xref": "paper", "y": 1, "yanchor": "top",
            "pad": {"t": 14},
        },
        legend={
            "orientation": "h", "x": 0, "y": 1 - 36 / height, "yref": "container",
            "yanchor": "top",
        },
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, zeroline=False, showline=True, linewidth=0.6)
    figure.update_yaxes(showgrid=False, zeroline=True, zerolinewidth=0.6, showline=True)
    figure.update_yaxes(separatethousands=True, exponentformat="power", minexponent=4)


def _area(saliency: Saliency) -> Iterator[go.Scatter]:
    """The extremes of bins, filled towards 0."""
    found = envelope(saliency.values, _BINS)
    middles = saliency.start + (found.edges[:-1] + found.edges[1:] + 1) / 2
    for heights in (found.highs, found.lows):
        if heights.any() or heights is found.highs:
            yield go.Scatter(
                x=middles, y=heights, mode="lines", fill="tozeroy", name=saliency.model,
                line={"color": OKABE_ITO["black"], "width": 0.8, "shape": "hvh"},
                fillcolor=OKABE_ITO["black"], showlegend=False,
                hovertemplate="%{x:,.0f}: %{y:.4g}<extra>" + escape(saliency.model) + "</extra>",
            )  # fmt: skip


def _letter_bars(saliency: Saliency, heights: np.ndarray) -> Iterator[go.Bar]:
    bases = list(decode(saliency.codes))
    yield go.Bar(
        x=saliency.start + 1 + np.arange(len(saliency)), y=heights, text=bases, name=saliency.model,
        marker_color=[LETTER_COLOURS[base] for base in bases], textposition="outside",
        textfont={"color": [LETTER_COLOURS[base] for base in bases]}, cliponaxis=False,
        showlegend=False, textangle=0, marker_line_width=0,
        hovertemplate="%{x:,d} %{text}: %{y:.4g}<extra>" + escape(saliency.model) + "</extra>",
    )  # fmt: skip


def _heat(saliency: Saliency) -> Iterator[go.Heatmap | go.Scatter]:
    """The effects, and a dot at the reference base."""
    positions = saliency.start + 1 + np.arange(len(saliency))
    yield go.Heatmap(
        x=positions, y=list(LETTERS[:4]), z=saliency.values.T, coloraxis="coloraxis",
        hovertemplate="%{x:,d} to %{y}: %{z:.4g}<extra>" + escape(saliency.model) + "</extra>",
    )  # fmt: skip
    known = saliency.codes != N
    yield go.Scatter(
        x=positions[known], y=[LETTERS[code] for code in saliency.codes[known]], mode="markers",
        marker={"color": "black", "size": 3}, showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def _scale_colours(figure: go.Figure, most: float) -> None:
    """One scale from -most to most for all heat maps, with a colour bar at the right."""
    figure.update_layout(
        coloraxis={
            "cmin": -most, "cmax": most,
            "colorscale": list(zip((0, 0.5, 1), LOSS_GAIN, strict=True)),
            "colorbar": {
                "title": {"text": "Effect on<br>the logits", "side": "top"}, "thickness": 12,
                "lenmode": "pixels", "len": _PANEL + _HEAT + 50, "y": 1, "yanchor": "top",
                "separatethousands": True, "exponentformat": "power", "minexponent": 4,
            },
        }
    )  # fmt: skip


def _bars(interval: Interval, mask: Mask, height: float, colour: str, name: str) -> go.Scatter:
    """Intervals as thick horizontal lines."""
    x: list[float | None] = []
    for start, end in coarse_runs(mask, _BINS).shift(interval.start):
        x += [start + 0.5, end + 0.5, None]
    return go.Scatter(
        x=x, y=[None if place is None else height for place in x], mode="lines", name=name,
        line={"color": colour, "width": 8}, showlegend=False, hoverinfo="name",
    )  # fmt: skip


def _add_marks(figure: go.Figure, interval: Interval, marks: Mapping[str, Mask], row: int) -> None:
    if not marks:
        return
    for number, (name, mask) in enumerate(marks.items()):
        figure.add_trace(_bars(interval, mask, number, GREY, name), row=row, col=1)
    ticks: dict[str, Any] = {"tickvals": list(range(len(marks))), "ticktext": list(marks)}
    figure.update_yaxes(
        row=row,
        range=[len(marks) - 0.4, -0.6],
        fixedrange=True,
        showline=False,
        zeroline=False,
        **ticks,
    )


def _name_panel(figure: go.Figure, row: int, name: str, note: str) -> None:
    """The model's name above the left corner of a panel, its note above the right corner."""
    sides = ((f"<b>{escape(name)}</b>", 0, "left", "black"), (escape(note), 1, "right", GREY))
    for text, x, side, colour in sides:
        figure.add_annotation(
            text=text, x=x, y=1, xref="x domain", yref="y domain", xanchor=side, yanchor="bottom",
            showarrow=False, font={"color": colour, "size": 12}, row=row, col=1,
        )  # fmt: skip
