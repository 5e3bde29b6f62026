"""One window: the labels of some markers and the scores of models, stacked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from regtrack.figures.envelope import bin_edges
from regtrack.figures.palette import line_of
from regtrack.figures.style import style
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Mask, Positions
from regtrack.model_style import ModelStyle

Labels = npt.NDArray[np.uint8]
Scores = npt.NDArray[np.float32]

LABEL = "#4D4D4D"
TINT = "#EFEFEF"
ABSENT = "#BDBDBD"
_BAR = (1.07, 0.10)  # bottom and height of the label bars, in units of the score


@dataclass(frozen=True)
class Row:
    """One panel.

    Attributes:
        name: of the marker.
        note: written under the name in grey, such as the category.
        labels: 0 or 1 per base, uint8 (L,).
        tracks: scores from 0 to 1 per base and model, float32 (L,) each; NaN where absent.
    """

    name: str
    note: str
    labels: Labels
    tracks: Mapping[ModelStyle, Scores]


def window_figure(
    interval: Interval, rows: Sequence[Row], *, width: float = 8.0, bins: int = 800
) -> Figure:
    """Draw one panel per marker: labels as bars, and one line per model.

    Args:
        interval: of the arrays.
        rows: one per panel; all have the same models.
        width: of the figure, inches.
        bins: maximum number of points per line; each is the mean of the bases with a value.

    Raises:
        ValueError: no row, rows with different models, or an array whose length is not the
            interval's.
    """
    models = check_rows(interval, rows)
    with style():
        figure = Figure(figsize=(width, 0.75 + 0.95 * len(rows)), layout="constrained")
        panels = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
        for axes, row in zip(panels, rows, strict=True):
            _draw_row(axes, interval, row, models, bins)
        dress_position(panels[-1], interval)
        figure.supylabel("Score", fontsize=8)
        figure.legend(
            handles=_legend(models, rows), loc="outside upper right", ncols=len(models) + 2,
            frameon=False, handlelength=2.2, columnspacing=1.6, borderaxespad=0.2,
        )  # fmt: skip
    return figure


def check_rows(interval: Interval, rows: Sequence[Row]) -> tuple[ModelStyle, ...]:
    """The models, which must be the same in every row."""
    if not rows:
        raise ValueError("a window figure needs at least one row")
    models = tuple(rows[0].tracks)
    for row in rows:
        if tuple(row.tracks) != models:
            titles = [[model.title for model in found] for found in (row.tracks, models)]
            raise ValueError(f"{row.name} has models {titles[0]}; expected {titles[1]}")
        for shape in (row.labels.shape, *(values.shape for values in row.tracks.values())):
            if shape != (len(interval),):
                raise ValueError(
                    f"{row.name} has an array of shape {shape}; expected ({len(interval)},)"
                )
    return models


def _draw_row(
    axes: Axes, interval: Interval, row: Row, models: Sequence[ModelStyle], bins: int
) -> None:
    bottom, height = _BAR
    labelled = spans(interval, row.labels > 0)
    axes.broken_barh(labelled, (0, bottom), facecolor=TINT, zorder=0)
    axes.broken_barh(labelled, (bottom, height), facecolor=LABEL, zorder=1)
    absent = spans(interval, _absent(row))
    axes.broken_barh(
        absent, (0, bottom), facecolor="none", edgecolor=ABSENT, hatch="////", linewidth=0
    )
    for model in models:
        colour, dashes = line_of(model)
        edges, means = bin_means(row.tracks[model], bins)
        middles = interval.start + (edges[:-1] + edges[1:]) / 2
        axes.plot(middles, means, color=colour, linestyle=dashes, linewidth=1.1, zorder=3)
    axes.set_xlim(interval.start, interval.end)
    axes.set_ylim(0, bottom + height)
    axes.set_yticks([0, 0.5, 1])
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines["left"].set_bounds(0, 1)
    axes.tick_params(axis="x", length=0)
    axes.text(1.01, 0.62, row.name, transform=axes.transAxes, va="bottom", fontweight="bold")
    axes.text(1.01, 0.56, row.note, transform=axes.transAxes, va="top", color="#6A6A6A", fontsize=7)


def dress_position(axes: Axes, interval: Interval) -> None:
    """The x axis: positions as browsers show them, counted from 1."""
    axes.tick_params(axis="x", length=3)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10], integer=True))
    # 1-based, as browsers show positions
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel(f"Position on {interval.chrom} (bp)")


def _legend(models: Sequence[ModelStyle], rows: Sequence[Row]) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [Patch(facecolor=LABEL, label="Labelled")]
    handles += [
        Line2D([], [], color=colour, linestyle=dashes, linewidth=1.4, label=model.title)
        for model in models
        for colour, dashes in [line_of(model)]
    ]
    if any(_absent(row).any() for row in rows):
        handles.append(
            Patch(facecolor="none", edgecolor=ABSENT, hatch="////", linewidth=0, label="Absent")
        )
    return handles


def _absent(row: Row) -> npt.NDArray[np.bool_]:
    """Bases (L,) where no model has a value."""
    absent = np.full(row.labels.shape, bool(row.tracks))
    for values in row.tracks.values():
        absent &= np.isnan(values)
    return absent


def spans(interval: Interval, mask: Mask) -> list[tuple[float, float]]:
    """Where a mask (L,) is true, as matplotlib draws bars: start and width (bp)."""
    held = Intervals.from_mask(mask, interval.start)
    return [(float(start), float(end - start)) for start, end in held]


def bin_means(values: Scores, bins: int) -> tuple[Positions, npt.NDArray[np.float64]]:
    """The mean of each of at most `bins` stretches of nearly equal length.

    Returns:
        Edges of the stretches (bins + 1,) in bp, and means over the values that are not NaN
        (bins,), float64; NaN if there is none.

    >>> edges, means = bin_means(np.array([0, 1, np.nan, 3, np.nan, np.nan], np.float32), 3)
    >>> edges.tolist(), means.tolist()
    ([0, 2, 4, 6], [0.5, 3.0, nan])
    """
    edges = bin_edges(len(values), bins)
    known = ~np.isnan(values)
    counts = np.add.reduceat(known.astype(np.float64), edges[:-1])
    sums = np.add.reduceat(np.where(known, values, 0).astype(np.float64), edges[:-1])
    return edges, np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
