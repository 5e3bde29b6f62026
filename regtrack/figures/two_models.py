"""Two models beside each other: one point per marker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from regtrack.figures.palette import GREY
from regtrack.figures.style import WIDTHS, inches, style
from regtrack.model_style import OKABE_ITO

_COLUMNS = 3
_HUES = ("blue", "vermillion", "green", "purple", "orange", "sky", "black")
_SHAPES = "os^DvPX"


@dataclass(frozen=True)
class Scatter:
    """One panel.

    Attributes:
        x, y: titles of the models.
        points: scores of both models by category, one pair per marker.
    """

    x: str
    y: str
    points: Mapping[str, Sequence[tuple[float, float]]]


def scatter_figure(panels: Sequence[Scatter], label: str) -> Figure:
    """Draw one panel per pair of models; above the diagonal, the second one is better.

    Args:
        panels: at least one.
        label: what the scores are.
    """
    columns = min(len(panels), _COLUMNS)
    rows = -(-len(panels) // columns)
    side = WIDTHS["double"] / _COLUMNS
    with style():
        size = inches(max(side * columns, WIDTHS["single"])), inches((side + 4) * rows + 8)
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        categories = list(dict.fromkeys(name for panel in panels for name in panel.points))
        for axes, panel in zip(grid, panels, strict=False):
            _draw(axes, panel, categories, label)
        for axes in grid[len(panels) :]:
            axes.set_visible(False)
        handles, names = grid[0].get_legend_handles_labels()
        figure.legend(
            handles, names, loc="outside lower center", ncols=4, frameon=False, fontsize=7,
            handletextpad=0.3,
        )  # fmt: skip
    return figure


def _draw(axes: Axes, panel: Scatter, categories: Sequence[str], label: str) -> None:
    every = [one for points in panel.points.values() for point in points for one in point]
    low, high = min(every) * 0.8, max(every) * 1.25
    axes.plot([low, high], [low, high], color=GREY, linewidth=0.7, zorder=1)
    above = sum(y > x for points in panel.points.values() for x, y in points)
    for at, category in enumerate(categories):
        points = np.array(panel.points.get(category, ())).reshape(-1, 2)
        axes.scatter(
            points[:, 0], points[:, 1], s=13, color=OKABE_ITO[_HUES[at % len(_HUES)]],
            marker=_SHAPES[at % len(_SHAPES)], alpha=0.65, linewidths=0, label=category, zorder=2,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    axes.set_xlabel(f"{panel.x}: {label}", fontsize=7)
    axes.set_ylabel(panel.y, fontsize=7)
    axes.set_title(f"{above} of {len(every) // 2} markers above", loc="left", fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
