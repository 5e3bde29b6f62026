"""Tracks against each other: a scatter plot of two, their MA plot, and a matrix of many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram, leaves_list, linkage
from scipy.spatial.distance import squareform

from regtrack.figures.style import WIDTHS, inches, style

_SIDE = 78.0  # mm
_WRITTEN = 25  # tracks up to which each cell has its number
_LONGEST = 34  # letters of a name
_TREE, _BELOW = 14.0, 16.0  # mm for the tree, and for the colour bar

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


def density_figure(
    counts: Counts,
    edges: tuple[Numbers, Numbers],
    labels: tuple[str, str],
    *,
    title: str = "",
    across: float | None = None,
) -> Figure:
    """Draw how many positions have which two values, with colours on a logarithmic scale.

    Args:
        counts: positions by the value on the x axis and on the y axis, int64 (n, m).
        edges: of the bins of both, float64 (n + 1,) and (m + 1,).
        labels: of both axes.
        title: above the plot, at its left.
        across: a value of the y axis to draw a line at; None: draw the diagonal.
    """  # fmt: skip
    with style():
        figure = Figure(figsize=(inches(_SIDE + 14), inches(_SIDE)), layout="constrained")
        axes = figure.add_subplot()
        shown = np.ma.masked_equal(counts.T, 0)
        mesh = axes.pcolormesh(
            *edges, shown, norm=LogNorm(1, max(int(counts.max()), 10)), cmap="viridis_r",
            rasterized=True,
        )  # fmt: skip
        if across is None:
            axes.axline((0, 0), slope=1, color="black", linewidth=0.6, linestyle=(0, (3, 2)))
        else:
            axes.axhline(across, color="black", linewidth=0.6, linestyle=(0, (3, 2)))
        _zoom(axes, counts, edges)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.set_title(title, loc="left", fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        bar = figure.colorbar(mesh, ax=axes, label="Positions", pad=0.02, aspect=30)
        bar.outline.set_visible(False)
    return figure


def _zoom(axes: Axes, counts: Counts, edges: tuple[Numbers, Numbers]) -> None:
    """Show the bins that are not empty."""
    columns, rows = (np.flatnonzero(counts.any(axis=side)) for side in (1, 0))
    if len(columns):
        axes.set_xlim(edges[0][columns[0]], edges[0][columns[-1] + 1])
        axes.set_ylim(edges[1][rows[0]], edges[1][rows[-1] + 1])


def matrix_figure(
    correlation: Numbers, names: Sequence[str], *, measure: str = "Pearson"
) -> Figure:
    """Draw a matrix of correlations, clustered, with its tree at the left.

    Clusters are joined by the mean distance of their members, 1 - correlation. A track without
    correlation to another, since it is constant, is as far from it as one can be.

    Args:
        correlation: float64 (n, n), n at least 2; NaN if not defined.
        names: of the rows, n.
        measure: what the correlation is, for the colour bar.
    """
    distance = np.where(np.isnan(correlation), 2.0, 1 - correlation)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform((distance + distance.T) / 2, checks=False), "average")
    order = leaves_list(tree)
    shown = correlation[np.ix_(order, order)]
    short = [cut_name(names[at]) for at in order]
    side = min(max(7.0 * len(names), 35.0), WIDTHS["double"] - 60)  # mm
    size = min(7.0, 2.2 * side / len(names))  # points
    written = 0.22 * size * max(map(len, short)) + 6
    with style():
        figure = Figure(figsize=(inches(side + _TREE + written), inches(side + _BELOW)))
        left, right, below = _places(figure, side, written)
        mesh = right.pcolormesh(shown, vmin=-1, vmax=1, cmap="RdBu_r", rasterized=True)
        right.set_xticks([])
        right.set_yticks(np.arange(len(names)) + 0.5, short, fontsize=size)
        right.yaxis.tick_right()
        right.tick_params(length=0)
        right.spines[:].set_visible(False)
        if len(names) <= _WRITTEN:
            _write(right, shown, min(6.5, 0.9 * size))
        drawn = dendrogram(
            tree, orientation="left", no_labels=True, ax=left, color_threshold=0,
            above_threshold_color="black",
        )  # fmt: skip
        assert drawn["leaves"] == order.tolist()
        for line in left.collections:
            line.set_linewidth(0.7)
        left.set_axis_off()
        left.invert_yaxis()
        right.invert_yaxis()
        bar = figure.colorbar(mesh, cax=below, orientation="horizontal")
        bar.set_label(f"{measure} correlation", fontsize=7)
        bar.outline.set_visible(False)
    return figure


def _places(figure: Figure, side: float, written: float) -> tuple[Axes, Axes, Axes]:
    """Axes for the tree, the matrix beside it, and the colour bar below (mm)."""
    width, height = side + _TREE + written, side + _BELOW

    def place(left: float, bottom: float, across: float, up: float) -> Axes:
        return figure.add_axes((left / width, bottom / height, across / width, up / height))

    bar = min(side, 50.0)
    return (
        place(1, _BELOW - 1, _TREE - 2, side),
        place(_TREE, _BELOW - 1, side, side),
        place(_TREE, _BELOW - 7, bar, 2.2),
    )


def _write(axes: Axes, shown: Numbers, size: float) -> None:
    for row, column in np.ndindex(*shown.shape):
        value = float(shown[row, column])
        text = "-" if np.isnan(value) else f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
        axes.text(
            column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=size,
            color="white" if abs(value) > 0.7 else "black",
        )  # fmt: skip


def cut_name(name: str) -> str:
    """A name that is not too long, cut in its middle, since names differ at their ends.

    >>> cut_name("A" * 30 + "_" + "B" * 30)
    'AAAAAAAAAAAAAAAA…BBBBBBBBBBBBBBBBB'
    """
    if len(name) <= _LONGEST:
        return name
    before = _LONGEST // 2 - 1
    return f"{name[:before]}…{name[before + 1 - _LONGEST :]}"
