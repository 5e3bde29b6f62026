"""Areas of thousands of bins, drawn without asking matplotlib where they end."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch


def fill_steps(
    axes: Axes, heights: npt.ArrayLike, edges: npt.ArrayLike, colour: str, **looks: Any
) -> None:
    """Fill from the baseline to the heights, as `Axes.stairs` does.

    The limits of the axes must be set by the caller: to look for them, `stairs` goes through every
    vertex in Python, which takes most of the time of a figure.

    Args:
        axes: where to draw.
        heights: one per bin, (N,).
        edges: of the bins, (N + 1,).
        colour: of the area.
        looks: `baseline` and other properties of the patch.
    """
    axes.add_artist(StepPatch(heights, edges, fill=True, facecolor=colour, **looks))
