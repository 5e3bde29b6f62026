"""Each row of the figure as Plotly traces; the look of each row is defined here.

Curves are sent as `x0`, `dx` and base64 of float32, which makes pans cheap.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.genome.intervals import Intervals
from regtrack.model_style import ModelStyle
from regtrack_app.glyphs import OUTLINES
from regtrack_app.look import Look
from regtrack_app.rows import Curve, Floats, GeneRow, LetterRow, Positions, Row, SpanRow, ValueRow
from regtrack_app.scales import Range
from regtrack_app.theme import MONO, THEMES, Theme, faint, line_of

Trace = dict[str, Any]
Levels = Floats | float
NAMES, LETTERS = "names", "letters"
"""The names of the traces of gene names and of letters, which the browser adjusts."""
_BODY, _EXON = 0.14, 0.55  # heights of genes and of exons that do not code, in those that do
_MARKS = 24  # on the part of a line that is on screen
_Made = list[tuple[Trace, bool]]


def traces_of(row: Row, span: Range, look: Look) -> _Made:
    """The traces of a row, and whether each of them is wide."""
    theme = THEMES[look.theme]
    if isinstance(row, ValueRow):
        return _value_traces(row, span, look)
    if isinstance(row, SpanRow):
        return _span_traces(row, theme)
    return _gene_traces(row, theme) if isinstance(row, GeneRow) else _letter_traces(row, theme)


def typed(values: npt.NDArray[Any], dtype: str = "f4") -> dict[str, str]:
    """An array, float32 (n,) by default, in the form that plotly.js reads without parsing numbers.

    >>> typed(np.array([1.0]))
    {'dtype': 'f4', 'bdata': 'AACAPw=='}
    """
    data = np.ascontiguousarray(values, dtype=f"<{dtype}").tobytes()
    return {"dtype": dtype, "bdata": base64.b64encode(data).decode("ascii")}


def plain(text: str) -> str:
    """Text that Plotly shows unchanged: names are not markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _value_traces(row: ValueRow, span: Range, look: Look) -> _Made:
    theme = THEMES[look.theme]
    made: _Made
    if row.kind == "difference":
        made = [pair for curve in row.curves for pair in _difference(curve, theme)]
    elif row.kind == "saliency":
        made = [
            (trace, False)
            for curve in row.curves
            for trace in (*_logo(curve, theme), _saliency(row, curve, theme))
        ]
    else:
        # a fill under several lines would cover the others, and one under a band would hide it
        alone = len(row.curves) == 1 and row.curves[0].spread is None
        made = [(_ground(curve, look), True) for curve in row.curves if alone]
        made += [(edge, True) for curve in row.curves for edge in _band(curve, look)]
        made += [(line, True) for curve in row.curves for line in _lines(row, curve, look)]
    return [*made, (_absent(row, span, theme), False)]


def _colour(curve: Curve, theme: Theme) -> tuple[str, str]:
    return (theme.signal, "solid") if curve.style is None else line_of(theme, curve.style)


def _grid(curve: Curve) -> Trace:
    """The middles of the bins, 1-based."""
    return {"x0": curve.start + curve.step / 2 + 0.5, "dx": curve.step}


def _lines(row: ValueRow, curve: Curve, look: Look) -> list[Trace]:
    """The line of a curve, and a thin one of its maxima if both are drawn.

    A dashed line is a thin one without gaps below thick dashes, so that no peak falls into a gap.
    """
    main, *others = curve.drawn(look.statistic)
    colour, dash = _colour(curve, THEMES[look.theme])
    beside, weight = len(row.curves) > 1, 1.0
    if beside and curve.style is not None:
        weight = curve.style.weight
    common = {"type": "scatter", "mode": "lines", "connectgaps": False, **_grid(curve)}
    values = typed(_above_0(main) if look.log else main)
    named = {"name": curve.name, "legendgroup": curve.name}
    hover = {
        "hovertemplate": f"%{{y:.3~g}}{row.unit}  {plain(curve.name)}, "
        f"{plain(row.title or row.key)}<extra></extra>",
    }
    made = [
        common | {"y": typed(_above_0(high) if look.log else high), "hoverinfo": "skip",
                  "line": {"color": faint(colour, 0.55), "width": 0.8}}
        for high in others
    ]  # fmt: skip
    if dash == "solid":
        line = {"color": colour, "dash": dash, "width": 1.7 * weight}
        return [*made, common | named | hover | {"y": values, "line": line}]
    marks = _marks(curve.style, colour, THEMES[look.theme]) if beside and curve.style else {}
    thick = {"color": colour, "dash": dash, "width": 2.2 * weight}
    thin = {"color": colour, "width": 0.9}
    return [
        *made,
        common | hover | {"y": values, "line": thin},
        common | named | marks | {"y": values, "line": thick, "hoverinfo": "skip"},
    ]


def _marks(style: ModelStyle, colour: str, theme: Theme) -> Trace:
    """A few marks on a line, which tell it from others without colours."""
    if not style.symbol:
        return {}
    edge = {"width": 1, "color": theme.ground}
    marker = {"symbol": style.symbol, "size": 7, "color": colour, "line": edge}
    return {"mode": "lines+markers", "marker": marker | {"maxdisplayed": _MARKS}}


def _above_0(values: Floats) -> Floats:
    """Values for a logarithmic axis, float32 (n,): those that are not positive are below it."""
    return np.maximum(values, np.float32(1e-9))  # NaN stays NaN


def _ground(curve: Curve, look: Look) -> Trace:
    """A faint fill below the highest of what is drawn; 0 if absent, so that the fill ends there."""
    high = curve.drawn(look.statistic)[-1]
    colour = _colour(curve, THEMES[look.theme])[0]
    return {
        "type": "scatter", "mode": "lines", **_grid(curve), "y": typed(np.nan_to_num(high)),
        "line": {"width": 0}, "fill": "tozeroy", "fillcolor": faint(colour, 0.16),
        "hoverinfo": "skip",
    }  # fmt: skip


def _band(curve: Curve, look: Look) -> list[Trace]:
    """A fill from the lower to the upper edge of a curve's band, which is 0 where it is absent."""
    colour = _colour(curve, THEMES[look.theme])[0]
    common = {
        "type": "scatter", "mode": "lines", **_grid(curve), "line": {"width": 0},
        "hoverinfo": "skip",
    }  # fmt: skip
    fills: tuple[dict[str, str], ...] = ({}, {"fill": "tonexty", "fillcolor": faint(colour, 0.28)})
    edges = [np.nan_to_num(edge) for edge in curve.band(look.statistic)]
    return [
        common | {"y": typed(_above_0(edge) if look.log else edge)} | fill
        for edge, fill in zip(edges, fills, strict=False)
    ]


def _difference(curve: Curve, theme: Theme) -> _Made:
    """Above 0 in the first one's colour, below 0 in the other's."""
    above = _colour(curve, theme)[0]
    below = theme.label if curve.below is None else line_of(theme, curve.below)[0]
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


def _logo(curve: Curve, theme: Theme) -> list[Trace]:
    """The bases of a curve as letters as high as their values, one trace per letter.

    Letters below 0 are upside down.
    """
    if not curve.letters:
        return []
    bases = np.array(list(curve.letters))
    values = np.nan_to_num(curve.mean[: len(bases)])
    made = []
    for letter, outline in OUTLINES.items():
        there = np.flatnonzero((bases == letter) & (values != 0))
        x = np.full((len(there), len(outline) + 1), np.nan)
        y = np.full((len(there), len(outline) + 1), np.nan, dtype=np.float32)
        # base i is drawn from i + 0.5 to i + 1.5
        x[:, :-1] = curve.start + there[:, None] + 0.54 + 0.92 * outline[:, 0]
        y[:, :-1] = values[there, None] * outline[:, 1]
        made.append(
            {
                "type": "scatter", "mode": "lines", "x": typed(x.ravel(), "f8"),
                "y": typed(y.ravel()), "line": {"width": 0}, "fill": "toself",
                "fillcolor": theme.letters[letter], "hoverinfo": "skip",
            }
        )  # fmt: skip
    return made


def _saliency(row: ValueRow, curve: Curve, theme: Theme) -> Trace:
    if curve.letters:  # the letters show it; this is what the pointer finds
        return {
            "type": "scatter", "mode": "lines", **_grid(curve), "y": typed(curve.mean),
            "line": {"color": "rgba(0,0,0,0)", "width": 1}, "fill": "none",
            "hovertemplate": f"%{{y:.3~g}}  {plain(row.title)}<extra></extra>",
        }  # fmt: skip
    return {
        "type": "scatter", "mode": "lines", **_grid(curve), "y": typed(curve.mean),
        "line": {"color": _colour(curve, theme)[0], "width": 1, "shape": "hvh"},
        "fill": "tozeroy", "fillcolor": faint(_colour(curve, theme)[0], 0.3),
        "hovertemplate": f"%{{y:.3~g}}  {plain(row.title)}<extra></extra>",
    }  # fmt: skip


def _absent(row: ValueRow, span: Range, theme: Theme) -> Trace:
    """Hatching where no curve of the row has a value."""
    absent = absent_stretches(row.curves)
    return _bars(absent.starts, absent.ends, *span) | {
        "fillcolor": "rgba(0,0,0,0)",
        "fillpattern": {
            "shape": "/", "size": 5, "solidity": 0.22,
            "fgcolor": theme.absent, "bgcolor": "rgba(0,0,0,0)",
        },
        "name": "no value", "legendgroup": "no value" if absent else "",
    }  # fmt: skip


def absent_stretches(curves: Sequence[Curve]) -> Intervals:
    """Where no curve has a value, to the nearest bp; all curves must have the same bins."""
    if not curves:
        return Intervals.none()
    absent = np.ones(len(curves[0].mean), dtype=bool)
    for curve in curves:
        absent &= np.isnan(curve.mean)
    bins, first, step = Intervals.from_mask(absent), curves[0].start, curves[0].step
    starts, ends = (
        np.round(first + edges * step).astype(np.int64) for edges in (bins.starts, bins.ends)
    )
    return Intervals.merged(starts, ends)  # bins below 1 bp may round to the same position


def _bars(starts: Positions, ends: Positions, low: Levels, high: Levels) -> Trace:
    """Rectangles as one trace; one that is nowhere if there are none, so that the trace stays."""
    count = len(starts)
    x = np.full((max(count, 1), 6), np.nan)
    y = np.full_like(x, np.nan, dtype=np.float32)
    x[:count, :5] = np.stack([starts, starts, ends, ends, starts], axis=1) + 0.5
    for corners, level in (((0, 3, 4), low), ((1, 2), high)):
        y[:count, corners] = np.broadcast_to(level, count)[:, None]
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
        if not mine.any():  # the legend has those that are there
            bars |= {"x": [], "y": []}
        made.append((bars | {"fillcolor": colour, "name": name, "legendgroup": name}, True))
    return made


def _gene_traces(row: GeneRow, theme: Theme) -> _Made:
    def level(lanes: Positions) -> Floats:
        return np.asarray(1 - (lanes + 0.72) / row.lane_count, dtype=np.float32)

    half = 0.17 / row.lane_count

    def boxes(parts: tuple[Positions, Positions, Positions], size: float) -> Trace:
        starts, ends, lanes = parts
        middle, edge = level(lanes), np.float32(half * size)
        return _bars(starts, ends, middle - edge, middle + edge) | solid

    solid = {"fillcolor": theme.gene, "line": {"width": 0.8, "color": theme.gene}}
    names = [
        f"{name} ▸" if strand == "+" else f"◂ {name}" if strand == "-" else name
        for name, strand in zip(row.names, row.strands, strict=True)
    ]
    nowhere = np.array([np.nan])  # so that the trace stays
    text = {
        "type": "scatter", "mode": "text", "text": names or [""], "textposition": "top right",
        "meta": NAMES,
        "x": typed(row.named_at + 0.5 if names else nowhere, "f8"),
        "y": typed(level(row.lanes) + half if names else nowhere),
        "textfont": {"size": 10, "color": theme.text}, "hoverinfo": "skip", "cliponaxis": True,
    }  # fmt: skip
    return [
        (boxes((row.starts, row.ends, row.lanes), _BODY), True),
        (boxes((row.exon_starts, row.exon_ends, row.exon_lanes), _EXON), True),
        (boxes((row.thick_starts, row.thick_ends, row.thick_lanes), 1), True),
        (text, False),
    ]


def _letter_traces(row: LetterRow, theme: Theme) -> _Made:
    colours = [theme.letters.get(letter, theme.quiet) for letter in row.letters]
    return [
        (
            {
                "type": "scatter", "mode": "text", "text": list(row.letters), "meta": LETTERS,
                "x0": row.start + 1, "dx": 1, "y": [0.5] * len(row.letters),
                "textfont": {"family": MONO, "size": 13, "color": colours, "weight": 700},
                "hoverinfo": "skip",
            },
            False,
        )
    ]  # fmt: skip
