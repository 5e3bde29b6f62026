"""Reliability curves: how often bases of a score are labelled, beside how often they should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from regtrack.figures.palette import GREY
from regtrack.figures.style import WIDTHS, inches, style
from regtrack.measures.reliability import BINS, Reliability
from regtrack.model_style import OKABE_ITO, Dashes

_PER_ROW = 3
_ROW = 62.0  # mm


@dataclass(frozen=True, eq=False)
class ReliabilityLine:
    """A line of a panel.

    Attributes:
        label: its name in the legend.
        reliability: of one set of scores, (BINS,).
        colour: of the line.
        dashes: of the line; empty for a solid one.
    """

    label: str
    reliability: Reliability
    colour: str
    dashes: Dashes = ()


def before_and_after(before: Reliability, after: Reliability) -> tuple[ReliabilityLine, ...]:
    """The lines of a calibration, given scores before and after it, each (BINS,)."""
    return (
        ReliabilityLine("before", before, GREY, (3, 2)),
        ReliabilityLine("calibrated", after, OKABE_ITO["blue"]),
    )


def lines_of(models: Mapping[str, Reliability]) -> tuple[ReliabilityLine, ...]:
    """A line per model, given their scores, each (BINS,), by the model's title."""
    colours = ("blue", "vermillion", "green", "purple", "orange", "sky", "black")
    return tuple(
        ReliabilityLine(
            title, reliability, OKABE_ITO[colours[at % len(colours)]],
            () if at < len(colours) else (3, 2),
        )
        for at, (title, reliability) in enumerate(models.items())
    )  # fmt: skip


def reliability_figure(
    panels: Mapping[str, Sequence[ReliabilityLine]], *, width: str = "double"
) -> Figure:
    """Draw one panel per set of markers, with the number of bases by score below each.

    A dot is a bin of scores: their mean and the labelled fraction of its bases. On the diagonal
    scores are probabilities. The legend has the expected calibration error.

    Args:
        panels: lines by the panel's title.
        width: `single` or `double`, a column or the full width of a journal's page.

    Raises:
        ValueError: no panel.
    """
    if not panels:
        raise ValueError("a reliability figure needs at least one panel")
    columns = min(len(panels), _PER_ROW)
    rows = -(-len(panels) // columns)
    with style():
        across = WIDTHS[width] * (columns / _PER_ROW if width == "double" else 1)
        figure = Figure(
            figsize=(inches(max(across, WIDTHS["single"])), inches(_ROW * rows + 4)),
            layout="constrained",
        )
        grid = figure.add_gridspec(2 * rows, columns, height_ratios=[3.4, 1] * rows)
        for at, (title, lines) in enumerate(panels.items()):
            row, column = divmod(at, columns)
            curve = figure.add_subplot(grid[2 * row, column])
            counts = figure.add_subplot(grid[2 * row + 1, column], sharex=curve)
            _draw_curves(curve, title, lines)
            _draw_counts(counts, lines)
            if column == 0:
                curve.set_ylabel("Labelled fraction")
                counts.set_ylabel("Bases")
    return figure


def _draw_curves(axes: Axes, title: str, lines: Sequence[ReliabilityLine]) -> None:
    axes.plot([0, 1], [0, 1], color="#C4C4C4", linewidth=0.7, zorder=0)
    for line in lines:
        axes.plot(
            line.reliability.score(), line.reliability.fraction(), marker="o",
            color=line.colour, linestyle=(0, line.dashes) if line.dashes else "-",
            linewidth=1.0, markersize=2.6, markeredgewidth=0, clip_on=False,
            label=f"{line.label}, ECE {_digits(float(line.reliability.error()))}",
        )  # fmt: skip
    axes.set_title(title, loc="left", fontsize=8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.tick_params(labelbottom=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", frameon=False, fontsize=6.5, handlelength=1.8, borderpad=0.1)


def _draw_counts(axes: Axes, lines: Sequence[ReliabilityLine]) -> None:
    edges = np.linspace(0, 1, BINS + 1)
    for line in lines:
        axes.stairs(
            np.maximum(line.reliability.bases, 0.5), edges, baseline=0.5, color=line.colour,
            linewidth=0.9, linestyle=(0, line.dashes) if line.dashes else "-",
        )  # fmt: skip
    axes.set_yscale("log")
    most = max(int(line.reliability.bases.max()) for line in lines)
    axes.set_ylim(0.5, max(most, 1) * 4)
    powers = [10**power for power in range(0, len(str(most)), 3)]
    axes.set_yticks(powers, [{1: "1", 1_000: "1k", 10**6: "1M", 10**9: "1G"}[p] for p in powers])
    axes.minorticks_off()
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_xlabel("Score")
    axes.spines[["top", "right"]].set_visible(False)


def _digits(value: float) -> str:
    """A calibration error with two digits that count.

    >>> [_digits(value) for value in (0.1234, 0.00456)]
    ['0.12', '0.0046']
    """
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.0e}"
