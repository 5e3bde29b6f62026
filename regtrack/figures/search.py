"""What a search for settings found: which of them matter, and which trials had which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import NDArray

from regtrack.figures.style import WIDTHS, inches, style
from regtrack.model_style import OKABE_ITO

COLOURS = "viridis_r"  # the best trials are the darkest
_FAINT = "#C4C4C4"
_ROW = 6.5  # mm per bar
_HEIGHT = 78.0  # mm of parallel coordinates
_MARGIN = 0.05  # above and below the values of an axis


@dataclass(frozen=True)
class Axis:
    """One setting of all trials.

    Attributes:
        name: of the setting.
        values: one per trial; of a choice, its place among `ticks`.
        ticks: the choices, from the bottom; empty for a range of numbers.
        log: whether the range is logarithmic.
    """

    name: str
    values: tuple[float, ...]
    ticks: tuple[str, ...] = ()
    log: bool = False

    def scaled(self) -> NDArray[np.float64]:
        """The values on the scale that is drawn, float64 (trials,)."""
        return np.log10(self.values) if self.log else np.asarray(self.values, np.float64)

    def marks(self) -> dict[float, str]:
        """Labels by their place on the scale that is drawn."""
        if self.ticks:
            return {float(place): text for place, text in enumerate(self.ticks)}
        low, high = min(self.values), max(self.values)
        locator = LogLocator(subs=(1.0, 3.0)) if self.log else MaxNLocator(5)
        found = [one for one in locator.tick_values(low, high) if low <= one <= high]
        shown = found if len(found) > 1 else [low, high]
        return {float(np.log10(one) if self.log else one): f"{one:.3g}" for one in shown}


@dataclass(frozen=True)
class Lines:
    """All trials.

    Attributes:
        scores: of each.
        complete: whether each was trained to its end.
        names: of each.
    """

    scores: tuple[float, ...]
    complete: tuple[bool, ...]
    names: tuple[str, ...]


def importance_figure(importances: Mapping[str, float], title: str) -> Figure:
    """A bar per setting: the fraction of the scores' variance that it explains.

    Args:
        importances: fractions by setting, the largest first.
        title: of the figure.
    """
    names, values = list(importances), list(importances.values())
    with style():
        height = _ROW * len(names) + 20
        figure = Figure(figsize=(inches(WIDTHS["single"]), inches(height)), layout="constrained")
        axes = figure.subplots()
        axes.barh(names, values, color=OKABE_ITO["blue"], height=0.62)
        for row, value in enumerate(values):
            axes.text(value + 0.015, row, f"{value:.2f}", va="center", fontsize=7)
        axes.set_title(title, loc="left", fontsize=8)
        axes.set_xlabel("share of the variance between trials (fANOVA)")
        axes.set_xlim(0, max(values) + 0.12)
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


def parallel_figure(axes: Sequence[Axis], lines: Lines, label: str, title: str) -> Figure:
    """A line per trial through its settings to its score; trials that were ended early are grey.

    Args:
        axes: the settings, from the left.
        lines: the trials.
        label: what the scores are.
        title: of the figure.
    """
    every = [*axes, Axis("score", lines.scores)]
    order = sorted(range(len(lines.scores)), key=lambda n: (lines.complete[n], lines.scores[n]))
    with style():
        figure = Figure(figsize=(inches(WIDTHS["double"]), inches(_HEIGHT)), layout="constrained")
        canvas = figure.subplots()
        canvas.set_title(title, loc="left", fontsize=8)
        heights = np.array([_heights(axis, axis.scaled()) for axis in every])
        colours = ScalarMappable(_scale(lines), mpl.colormaps[COLOURS])
        shades = colours.to_rgba(np.array(lines.scores))
        for nth, trial in enumerate(order):
            complete = lines.complete[trial]
            canvas.plot(
                heights[:, trial],
                color=shades[trial] if complete else _FAINT,
                linewidth=2.0 if nth == len(order) - 1 else 0.9,
                alpha=0.9 if complete else 0.6,
                zorder=2 + complete,
                solid_capstyle="round",
            )
        for place, axis in enumerate(every):
            _draw_axis(canvas, place, axis)
        canvas.set_xlim(-0.1, len(every) - 1 + 0.06 * len(every))  # room for the last marks
        canvas.set_ylim(-0.02, 1.12)
        canvas.axis("off")
        bar = figure.colorbar(colours, ax=canvas, pad=0.0, aspect=28, shrink=0.85)
        bar.set_ticks([])  # the last axis has the scores
        bar.set_label(f"{label}\n(grey: ended early; thick: the best)", fontsize=7)
        bar.outline.set_visible(False)
    return figure


def interactive_parallel(axes: Sequence[Axis], lines: Lines, label: str, title: str) -> go.Figure:
    """Parallel coordinates on which ranges of an axis can be chosen by dragging.

    Arguments are those of `parallel_figure`.
    """
    dimensions = []
    for axis in [*axes, Axis(label, lines.scores)]:
        ends = dict.fromkeys(_ends(axis), "")  # plotly draws an axis from tick to tick
        marks = {**ends, **axis.marks()}
        dimensions.append(
            {
                "label": axis.name,
                "values": axis.scaled(),
                "range": _ends(axis),
                "tickvals": list(marks),
                "ticktext": list(marks.values()),
            }
        )
    scale = _scale(lines)
    parallel = go.Parcoords(
        dimensions=dimensions,
        line={
            "color": lines.scores, "colorscale": "Viridis", "reversescale": True,
            "cmin": scale.vmin, "cmax": scale.vmax, "showscale": True,
            "colorbar": {"title": {"text": label, "side": "top"}, "thickness": 12},
        },
    )  # fmt: skip
    note = "Drag along an axis to choose trials; drag its name to move it."
    figure = go.Figure(parallel)
    figure.update_layout(
        template="none", height=560, margin={"l": 80, "r": 60, "t": 130, "b": 40},
        font_family="Arial, Helvetica, sans-serif",
        title={"text": title, "subtitle": {"text": note}, "x": 0.02, "font": {"size": 15}},
    )  # fmt: skip
    return figure


def _draw_axis(canvas: Axes, place: int, axis: Axis) -> None:
    canvas.plot([place, place], [0, 1], color="black", linewidth=0.6, zorder=5)
    canvas.text(place, 1.06, axis.name, ha="center", fontsize=7.5, fontweight="bold")
    marks = axis.marks()
    for height, text in zip(_heights(axis, np.array(list(marks))), marks.values(), strict=True):
        canvas.plot([place - 0.02, place], [height, height], color="black", linewidth=0.6)
        canvas.text(
            place + 0.03, height, text, va="center", fontsize=6.5, zorder=6,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip


def _heights(axis: Axis, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places on an axis of height 1."""
    low, high = _ends(axis)
    part = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    return _MARGIN + (1 - 2 * _MARGIN) * part


def _ends(axis: Axis) -> tuple[float, float]:
    if axis.ticks:
        return 0.0, float(len(axis.ticks) - 1)
    scaled = axis.scaled()
    return float(scaled.min()), float(scaled.max())


def _scale(lines: Lines) -> Normalize:
    """The scores of complete trials; the worst ones share a colour, so that good ones differ."""
    scores = [s for s, complete in zip(lines.scores, lines.complete, strict=True) if complete]
    scores = scores or list(lines.scores)
    low = float(np.quantile(scores, 0.1))
    return Normalize(low, max(*scores, low + 1e-9), clip=True)
