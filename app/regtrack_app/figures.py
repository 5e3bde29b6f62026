"""The figure of stacked tracks: rows of arrays in, plain Plotly dictionaries or a `Patch` out.

Every row has its own y axis. All rows share one x axis, whose numbers are 1-based: base i is drawn
around i + 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import Patch

from regtrack.genome.interval import Interval
from regtrack_app.look import PLAIN, Look
from regtrack_app.rows import GeneRow, Row, SpanRow, ValueRow
from regtrack_app.scales import Range, ranges
from regtrack_app.theme import FONT, THEMES, Theme, faint
from regtrack_app.traces import Trace, plain, traces_of

_TITLE = 21  # height of a row's title, in pixels
_GAP = 7  # height above a row without a title
_TICK = 16  # height of the number at a tick
_TOP, _BOTTOM, _LEFT, _RIGHT = 40, 8, 52, 14


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure in parts, to be sent whole or as a patch.

    Attributes:
        traces: of all rows, in order.
        wide: for each trace, whether its data cover more than the region, so that they can stay
            while the region moves a little.
        layout: the figure's layout.
        moving: keys of the layout that depend on the region.
    """

    traces: list[Trace]
    wide: list[bool]
    layout: dict[str, Any]
    moving: tuple[str, ...]

    def figure(self) -> dict[str, Any]:
        """The whole figure."""
        return {"data": self.traces, "layout": self.layout}

    def patch(self, *, same_data: bool) -> Patch:
        """The patch from a figure of the same rows to this region.

        Args:
            same_data: whether the browser already has the wide traces of this region.
        """
        patch = Patch()
        for index, (trace, wide) in enumerate(zip(self.traces, self.wide, strict=True)):
            if not (wide and same_data):
                patch["data"][index] = trace
        for key in self.moving:
            patch["layout"][key] = self.layout[key]
        return patch


def draw(
    rows: Sequence[Row],
    region: Interval,
    length: int,
    look: Look = PLAIN,
    shared: Mapping[str, Range] | None = None,
) -> Drawing:
    """The figure of some rows.

    Args:
        rows: from top to bottom.
        region: what is on screen.
        length: of its chromosome (bp), where panning ends.
        look: how they are drawn.
        shared: ranges of their axes, by key, if they are not those of this region alone.
    """
    colours = THEMES[look.theme]
    spans = ranges(rows, region, look)
    if shared is not None:
        spans = [shared.get(row.key, span) for row, span in zip(rows, spans, strict=True)]
    domains, height = _domains(rows)
    traces: list[Trace] = []
    wide: list[bool] = []
    layout = _base_layout(region, length, height, colours)
    known: set[str] = set()
    for number, (row, span, domain) in enumerate(zip(rows, spans, domains, strict=True), 1):
        axis = f"y{'' if number == 1 else number}"
        layout["yaxis" + axis[1:]] = _y_axis(row, span, domain, look)
        for trace, is_wide in traces_of(row, span, look):
            traces.append(_steady(trace) | {"xaxis": "x", "yaxis": axis})
            wide.append(is_wide)
            _name_once(traces[-1], known)
    layout["showlegend"] = shared is None  # beside other regions there is no room for it
    layout["meta"] = {"rows": [_meta(row) for row in rows], "structure": structure(rows, look)}
    layout["shapes"] = [_mark(mark, colours) for mark in look.marks]
    layout["annotations"] = _annotations(rows, domains, colours)
    moving = ("xaxis", *(key for key in layout if key.startswith("yaxis")), "annotations")
    return Drawing(traces, wide, layout, moving)


def _mark(mark: tuple[int, int], theme: Theme) -> dict[str, Any]:
    """A highlighted stretch, behind all rows."""
    start, end = mark
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": start + 0.5, "x1": end + 0.5,
        "y0": 0, "y1": 1, "layer": "below", "line": {"width": 0},
        "fillcolor": faint(theme.splits["valid"], 0.22),
    }  # fmt: skip


def _meta(row: Row) -> dict[str, Any] | None:
    """What the page's menu of a row needs; None: it has none."""
    if isinstance(row, ValueRow):
        name = row.title or row.marker
        return {"key": row.key, "name": name, "height": row.height, "alone": len(row.curves) == 1}
    if isinstance(row, SpanRow) and row.kind == "labels" and "/" not in row.key:
        return {"key": row.key, "name": row.title, "height": row.height}
    if isinstance(row, GeneRow):
        return {
            "key": row.key,
            "name": row.title,
            "height": row.height,
            "fixed": True,
            "isoforms": row.isoforms,
        }
    return None


def structure(rows: Sequence[Row], look: Look) -> str:
    """What must be equal in two figures for one to be patched into the other."""
    parts = [look.theme, look.statistic, "log" if look.log else "", str(look.marks)]
    for row in rows:
        curves = row.curves if isinstance(row, ValueRow) else ()
        styles = ",".join(
            "/".join(style.light + style.dash if style else "" for style in (c.style, c.below))
            for c in curves
        )
        logos = "".join("logo" for curve in curves if curve.letters)
        unit = row.unit + logos if isinstance(row, ValueRow) else ""
        unit += "isoforms" if isinstance(row, GeneRow) and row.isoforms else ""
        parts.append(f"{row.key}/{styles}/{row.height}{unit}")
    return "|".join(parts)


def _domains(rows: Sequence[Row]) -> tuple[list[Range], int]:
    """Bottom and top of each row as fractions of the plot, and the figure's height in pixels."""
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
        "dragmode": "pan",  # for the pointer to be heard; moves are the page's: assets/moving.js
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
            # the server's range counts, whatever was dragged before
            "uirevision": f"{region}",
            # the ruler above the tracks shows positions; images get them from here
            "showticklabels": False,
            "ticks": "",
            "tickformat": ",d",
            "hoverformat": ",.0f",
            "tickangle": 0,
            "nticks": 8,
            "ticklen": 4,
            "tickcolor": theme.rule,
            "linecolor": theme.rule,
            "showline": False,
            "showgrid": False,
            "zeroline": False,
            "anchor": "free",
            "position": 0,
            "side": "bottom",
            "tickfont": {"size": 11, "color": theme.quiet},
            "title": {"font": {"size": 11, "color": theme.quiet}, "standoff": 6},
        },
    }  # fmt: skip


def _shown(region: Interval) -> Range:
    """The axis range that shows whole bases, 1-based."""
    return region.start + 0.5, region.end + 0.5


def region_of_axis(low: float, high: float) -> tuple[float, float]:
    """Start and end, 0-based and half-open, of an axis range."""
    return low - 0.5, high - 0.5


def _y_axis(row: Row, span: Range, domain: Range, look: Look) -> dict[str, Any]:
    theme = THEMES[look.theme]
    axis: dict[str, Any] = {
        "range": list(span),
        "domain": list(domain),
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "anchor": "x",
    }
    # Plotly does not place an axis without a visible trace, and would draw its line at NaN
    if not isinstance(row, ValueRow) or not row.curves:
        return axis | {"visible": False}
    log = look.log and row.kind == "values"
    if log:
        axis |= {"type": "log", "range": [math.log10(edge) for edge in span]}
    ticks = _ticks(span, row.height, log=log)
    return axis | {
        "tickvals": ticks,
        "ticktext": [f"{tick:.3g}{row.unit}".replace("-", "−") for tick in ticks],
        "tickfont": {"size": 10, "color": theme.quiet},
        "ticks": "outside",
        "ticklen": 3,
        "tickcolor": theme.rule,
        "showline": True,
        "linecolor": theme.rule,
        "zeroline": not log,
        "zerolinecolor": theme.rule,
        "zerolinewidth": 1,
    }


def _ticks(span: Range, height: int, *, log: bool) -> list[float]:
    """Bottom and top of an axis, and what fits between them."""
    low, high = span
    if log:
        powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
        every = max(1, math.ceil(len(powers) * _TICK / max(height, 1)))
        inner = [10.0**power for power in powers][::every]
        gap = math.log10(high / low) * _TICK / max(height, 1)
        inner = [tick for tick in inner if min(tick / low, high / tick) > 10**gap]
    elif low < 0 < high:
        inner = [0.0]
    else:
        inner = [(low + high) / 2] if height >= 3 * _TICK else []
    return [low, *inner, high]


def _annotations(
    rows: Sequence[Row], domains: Sequence[Range], theme: Theme
) -> list[dict[str, Any]]:
    """The titles of the rows, and the problem of a row in its middle."""
    found = []
    for row, (low, high) in zip(rows, domains, strict=True):
        common = {"xref": "paper", "yref": "paper", "showarrow": False, "x": 0, "xanchor": "left"}
        if row.title:
            quiet = f'  <span style="color:{theme.quiet}">{plain(row.note)}</span>'
            found.append(
                common | {
                    "y": high, "yanchor": "bottom", "yshift": 1,
                    "text": f"<b>{plain(row.title)}</b>{quiet if row.note else ''}",
                    "font": {"size": 12, "color": theme.text},
                }
            )  # fmt: skip
        problem = row.problem if isinstance(row, ValueRow | SpanRow) else ""
        if problem:
            found.append(
                common | {
                    "x": 0.5, "xanchor": "center", "y": (low + high) / 2, "yanchor": "middle",
                    "text": plain(problem), "font": {"size": 11, "color": theme.quiet},
                }
            )  # fmt: skip
    return found


def _steady(trace: Trace) -> Trace:
    """A trace whose lines are true beyond the plot too: they come into view while it is dragged."""
    if trace["type"] != "scatter" or not trace["mode"].startswith("lines"):
        return trace
    return trace | {"line": trace["line"] | {"simplify": False}}


def _name_once(trace: Trace, known: set[str]) -> None:
    """One legend entry per name."""
    name = trace.get("legendgroup")
    trace["showlegend"] = bool(name) and name not in known
    if name:
        known.add(name)
