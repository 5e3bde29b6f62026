"""Precision-recall curves in small panels, one line per model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from regtrack.figures.palette import GREY, line_of
from regtrack.figures.style import inches, style
from regtrack.figures.text_size import fitted
from regtrack.model_style import ModelStyle

Floats = npt.NDArray[np.float64]
_PANEL = 41.0  # mm, with its numbers
_COLUMNS = 4


@dataclass(frozen=True, eq=False)
class CurvePanel:
    """A panel.

    Attributes:
        name: above it, in bold.
        note: after the name.
        base_rate: precision of uninformed scores, drawn as a dotted line.
        lines: precision of each model by recall, float64 (R,).
    """

    name: str
    note: str
    base_rate: float
    lines: Sequence[tuple[ModelStyle, Floats]]


def curves_figure(recalls: Floats, panels: Sequence[CurvePanel], width: float = 183.0) -> Figure:
    """Draw precision by recall.

    Args:
        recalls: float64 (R,).
        panels: at least one; from left to right, then down, four in a row.
        width: of four panels, mm.
    """
    columns = min(len(panels), _COLUMNS)
    rows = -(-len(panels) // columns)
    size = inches(width * columns / _COLUMNS), inches(_PANEL * rows + 7)
    with style():
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes, panel in zip(grid.ravel(), panels, strict=False):
            for model, precision in panel.lines:
                colour, dashes = line_of(model)
                axes.plot(recalls, precision, color=colour, linestyle=dashes, linewidth=1.1)
            axes.axhline(panel.base_rate, color=GREY, linestyle=":", linewidth=0.8)
            room = width / _COLUMNS - 12
            axes.set_title(fitted(panel.name, 7, room, bold=True), loc="left", fontsize=7,
                           fontweight="bold", pad=10.5)  # fmt: skip
            axes.text(0, 1.03, panel.note, transform=axes.transAxes, fontsize=6, color=GREY)
            axes.set_xlim(0, 1)
            axes.set_ylim(0, 1)
            axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
            axes.spines[["top", "right"]].set_visible(False)
        for axes in grid.ravel()[len(panels) :]:
            axes.set_visible(False)
        figure.supxlabel("Recall", fontsize=7)
        figure.supylabel("Precision", fontsize=7)
    return figure
