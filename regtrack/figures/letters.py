"""Saliency of a short region as letters scaled by their value, and mutations as a heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import logomaker
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from regtrack.figures.content import (
    LONGEST,
    common_interval,
    letter_heights,
    letters_name,
    limits,
    panel_letter,
    panel_note,
)
from regtrack.figures.palette import LETTER_COLOURS, LOSS_GAIN
from regtrack.figures.panels import (
    MARKS_ROW,
    bins_of,
    draw_marks,
    draw_outputs,
    dress_position,
    name_scale,
    scale_panels,
    stacked_panels,
    title_panels,
)
from regtrack.figures.saliency import legend, output_handles
from regtrack.figures.style import WIDTHS, style
from regtrack.genome.intervals import Mask
from regtrack.genome.sequence import LETTERS, N
from regtrack.saliency.values import Saliency

_LETTERS, _LONE, _HEAT = 14.0, 28.0, 9.0  # heights of panels, mm; a single one of letters is taller
_COLOUR_BAR = 16.0  # width including labels, mm
_COLOURS = LinearSegmentedColormap.from_list("loss-gain", LOSS_GAIN)


def letters_figure(
    saliencies: Sequence[Saliency],
    *,
    width: str = "double",
    marks: Mapping[str, Mask] | None = None,
) -> Figure:
    """Draw each base as a letter whose height is its value, one model per panel.

    For `ism` the height is the mean loss over substitutions of the base, and a heat map below shows
    the effect of each substitution, with a dot at the reference base.

    Args:
        saliencies: one per panel, of the same region, method and marker.
        width: `single` or `double`, a column or the full width of a journal's page.
        marks: named stretches drawn in grey under the panels, bool (L,) each.

    Raises:
        ValueError: no saliency, saliencies that do not match, or more bp than `LONGEST`.
    """
    interval = common_interval(saliencies)
    if len(interval) > LONGEST[width]:
        raise ValueError(f"{len(interval)} bp of letters; expected at most {LONGEST[width]}")
    marks = marks or {}
    mutated = saliencies[0].method.per_letter
    heights = [letter_heights(saliency) for saliency in saliencies]
    count = len(saliencies)
    sizes = [_LETTERS if count > 1 else _LONE, *[_HEAT] * mutated]  # of the panels of one model
    with style():
        figure, panels = stacked_panels(
            [*sizes * count, *[MARKS_ROW * len(marks)] * bool(marks)], width, titles=count
        )
        upper = panels[: len(sizes) * count : len(sizes)]
        for axes, saliency, high in zip(upper, saliencies, heights, strict=True):
            _draw_letters(axes, saliency, high)
            draw_outputs(axes, interval, saliency.outputs, bins=bins_of(width))
        names = [panel_letter(n, count) + found.model for n, found in enumerate(saliencies)]
        notes = [panel_note(*pair) for pair in zip(saliencies, heights, strict=True)]
        title_panels(upper, names, notes, width=width, beside=_COLOUR_BAR if mutated else 0.0)
        power = scale_panels(upper, *limits(heights))
        name_scale(figure, upper, letters_name(saliencies[0]), power)
        if mutated:
            _draw_heat(figure, panels[1 : 2 * count : 2], saliencies, width)
        if marks:
            draw_marks(panels[-1], interval, marks, bins=bins_of(width))
        dress_position(panels, interval, width)
        legend(figure, output_handles(saliencies))
    return figure


def _draw_letters(axes: Axes, saliency: Saliency, heights: npt.NDArray[np.float32]) -> None:
    if not heights.any():
        return  # all heights are 0: nothing to draw
    table = np.zeros((len(saliency), len(LETTERS)))
    table[np.arange(len(saliency)), saliency.codes] = heights
    positions = np.arange(len(saliency)) + saliency.start + 1
    logomaker.Logo(
        pd.DataFrame(table, index=positions, columns=list(LETTERS)), ax=axes,
        color_scheme=LETTER_COLOURS, baseline_width=0, font_name="sans",
    )  # fmt: skip


def _draw_heat(
    figure: Figure, panels: Sequence[Axes], saliencies: Sequence[Saliency], width: str
) -> None:
    most = max(float(np.abs(saliency.values).max()) for saliency in saliencies) or 1.0
    for axes, saliency in zip(panels, saliencies, strict=True):
        mesh = _heat_map(axes, saliency, most, cell=WIDTHS[width] / len(saliency))
    bar = figure.colorbar(
        mesh, ax=figure.axes, aspect=30, fraction=0.03, pad=0.01, format="{x:,.10g}"
    )
    bar.outline.set_linewidth(0.4)
    bar.set_label("Effect on the logits", fontsize=7)


def _heat_map(axes: Axes, saliency: Saliency, most: float, *, cell: float) -> QuadMesh:
    """Effects on a scale of -most to most; `cell` is about the width of a base, mm."""
    edges = np.arange(len(saliency) + 1) + saliency.start + 0.5
    mesh = axes.pcolormesh(
        edges, np.arange(5) - 0.5, saliency.values.T, cmap=_COLOURS, vmin=-most, vmax=most,
        edgecolors="face", linewidth=0.1,
    )  # fmt: skip
    known = np.flatnonzero(saliency.codes != N)
    size = min(cell, _HEAT / 4) * 72 / 25.4
    axes.plot(
        known + saliency.start + 1, saliency.codes[known], ".", color="black",
        markersize=0.55 * size, markeredgewidth=0,
    )  # fmt: skip
    axes.set_ylim(3.5, -0.5)
    axes.set_yticks(range(4), list(LETTERS[:4]), fontsize=6)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left", "bottom"]].set_linewidth(0.4)
    return mesh
