"""Where everything in a picture of a region is, in mm from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass

from regtrack.figures.region.genes import Lanes, place_genes
from regtrack.figures.region.scale_bar import bar_length, length_text
from regtrack.figures.region.values import Bars, GeneModels, Line, Panel, Picture, Row
from regtrack.figures.text_size import text_width
from regtrack.genome.interval import Interval

NAME, NOTE, NUMBER, SIDE, TITLE = 7.0, 6.0, 5.5, 6.0, 8.0
"""Sizes of texts, points: of names, notes, numbers at axes, what is at the right, the title."""
GAP = 1.2
"""Space between texts and what they belong to, mm."""
_GROUP_GAP, _ROW_GAP = 2.2, 0.7
_AXIS = 8.0  # height of the axis of positions, with its numbers and its name
_HEAD = 4.2  # height of the line with the title and the scale bar
_LEGEND = 3.6
_EDGE = 1.0  # space at the edges of the figure
_MOST_NAMES = 0.2  # of the figure's width, for names at the left


@dataclass(frozen=True, eq=False)
class Place:
    """A row and where it is: `top` and `height` in mm; genes with their lanes."""

    row: Row
    top: float
    height: float
    lanes: Lanes | None = None


@dataclass(frozen=True, eq=False)
class Layout:
    """The places of everything, mm.

    Attributes:
        left, right: margins beside the plot.
        names: width of the names at the left.
        title: top of a line of its own for the title; None if it is beside the scale bar.
        head: top of the line with the scale bar.
        legend: top of the legend; None without one.
        places: of the rows.
        axis: top of the axis of positions.
        height: of the figure.
    """

    left: float
    right: float
    names: float
    title: float | None
    head: float
    legend: float | None
    places: tuple[Place, ...]
    axis: float
    height: float


def lay_out(picture: Picture) -> Layout:
    """Place the rows; to be called within `regtrack.figures.style.style`."""
    names = min(
        max((_name_width(row) for row in picture.rows), default=0.0), _MOST_NAMES * picture.width
    )
    numbers = max((_number_width(row) for row in picture.rows), default=0.0)
    left = _EDGE + names + GAP + numbers + GAP
    right = max((_side_width(row) for row in picture.rows), default=0.0)
    right = _EDGE + min(right, _MOST_NAMES * picture.width) + (GAP if right else 0.0)
    beside = title_room(picture.region, picture.width - left - right)
    title = _EDGE if text_width(picture.title, TITLE, bold=True) > beside else None
    head = _EDGE if title is None else _EDGE + _HEAD
    at = head + _HEAD
    legend = at if shared_lines(picture) else None
    at += 0.0 if legend is None else _LEGEND
    places = []
    for number, row in enumerate(picture.rows):
        at += (_GROUP_GAP if row.name else _ROW_GAP) if number else 0.0
        lanes = None
        if isinstance(row, GeneModels):
            lanes = place_genes(picture.region, row, picture.width - left - right)
        height = lanes.height if lanes else row.height  # type: ignore[union-attr]
        places.append(Place(row, at, height, lanes))
        at += height
    axis = at + _ROW_GAP
    return Layout(left, right, names, title, head, legend, tuple(places), axis, axis + _AXIS)


def title_room(region: Interval, plot: float) -> float:
    """The space for a title beside the scale bar of a plot of `plot` mm."""
    bar = bar_length(len(region))
    return plot * (1 - bar / len(region)) - text_width(length_text(bar), NOTE) - 3 * GAP


def shared_lines(picture: Picture) -> tuple[Line, ...]:
    """The lines of panels with several of them, one of each name: those of the legend."""
    found: dict[str, Line] = {}
    for row in picture.rows:
        if isinstance(row, Panel) and len(row.lines) > 1:
            for line in row.lines:
                found.setdefault(line.name, line)
    return tuple(found.values())


def side_text(row: Row) -> str:
    """What is written at the right of a row."""
    if isinstance(row, Bars):
        return row.says
    return row.lines[0].name if isinstance(row, Panel) and len(row.lines) == 1 else ""


def number_text(value: float, unit: str) -> str:
    """A number at an axis.

    >>> number_text(-0.25, "×")
    '−0.25×'
    """
    return f"{value:.3g}{unit}".replace("-", "−")


def _name_width(row: Row) -> float:
    return max(text_width(row.name, NAME, bold=True), text_width(row.note, NOTE))


def _number_width(row: Row) -> float:
    if not isinstance(row, Panel) or not row.numbers or not row.lines:
        return 0.0
    return max(text_width(number_text(limit, row.unit), NUMBER) for limit in row.limits)


def _side_width(row: Row) -> float:
    return text_width(side_text(row), SIDE)
