"""Stacked panels along a chromosome: sizes, a common scale, bars and the position axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from regtrack.figures.envelope import coarse_runs
from regtrack.figures.palette import GREY
from regtrack.figures.style import WIDTHS, inches
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Mask
from regtrack.model_style import OKABE_ITO

_UNITS = ((20_000_000, 1_000_000, "Mb"), (100_000, 1_000, "kb"), (0, 1, "bp"))
_BINS_PER_INCH = 300  # journals print no lines thinner than 0.25 pt, 1/288 inch
MARKS_ROW = 2.6  # height of a row of marks, mm
OUTPUT = OKABE_ITO["blue"]
_STRIP = 0.18  # fraction of a panel's height, below its scale
_MARGIN, _BOLD_LETTER, _LETTER = 16.0, 1.9, 1.45  # mm, for the widest fonts
_TICKS = {"single": 4, "1.5": 5, "double": 8}


def bins_of(width: str) -> int:
    """The number of bins that print can resolve in a journal's column."""
    return round(inches(WIDTHS[width]) * _BINS_PER_INCH)


def stacked_panels(
    heights: Sequence[float], width: str, *, titles: int
) -> tuple[Figure, list[Axes]]:
    """A figure of a journal's width with stacked panels on one x axis.

    Args:
        heights: of the panels, mm.
        width: `single` or `double`.
        titles: number of panels with a title.
    """
    height = 15 + sum(heights) + 5 * titles + len(heights)
    figure = Figure(
        figsize=(inches(WIDTHS[width]), inches(height)),
        layout=ConstrainedLayoutEngine(h_pad=inches(0.5), w_pad=inches(0.8), hspace=0),
    )
    panels = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    return figure, list(panels[:, 0])


def title_panels(
    panels: Sequence[Axes],
    names: Sequence[str],
    notes: Sequence[str],
    *,
    width: str,
    beside: float = 0.0,
) -> None:
    """Write names in bold above the left corners of panels, and grey notes above the right corners.

    The first, comma-separated parts of the notes are left out of all panels if any lacks space.
    Anything right of the panels takes `beside` mm.
    """
    rooms = [WIDTHS[width] - beside - _MARGIN - _BOLD_LETTER * len(name) for name in names]
    parts = [note.split(", ") for note in notes]
    while any(
        own and _LETTER * len(", ".join(own)) > room for own, room in zip(parts, rooms, strict=True)
    ):
        parts = [own[1:] for own in parts]
    for axes, name, own in zip(panels, names, parts, strict=True):
        axes.set_title(name, loc="left", fontsize=8, fontweight="bold", pad=3)
        axes.set_title(", ".join(own), loc="right", fontsize=7, color=GREY, pad=3)


def name_scale(figure: Figure, panels: Sequence[Axes], name: str, power: str) -> None:
    """Label the y axis of scaled panels, with the power of ten that `scale_panels` returned.

    The label is next to a single panel, in two lines as it is low, or next to the middle of
    several.
    """
    if len(panels) == 1:
        panels[0].set_ylabel("\n".join([name, *[power] * bool(power)]))
    else:
        figure.supylabel(f"{name} {power}".rstrip(), fontsize=8)


def scale_panels(panels: Sequence[Axes], low: float, high: float) -> str:
    """Give panels a common y axis from `low`, at most 0, to `high`, at least 0.

    Below it, a strip of the panel is left free for `draw_outputs`.

    Returns:
        The power of ten to multiply the tick labels with, to be appended to the axis label; empty
        for 1.
    """
    span = high - low or 1.0
    bottom, top = low - (0.04 * span if low else 0), low + 1.04 * span
    ticks = _ticks(low, high)
    exponent = math.floor(math.log10(max(-low, high) or 1.0))
    exponent = 0 if -2 <= exponent <= 4 else exponent
    for axes in panels:
        axes.axhline(0, color="black", linewidth=0.5)
        axes.set_ylim(bottom - _STRIP * (top - bottom), top)
        axes.set_yticks(ticks, [f"{t / 10.0**exponent:,.10g}".replace("-", "−") for t in ticks])
        axes.spines["left"].set_bounds(bottom, top)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
    return rf"($\times 10^{{{exponent}}}$)" if exponent else ""


def _ticks(low: float, high: float) -> list[float]:
    """At least three round values between low and high, which need not be round themselves."""
    inside: list[float] = []
    for most in range(3, 9):
        found = MaxNLocator(nbins=most, steps=[1, 2, 5, 10]).tick_values(low, high)
        inside = [float(tick) for tick in found if low <= tick <= high]
        if len(inside) >= 3:
            break
    return inside


def draw_outputs(axes: Axes, interval: Interval, outputs: Mask, *, bins: int) -> None:
    """A blue bar below a panel wherever an output's error was propagated, bool (L,)."""
    _bars(axes, interval, outputs, (0.0, 0.45 * _STRIP), OUTPUT, bins=bins)


def draw_marks(axes: Axes, interval: Interval, marks: Mapping[str, Mask], *, bins: int) -> None:
    """Draw rows of grey bars where masks, bool (L,) each, are true, with their names."""
    row = 1 / len(marks)
    for number, mask in enumerate(marks.values()):
        bottom = 1 - (number + 0.8) * row
        _bars(axes, interval, mask, (bottom, bottom + 0.6 * row), GREY, bins=bins)
    axes.set_ylim(0, 1)
    axes.set_yticks([1 - (number + 0.5) * row for number in range(len(marks))], list(marks))
    axes.tick_params(axis="y", length=0)
    axes.spines[:].set_visible(False)


def _bars(
    axes: Axes,
    interval: Interval,
    mask: Mask,
    heights: tuple[float, float],
    colour: str,
    *,
    bins: int,
) -> None:
    """Bars between two heights, as fractions of the panel's height.

    Their outline keeps a lone base among thousands visible.
    """
    low, high = heights
    held = coarse_runs(mask, bins).shift(interval.start)
    spans = [(start + 0.5, float(end - start)) for start, end in held]
    axes.broken_barh(
        spans, (low, high - low), transform=axes.get_xaxis_transform(), facecolor=colour,
        edgecolor=colour, linewidth=0.4,
    )  # fmt: skip


def position_unit(length: int) -> tuple[int, str]:
    """The unit for positions within a stretch of `length` bp: its size in bp and its name.

    >>> position_unit(25_000), position_unit(1_000_000), position_unit(50_000_000)
    ((1, 'bp'), (1000, 'kb'), (1000000, 'Mb'))
    """
    return next((unit, name) for least, unit, name in _UNITS if length >= least)


def dress_position(panels: Sequence[Axes], interval: Interval, width: str) -> None:
    """Label the lowest panel with round positions, 1-based as in browsers.

    Base i, counted from 1, is centred at i.
    """
    unit, name = position_unit(len(interval))
    for axes in panels[:-1]:
        axes.tick_params(axis="x", length=0, labelbottom=False)
    lowest = panels[-1]
    lowest.spines["bottom"].set_visible(True)
    lowest.set_xlim(interval.start + 0.5, interval.end + 0.5)
    lowest.xaxis.set_major_locator(
        MaxNLocator(nbins=_TICKS[width], steps=[1, 2, 2.5, 5, 10], integer=True)
    )
    lowest.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / unit:,.10g}"))
    lowest.set_xlabel(f"Position on {interval.chrom} ({name})")
