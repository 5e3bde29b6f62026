"""Draws a picture of a region."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from regtrack.figures.palette import GREY, LETTER_COLOURS
from regtrack.figures.panels import position_unit
from regtrack.figures.region.genes import draw_genes
from regtrack.figures.region.layout import (
    GAP,
    NAME,
    NOTE,
    SIDE,
    TITLE,
    Layout,
    Place,
    lay_out,
    shared_lines,
    side_text,
)
from regtrack.figures.region.lines import draw_panel, draw_spans, line_style
from regtrack.figures.region.scale_bar import draw_scale_bar
from regtrack.figures.region.values import Bars, Bases, Panel, Picture
from regtrack.figures.style import inches, style
from regtrack.figures.text_size import fitted, text_width
from regtrack.figures.window import LABEL

_AXIS_TEXT = 6.5  # points
_MARK = "#FBE7B2"
_TICKS_PER_MM = 1 / 22


def region_figure(picture: Picture) -> Figure:
    """Draw the rows of a region, with its title, a scale bar and an axis of positions.

    The figure is as high as its rows need; positions are 1-based, as in browsers.
    """
    with style():
        layout = lay_out(picture)
        figure = Figure(figsize=(inches(picture.width), inches(layout.height)))
        _draw_head(figure, picture, layout)
        for place in layout.places:
            axes = _axes(figure, picture, layout, place.top, place.height)
            _draw_row(axes, picture, place)
            _name_row(figure, picture, layout, place)
        _draw_marks(figure, picture, layout)
        _draw_positions(figure, picture, layout)
    return figure


def _axes(figure: Figure, picture: Picture, layout: Layout, top: float, height: float) -> Axes:
    """Axes across the plot, without anything drawn."""
    width, total = picture.width, layout.height
    axes = figure.add_axes(
        (
            layout.left / width, 1 - (top + height) / total,
            (width - layout.left - layout.right) / width, height / total,
        ),
        facecolor="none",
    )  # fmt: skip
    axes.set_xlim(picture.region.start + 0.5, picture.region.end + 0.5)
    axes.spines[:].set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])
    return axes


def _draw_row(axes: Axes, picture: Picture, place: Place) -> None:
    row = place.row
    axes.set_ylim(0, 1)
    if isinstance(row, Panel):
        draw_panel(axes, row, picture.region)
    elif isinstance(row, Bars):
        draw_spans(axes, row.spans, picture.region, (0.1, 0.9), facecolor=LABEL, edgecolor=LABEL)
    elif isinstance(row, Bases):
        for number, letter in enumerate(row.letters):
            axes.text(
                row.start + number + 1, 0.5, letter, ha="center", va="center", fontsize=5.5,
                fontweight="bold", color=LETTER_COLOURS.get(letter, GREY),
            )  # fmt: skip
    elif place.lanes is not None:
        axes.set_ylim(place.height, 0)
        draw_genes(axes, picture.region, row, place.lanes)


def _name_row(figure: Figure, picture: Picture, layout: Layout, place: Place) -> None:
    """The name and note at the left, and what the row is at the right."""
    row, width, total = place.row, picture.width, layout.height
    x, top = (layout.names + 1.0) / width, 1 - (place.top - 0.2) / total
    looks: dict[str, Any] = {"ha": "right", "va": "top"}
    name = fitted(row.name, NAME, layout.names, bold=True)
    figure.text(x, top, name, fontsize=NAME, fontweight="bold", **looks)
    note = fitted(row.note, NOTE, layout.names)
    figure.text(x, top - 2.9 / total, note, fontsize=NOTE, color=GREY, **looks)
    if side := side_text(row):
        colour = row.lines[0].colour if isinstance(row, Panel) else GREY
        figure.text(
            (width - layout.right + GAP) / width, 1 - (place.top + place.height / 2) / total,
            fitted(side, SIDE, layout.right - GAP), va="center", fontsize=SIDE, color=colour,
        )  # fmt: skip


def _draw_head(figure: Figure, picture: Picture, layout: Layout) -> None:
    """The title, the scale bar, and the legend of lines that share panels."""
    head = _axes(figure, picture, layout, layout.head, 3.0)
    head.set_ylim(0, 1)
    draw_scale_bar(head, picture.region, NOTE)
    room = picture.width - layout.left - layout.right
    looks: dict[str, Any] = {"va": "center", "fontsize": TITLE, "fontweight": "bold"}
    if layout.title is None:
        head.text(0, 0.4, picture.title, transform=head.transAxes, **looks)
    else:
        title = fitted(picture.title, TITLE, picture.width - 2 * GAP, bold=True)
        at = 1 - (layout.title + 1.8) / layout.height
        figure.text(GAP / picture.width, at, title, **looks)
    if layout.legend is None:
        return
    legend = _axes(figure, picture, layout, layout.legend, 2.6)
    legend.set_ylim(0, 1)
    at = 0.0
    for line in shared_lines(picture):
        colour, dashes = line_style(line)
        legend.plot(
            [at / room, (at + 6) / room], [0.5, 0.5], transform=legend.transAxes, color=colour,
            linestyle=dashes, linewidth=1.1, clip_on=False,
        )  # fmt: skip
        legend.text((at + 7) / room, 0.5, line.name, transform=legend.transAxes, va="center",
                    fontsize=SIDE)  # fmt: skip
        at += 11 + text_width(line.name, SIDE)


def _draw_marks(figure: Figure, picture: Picture, layout: Layout) -> None:
    """Highlighted stretches, behind all rows."""
    if not picture.marks:
        return
    top = layout.places[0].top if layout.places else layout.axis
    behind = _axes(figure, picture, layout, top, layout.axis - top)
    behind.set_zorder(-1)
    for start, end in picture.marks:
        behind.axvspan(start + 0.5, end + 0.5, facecolor=_MARK, linewidth=0)


def _draw_positions(figure: Figure, picture: Picture, layout: Layout) -> None:
    region = picture.region
    axes = _axes(figure, picture, layout, layout.axis, 0.01)
    axes.spines["bottom"].set_visible(True)
    axes.tick_params(axis="x", length=2.5, width=0.6, labelsize=_AXIS_TEXT, pad=1.5)
    room = picture.width - layout.left - layout.right
    most = max(2, round(room * _TICKS_PER_MM))
    unit, name = position_unit(len(region))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / unit:,.10g}"))
    assembly = f", {picture.assembly}" if picture.assembly else ""
    axes.set_xlabel(
        f"Position on {region.chrom}{assembly} ({name})", fontsize=_AXIS_TEXT, labelpad=1.5
    )
