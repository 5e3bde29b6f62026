"""The figure of stacked tracks: rows of arrays in, plain Plotly dictionaries or a `Patch` out.

Every row has its own y axis and all share one x axis, whose numbers are 1-based: base i is drawn
around i + 1. Curves travel as `x0`, `dx` and base64 of float32, which is what makes a pan cheap.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import Patch

from app.rows import Curve, Floats, GeneRow, LetterRow, Positions, Row, SpanRow, ValueRow
from app.scales import Range, ranges
from app.theme import FONT, MONO, THEMES, Theme, faint, line_of
from regtrack.genome.interval import Interval

Trace = dict[str, Any]

_TITLE = 21  # pixels that a row's title takes
_GAP = 7  # and the room above a row without one
_TOP, _BOTTOM, _LEFT, _RIGHT = 40, 44, 52, 14
# what of a trace and of an axis another region changes
_DATA = ("x", "y", "x0", "dx", "text", "textfont")
_AXIS = ("range", "minallowed", "maxallowed", "uirevision", "title", "tickvals", "ticktext")


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure in parts, to be sent whole or as what has changed.

    Attributes:
        traces: of all rows in order.
        wide: of each trace, whether its data cover more than the region, and so stay as they are
            while the region moves a little.
        layout: the figure's layout.
        moving: keys of the layout that follow the region.
    """

    traces: list[Trace]
    wide: list[bool]
    layout: dict[str, Any]
    moving: tuple[str, ...]

    def figure(self) -> dict[str, Any]:
        """The whole figure."""
        return {"data": self.traces, "layout": self.layout}

    def patch(self, *, same_data: bool) -> Patch:
        """What another region changes in a figure of the same rows.

        Args:
            same_data: the browser already has the wide traces of this region.
        """
        patch = Patch()
        for index, (trace, wide) in enumerate(zip(self.traces, self.wide, strict=True)):
            if not (wide and same_data):
                for key in _DATA:
                    if key in trace:
                        patch["data"][index][key] = trace[key]
        for key in self.moving:
            if key == "annotations":
                patch["layout"][key] = self.layout[key]
                continue
            for part in _AXIS:
                if part in self.layout[key]:
                    patch["layout"][key][part] = self.layout[key][part]
        return patch


def draw(
    rows: Sequence[Row], region: Interval, length: int, *, scale: str = "shared",
    theme: str = "light",
) -> Drawing:  # fmt: skip
    """The figure of some rows.

    Args:
        rows: from the top down.
        region: what is on screen.
        length: of its chromosome (bp), where panning ends.
        scale: as `app.scales.ranges`.
        theme: light or dark.
    """
    colours = THEMES[theme]
    spans = ranges(rows, region, scale)
    domains, height = _domains(rows)
    traces: list[Trace] = []
    wide: list[bool] = []
    layout = _base_layout(region, length, height, colours)
    known: set[str] = set()
    for number, (row, span, domain) in enumerate(zip(rows, spans, domains, strict=True), 1):
        axis = f"y{'' if number == 1 else number}"
        layout["yaxis" + axis[1:]] = _y_axis(row, span, domain, colours)
        for trace, is_wide in _traces(row, span, colours):
            traces.append(trace | {"xaxis": "x", "yaxis": axis})
            wide.append(is_wide)
            _name_once(traces[-1], known)
    layout["annotations"] = _annotations(rows, domains, colours)
    moving = ("xaxis", *(key for key in layout if key.startswith("yaxis")), "annotations")
    return Drawing(traces, wide, layout, moving)


def structure(rows: Sequence[Row], theme: str) -> str:
    """What must be equal for one figure to be patched into another."""
    parts = [theme]
    for row in rows:
        curves = len(row.curves) if isinstance(row, ValueRow) else 0
        parts.append(f"{row.key}/{curves}/{row.height}")
    return "|".join(parts)


def typed(values: npt.NDArray[Any], dtype: str = "f4") -> dict[str, str]:
    """An array as plotly.js reads it without parsing numbers.

    >>> typed(np.array([1.0]))
    {'dtype': 'f4', 'bdata': 'AACAPw=='}
    """
    data = np.ascontiguousarray(values, dtype=f"<{dtype}").tobytes()
    return {"dtype": dtype, "bdata": base64.b64encode(data).decode("ascii")}


def _domains(rows: Sequence[Row]) -> tuple[list[Range], int]:
    """Bottom and top of each row as shares of the plot, and the figure's height in pixels."""
    room = [(_TITLE if row.title else _GAP) + row.height for row in rows]
    total = max(sum(room), 1)
    domains, at = [], 0
    for row, pixels in zip(rows, room, strict=True):
        at += pixels
        domains.append((1 - at / total, 1 - (at - row.height) / total))
    return [(max(low, 0.0), min(high, 1.0)) for low, high in domains], total + _TOP + _BOTTOM


def _base_layout(region: Interval, length: int, height: int, theme: Theme) -> dict[str, Any]:
    low, high = _shown(region)
    return {
        "height": height,
        "margin": {"t": _TOP, "b": _BOTTOM, "l": _LEFT, "r": _RIGHT, "pad": 0},
        "paper_bgcolor": theme.ground,
        "plot_bgcolor": theme.ground,
        "font": {"family": FONT, "size": 12, "color": theme.text},
        "dragmode": "pan",
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "hoverlabel": {"bgcolor": theme.ground, "font": {"size": 11, "color": theme.text}},
        "uirevision": "regtrack",
        "showlegend": True,
        "legend": {
            "orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "top",
            "yref": "container", "itemclick": False, "itemdoubleclick": False,
            "font": {"size": 11, "color": theme.text}, "bgcolor": "rgba(0,0,0,0)",
        },
        "xaxis": {
            "range": [low, high],
            "minallowed": 0.5,
            "maxallowed": length + 0.5,
            # what the server says counts, whatever was dragged before
            "uirevision": f"{region}",
            "tickformat": ",d",
            "tickangle": 0,
            "nticks": 8,
            "ticks": "outside",
            "ticklen": 4,
            "tickcolor": theme.rule,
            "linecolor": theme.rule,
            "showline": True,
            "showgrid": False,
            "zeroline": False,
            "anchor": "free",
            "position": 0,
            "side": "bottom",
            "tickfont": {"size": 11, "color": theme.quiet},
            "title": {
                "text": f"Position on {region.chrom} (bp)",
                "font": {"size": 11, "color": theme.quiet}, "standoff": 6,
            },
        },
    }  # fmt: skip


def _shown(region: Interval) -> Range:
    """The axis range that shows whole bases, 1-based."""
    return region.start + 0.5, region.end + 0.5


def region_of_axis(low: float, high: float) -> tuple[float, float]:
    """Start and end, 0-based and half-open, of an axis range."""
    return low - 0.5, high - 0.5


def _y_axis(row: Row, span: Range, domain: Range, theme: Theme) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "range": list(span),
        "domain": list(domain),
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "anchor": "x",
    }
    if not isinstance(row, ValueRow):
        return axis | {"visible": False}
    low, high = span
    ticks = [low, 0.0, high] if low < 0 else [0.0, high]
    return axis | {
        "tickvals": ticks,
        "ticktext": [f"{tick:.3g}".replace("-", "−") for tick in ticks],
        "tickfont": {"size": 10, "color": theme.quiet},
        "ticks": "outside",
        "ticklen": 3,
        "tickcolor": theme.rule,
        "showline": True,
        "linecolor": theme.rule,
        "zeroline": True,
        "zerolinecolor": theme.rule,
        "zerolinewidth": 1,
    }


def _annotations(
    rows: Sequence[Row], domains: Sequence[Range], theme: Theme
) -> list[dict[str, Any]]:
    """The rows' titles, and what is wrong with a row in its middle."""
    found = []
    for row, (low, high) in zip(rows, domains, strict=True):
        plain = {"xref": "paper", "yref": "paper", "showarrow": False, "x": 0, "xanchor": "left"}
        if row.title:
            quiet = f'  <span style="color:{theme.quiet}">{_plain(row.note)}</span>'
            found.append(
                plain | {
                    "y": high, "yanchor": "bottom", "yshift": 1,
                    "text": f"<b>{_plain(row.title)}</b>{quiet if row.note else ''}",
                    "font": {"size": 12, "color": theme.text},
                }
            )  # fmt: skip
        problem = row.problem if isinstance(row, ValueRow | SpanRow) else ""
        if problem:
            found.append(
                plain | {
                    "x": 0.5, "xanchor": "center", "y": (low + high) / 2, "yanchor": "middle",
                    "text": _plain(problem), "font": {"size": 11, "color": theme.quiet},
                }
            )  # fmt: skip
    return found


def _plain(text: str) -> str:
    """Text that Plotly shows as it is: a name is no markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _name_once(trace: Trace, known: set[str]) -> None:
    """One legend entry a name."""
    name = trace.get("legendgroup")
    trace["showlegend"] = bool(name) and name not in known
    if name:
        known.add(name)


_Made = list[tuple[Trace, bool]]


def _traces(row: Row, span: Range, theme: Theme) -> _Made:
    """The traces of a row, and of each whether it is wide."""
    if isinstance(row, ValueRow):
        return _value_traces(row, span, theme)
    if isinstance(row, SpanRow):
        return _span_traces(row, theme)
    return _gene_traces(row, theme) if isinstance(row, GeneRow) else _letter_traces(row, theme)


def _value_traces(row: ValueRow, span: Range, theme: Theme) -> _Made:
    if row.kind == "difference":
        made = [pair for curve in row.curves for pair in _difference(curve, theme)]
    elif row.kind == "saliency":
        made = [(_saliency(row, curve, theme), False) for curve in row.curves]
    else:
        strength = 0.22 if len(row.curves) == 1 else 0.1
        envelopes = [(_envelope(curve, theme, strength), True) for curve in row.curves]
        made = envelopes + [(_line(row, curve, theme), True) for curve in row.curves]
    return [*made, (_absent(row, span, theme), False)]


def _colour(curve: Curve, theme: Theme) -> tuple[str, str]:
    return (theme.signal, "solid") if curve.style < 0 else line_of(theme, curve.style)


def _grid(curve: Curve) -> Trace:
    """The middles of the bins, 1-based."""
    return {"x0": curve.start + curve.step / 2 + 0.5, "dx": curve.step}


def _line(row: ValueRow, curve: Curve, theme: Theme) -> Trace:
    colour, dash = _colour(curve, theme)
    return {
        "type": "scatter", "mode": "lines", **_grid(curve), "y": typed(curve.mean),
        "line": {"color": colour, "dash": dash, "width": 1.4}, "connectgaps": False,
        "name": curve.name, "legendgroup": curve.name,
        "hovertemplate": f"%{{y:.3~g}}  {_plain(curve.name)}, {_plain(row.title or row.key)}"
        "<extra></extra>",
    }  # fmt: skip


def _envelope(curve: Curve, theme: Theme, strength: float) -> Trace:
    """The maximum of each bin, faint; 0 where absent, so that the fill ends there."""
    high = curve.mean if curve.high is None else curve.high
    return {
        "type": "scatter", "mode": "lines", **_grid(curve), "y": typed(np.nan_to_num(high)),
        "line": {"width": 0}, "fill": "tozeroy",
        "fillcolor": faint(_colour(curve, theme)[0], strength), "hoverinfo": "skip",
    }  # fmt: skip


def _difference(curve: Curve, theme: Theme) -> _Made:
    """Above 0 in the first one's colour, below in the other's."""
    above = _colour(curve, theme)[0]
    below = theme.label if curve.below < 0 else line_of(theme, curve.below)[0]
    values = np.nan_to_num(curve.mean)
    parts = ((np.maximum(values, 0), above), (np.minimum(values, 0), below))
    fills: _Made = [
        (
            {
                "type": "scatter", "mode": "lines", **_grid(curve), "y": typed(part),
                "line": {"width": 0.8, "color": colour}, "fill": "tozeroy",
                "fillcolor": faint(colour, 0.45), "hoverinfo": "skip",
            },
            True,
        )
        for part, colour in parts
    ]  # fmt: skip
    return fills


def _saliency(row: ValueRow, curve: Curve, theme: Theme) -> Trace:
    return {
        "type": "scatter", "mode": "lines", **_grid(curve), "y": typed(np.nan_to_num(curve.mean)),
        "line": {"color": _colour(curve, theme)[0], "width": 1, "shape": "hvh"},
        "fill": "tozeroy", "fillcolor": faint(_colour(curve, theme)[0], 0.3),
        "hovertemplate": f"%{{y:.3~g}}  {_plain(row.title)}<extra></extra>",
    }  # fmt: skip


def _absent(row: ValueRow, span: Range, theme: Theme) -> Trace:
    """Hatching where no curve of the row has a value."""
    starts, ends = absent_stretches(row.curves)
    return _bars(starts, ends, *span) | {
        "fillcolor": "rgba(0,0,0,0)",
        "fillpattern": {
            "shape": "/", "size": 5, "solidity": 0.22,
            "fgcolor": theme.absent, "bgcolor": "rgba(0,0,0,0)",
        },
        "name": "no value", "legendgroup": "no value" if len(starts) else "",
    }  # fmt: skip


def absent_stretches(curves: Sequence[Curve]) -> tuple[Positions, Positions]:
    """Where no curve has a value, if all have the same bins: starts and ends (bp)."""
    nowhere = np.zeros(0, dtype=np.int64)
    if not curves:
        return nowhere, nowhere
    absent = np.ones(len(curves[0].mean), dtype=bool)
    for curve in curves:
        absent &= np.isnan(curve.mean)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], absent, [False]]).astype(np.int8)))
    bounds = np.round(curves[0].start + edges * curves[0].step).astype(np.int64)
    return bounds[::2], bounds[1::2]


def _bars(starts: Positions, ends: Positions, low: float, high: float) -> Trace:
    """Rectangles as one trace."""
    x = np.full((len(starts), 6), np.nan)
    x[:, 0] = x[:, 1] = x[:, 4] = starts + 0.5
    x[:, 2] = x[:, 3] = ends + 0.5
    y: Floats = np.full((len(starts), 6), np.nan, dtype=np.float32)
    y[:] = (low, high, high, low, low, np.nan)
    return {
        "type": "scatter", "mode": "lines", "x": typed(x.ravel(), "f8"), "y": typed(y.ravel()),
        "line": {"width": 0}, "fill": "toself", "hoverinfo": "skip",
    }  # fmt: skip


def _span_traces(row: SpanRow, theme: Theme) -> _Made:
    if row.kind == "labels":
        bars = _bars(row.starts, row.ends, 0.05, 0.95)
        look = {"fillcolor": theme.label, "line": {"width": 0.6, "color": theme.label}}
        return [(bars | look | {"name": "labelled", "legendgroup": "labelled"}, True)]
    made: _Made = []
    for name, colour in theme.splits.items():
        mine = np.array([found == name for found in row.names], dtype=bool)
        bars = _bars(row.starts[mine], row.ends[mine], 0.0, 1.0)
        made.append((bars | {"fillcolor": colour, "name": name, "legendgroup": name}, True))
    return made


def _gene_traces(row: GeneRow, theme: Theme) -> _Made:
    def level(lanes: Positions) -> Floats:
        return np.asarray(1 - (lanes + 0.72) / row.lane_count, dtype=np.float32)

    half = 0.17 / row.lane_count
    bodies = _bars(row.starts, row.ends, 0, 0)
    heights = level(row.lanes)[:, None] + np.array([-1, 1, 1, -1, -1, np.nan]) * half * 0.14
    exons = _bars(row.exon_starts, row.exon_ends, 0, 0)
    exon_heights = level(row.exon_lanes)[:, None] + np.array([-1, 1, 1, -1, -1, np.nan]) * half
    solid = {"fillcolor": theme.gene, "line": {"width": 0.8, "color": theme.gene}}
    names = [
        f"{name} ▸" if strand == "+" else f"◂ {name}" if strand == "-" else name
        for name, strand in zip(row.names, row.strands, strict=True)
    ]
    text = {
        "type": "scatter", "mode": "text", "text": names, "textposition": "top right",
        "x": typed(row.named_at + 0.5, "f8"),
        "y": typed(level(row.lanes) + half * 0.4),
        "textfont": {"size": 10, "color": theme.text}, "hoverinfo": "skip", "cliponaxis": True,
    }  # fmt: skip
    return [
        (bodies | solid | {"y": typed(heights.ravel())}, True),
        (exons | solid | {"y": typed(exon_heights.ravel())}, True),
        (text, False),
    ]


def _letter_traces(row: LetterRow, theme: Theme) -> _Made:
    colours = [theme.letters.get(letter, theme.quiet) for letter in row.letters]
    return [
        (
            {
                "type": "scatter", "mode": "text", "text": list(row.letters),
                "x0": row.start + 1, "dx": 1, "y": [0.5] * len(row.letters),
                "textfont": {"family": MONO, "size": 13, "color": colours, "weight": 700},
                "hoverinfo": "skip",
            },
            False,
        )
    ]  # fmt: skip
