"""Draws the scores of a run: loss, and validation PR AUC by category."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from regtrack.atomic import publish_file
from regtrack.model_style import OKABE_ITO
from regtrack.training.history import Epoch, best_epoch

_COLOURS = [OKABE_ITO[hue] for hue in ("blue", "vermillion", "green", "purple", "orange", "sky")]
_INK, _FAINT = "#222222", "#999999"
_DASHED: dict[str, Any] = {"linewidth": 1, "linestyle": (0, (4, 3))}


def draw_history(history: Sequence[Epoch], base_rates: Mapping[str, float], path: Path) -> None:
    """Draw metrics.png: two panels over the epochs.

    Args:
        history: at least one epoch.
        base_rates: the mean base rate of each category, drawn as a dashed line: the score of an
            uninformed model.
        path: file to write.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    loss, precision = figure.subplots(1, 2)
    _draw_loss(loss, history)
    _draw_precision(precision, history, base_rates)
    for axes in (loss, precision):
        _dress(axes, history)
    with publish_file(path, overwrite=True) as temporary:
        figure.savefig(temporary, format="png", dpi=150)


def _draw_loss(axes: Axes, history: Sequence[Epoch]) -> None:
    axes.set_title("Loss (binary cross-entropy)", loc="left")
    lines = {
        "train": (_FAINT, [epoch.train_loss for epoch in history]),
        "validation": (_INK, [epoch.valid_loss for epoch in history]),
    }
    _draw_lines(axes, lines, history)


def _draw_precision(axes: Axes, history: Sequence[Epoch], base_rates: Mapping[str, float]) -> None:
    axes.set_title("Validation PR AUC (average precision)", loc="left")
    lines = {
        name: (_COLOURS[index % len(_COLOURS)], [epoch.categories[name] for epoch in history])
        for index, name in enumerate(history[0].categories)
    }
    for name, (colour, _) in lines.items():
        axes.axhline(base_rates.get(name, math.nan), color=colour, **_DASHED)
    axes.plot([], [], color=_FAINT, label="base rate", **_DASHED)
    axes.margins(y=0.15)  # room for the legend above the lines
    _draw_lines(axes, lines, history)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, loc="upper left", handlelength=2.6, borderaxespad=0.2)


def _draw_lines(
    axes: Axes, lines: Mapping[str, tuple[str, Sequence[float]]], history: Sequence[Epoch]
) -> None:
    """Draw one line per name over the epochs, labelled at its end with the best epoch's value."""
    for colour, values in lines.values():
        marker = "o" if len(values) <= 40 else None
        epochs = range(1, len(values) + 1)
        axes.plot(epochs, values, color=colour, linewidth=1.8, marker=marker, markersize=3.5)
    low, high = axes.get_ylim()
    best = _best(history).epoch - 1
    names = [name for name, (_, values) in lines.items() if not math.isnan(values[-1])]
    heights = spread([lines[name][1][-1] for name in names], (high - low) * 0.055)
    for name, height in zip(names, heights, strict=True):
        colour, values = lines[name]
        axes.annotate(
            f"{name} {values[best]:.3f}",
            (len(values), height),
            xytext=(8, 0),
            textcoords="offset points",
            color=colour,
            verticalalignment="center",
            annotation_clip=False,
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights raised by as little as keeps them `gap` apart, in the order given.

    >>> spread([0.5, 0.1, 0.5], 0.2)
    [0.5, 0.1, 0.7]
    """
    moved = list(heights)
    order = sorted(range(len(moved)), key=moved.__getitem__)
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + gap)
    return moved


def _dress(axes: Axes, history: Sequence[Epoch]) -> None:
    best = _best(history).epoch
    axes.axvline(best, color=_FAINT, linewidth=0.8, linestyle=":")
    axes.set_xlabel(f"epoch (dotted: {best}, the best; its values are shown)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)


def _best(history: Sequence[Epoch]) -> Epoch:
    best = best_epoch(history)
    assert best is not None, "expected at least one epoch"
    return best
