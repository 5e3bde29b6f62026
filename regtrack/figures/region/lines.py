"""Lines in a panel: filled if there is one, otherwise over each other; or letters."""

from __future__ import annotations

from typing import Any, Literal

import logomaker
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from regtrack.figures.palette import GREY, LETTER_COLOURS
from regtrack.figures.region.layout import NUMBER, number_text
from regtrack.figures.region.values import Floats, Limits, Line, Panel
from regtrack.figures.steps import fill_steps
from regtrack.figures.window import ABSENT, TINT
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.genome.sequence import LETTERS

_FAINT = 0.35
_BELOW_LOG = 1e-9  # what is not positive is below a logarithmic axis


def draw_panel(axes: Axes, panel: Panel, region: Interval) -> None:
    """Draw the lines of a panel, and its axis."""
    if panel.problem or not panel.lines:
        axes.text(0.5, 0.5, panel.problem, transform=axes.transAxes, ha="center", va="center",
                  fontsize=NUMBER, color=GREY)  # fmt: skip
        return
    if panel.log:
        axes.set_yscale("log")
    axes.set_ylim(*panel.limits)
    draw_spans(axes, panel.tint, region, panel.limits, facecolor=TINT, zorder=0)
    draw_spans(
        axes, _absent(panel), region, panel.limits, facecolor="none", edgecolor=ABSENT,
        hatch="//////", linewidth=0,
    )  # fmt: skip
    if len(panel.lines) > 1:
        for line in panel.lines:
            _draw_line(axes, line, log=panel.log)
    elif panel.lines[0].letters:
        _draw_letters(axes, panel.lines[0])
    else:
        _draw_filled(axes, panel.lines[0], panel)
    _draw_axis(axes, panel)


def draw_spans(
    axes: Axes, spans: Intervals, region: Interval, heights: Limits, **looks: Any
) -> None:
    """Bars over stretches within a region; thin outlines keep the shortest visible."""
    clipped = spans.clip(region.start, region.end)
    axes.broken_barh(
        [(start + 0.5, float(end - start)) for start, end in clipped],
        (heights[0], heights[1] - heights[0]),
        **{"linewidth": 0.3} | looks,
    )


def line_style(line: Line) -> tuple[str, Literal["-"] | tuple[float, tuple[float, ...]]]:
    """The colour and the dashes of a line, as matplotlib takes them."""
    return line.colour, (0, line.dashes) if line.dashes else "-"


def _draw_filled(axes: Axes, line: Line, panel: Panel) -> None:
    """From 0 or the bottom of the axis to the values; several values of a bin on each other."""
    base = max(panel.limits[0], 0.0) if not panel.log else panel.limits[0]
    for number, values in enumerate(line.values):
        alpha = _FAINT if number < len(line.values) - 1 else 1.0
        drawn = np.maximum(values, _BELOW_LOG) if panel.log else values
        parts: list[tuple[Floats, str]] = [(drawn, line.colour)]
        if line.below:
            parts = [
                (np.maximum(drawn, np.float32(0)), line.colour),
                (np.minimum(drawn, np.float32(0)), line.below),
            ]
        for part, colour in parts:
            fill_steps(
                axes, part, line.edges + 0.5, colour, baseline=base, linewidth=0.2, alpha=alpha
            )


def _draw_line(axes: Axes, line: Line, *, log: bool) -> None:
    """A line with the dashes of its model, on a thin solid one so that no narrow peak is lost."""
    colour, dashes = line_style(line)
    middles = (line.edges[:-1] + line.edges[1:]) / 2 + 0.5
    for number, values in enumerate(line.values):
        drawn = np.maximum(values, _BELOW_LOG) if log else values
        alpha = _FAINT if number < len(line.values) - 1 else 1.0
        axes.plot(middles, drawn, color=colour, linewidth=0.4, alpha=alpha, zorder=3)
        if alpha == 1.0:
            axes.plot(middles, drawn, color=colour, linestyle=dashes, linewidth=0.9, zorder=3)


def _draw_letters(axes: Axes, line: Line) -> None:
    """Bases as letters as high as their values."""
    values = np.nan_to_num(line.values[-1])
    columns = [LETTERS.index(letter) if letter in LETTERS else -1 for letter in line.letters]
    table = np.zeros((len(values), len(LETTERS)))
    table[np.arange(len(values)), columns] = values
    if not table.any():
        return
    across, limits = axes.get_xlim(), axes.get_ylim()
    logomaker.Logo(
        pd.DataFrame(table, index=line.edges[:-1].astype(np.int64) + 1, columns=list(LETTERS)),
        ax=axes, color_scheme=LETTER_COLOURS, baseline_width=0, font_name="sans",
    )  # fmt: skip
    axes.set_xlim(*across)
    axes.set_ylim(*limits)
    axes.set_xticks([])


def _draw_axis(axes: Axes, panel: Panel) -> None:
    """A line at the left with its ends, and the numbers there; a line at 0 between them."""
    low, high = panel.limits
    axes.spines["left"].set_visible(True)
    axes.spines["left"].set_linewidth(0.5)
    axes.spines["right"].set_visible(False)
    axes.minorticks_off()
    axes.set_yticks(list(panel.limits), ["", ""])
    axes.tick_params(axis="y", length=1.5, width=0.5)
    if low < 0 < high or (low == 0 and not panel.log):
        axes.axhline(0, color=ABSENT, linewidth=0.4, zorder=1)
    if not panel.numbers:
        return
    for at, limit, side in ((0.0, low, "bottom"), (1.0, high, "top")):
        axes.annotate(
            number_text(limit, panel.unit), (0, at), xycoords="axes fraction", xytext=(-2.5, 0),
            textcoords="offset points", ha="right", va=side, fontsize=NUMBER,
            color=GREY, annotation_clip=False,
        )  # fmt: skip


def _absent(panel: Panel) -> Intervals:
    """Where no line of a panel has a value; all have the same bins."""
    absent = np.ones(len(panel.lines[0].values[0]), dtype=bool)
    for line in panel.lines:
        absent &= np.isnan(line.values[0])
    bins, edges = Intervals.from_mask(absent), np.round(panel.lines[0].edges).astype(np.int64)
    return Intervals.merged(edges[bins.starts], edges[bins.ends])
