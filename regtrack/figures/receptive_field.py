"""Effective receptive fields: the gradient by distance from the output, one curve per model.

This puts a number on Figure 2 of Gupta and Rush 2017.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from regtrack.figures.content import ALL_READ, NEAR, density, width_curve
from regtrack.figures.palette import GREY, line_of
from regtrack.figures.style import WIDTHS, inches, style
from regtrack.saliency.values import SHARES, Curve

_ENDS = (0.495, 0.62, 0.745, 1.0)  # right edges of the columns of numbers


def receptive_field_figure(curves: Sequence[Curve], *, width: str = "double") -> Figure:
    """Draw where the gradient lies, and the width that holds each fraction of it.

    Left: the fraction of the gradient per bp by distance from the output, averaged in logarithmic
    bins. Right: the width of the narrowest stretch around the output that holds a fraction, with
    dots at 50, 90 and 99 % and a bar at the theoretical receptive field. Below: these numbers.

    Args:
        curves: one per model.
        width: `single` (the panels above each other) or `double`.

    Raises:
        ValueError: no curve.
    """
    if not curves:
        raise ValueError("a receptive-field figure needs at least one curve")
    shape = (1, 2) if width == "double" else (2, 1)
    rows = [42.0] * shape[0] + [4.2 * (len(curves) + 1)]
    with style():
        figure = Figure(
            figsize=(inches(WIDTHS[width]), inches(sum(rows) + 12 * shape[0] + 2)),
            layout="constrained",
        )
        grid = figure.add_gridspec(len(rows), shape[1], height_ratios=rows)
        left = figure.add_subplot(grid[0, 0])
        right = figure.add_subplot(grid[shape[0] - 1, shape[1] - 1])
        for curve in curves:
            _draw_density(left, curve)
            _draw_widths(right, curve)
        _dress_density(left, curves)
        _dress_widths(right, curves)
        for letter, axes in zip("ab", (left, right), strict=True):
            axes.set_title(f"({letter})", loc="left", fontsize=8, fontweight="bold", pad=4)
            axes.spines[["top", "right"]].set_visible(False)
        longest = {"single": 16, "1.5": 30, "double": 54}[width]
        _write_numbers(figure.add_subplot(grid[-1, :]), curves, longest)
    return figure


def _draw_density(axes: Axes, curve: Curve) -> None:
    colour, dashes = line_of(curve.style)
    axes.plot(*density(curve), color=colour, linestyle=dashes, linewidth=1.0)


def _draw_widths(axes: Axes, curve: Curve) -> None:
    colour, dashes = line_of(curve.style)
    axes.plot(*width_curve(curve), color=colour, linestyle=dashes, linewidth=1.0)
    axes.plot(list(curve.widths.values()), SHARES, "o", color=colour, markersize=3, zorder=3)
    if curve.receptive_field is not None:
        axes.plot(
            [curve.receptive_field] * 2, [100, 106], color=colour, linewidth=1.6, clip_on=False
        )


def _dress_density(axes: Axes, curves: Sequence[Curve]) -> None:
    furthest = max(int(np.abs(curve.distance).max()) for curve in curves)
    powers = [10**power for power in range(1, 9) if 10**power <= furthest]
    shown = powers if len(powers) < 4 else powers[1::2] if len(powers) % 2 == 0 else powers[::2]
    axes.set_xscale("symlog", linthresh=NEAR)
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator([*[-p for p in reversed(shown)], 0, *shown]))
    axes.xaxis.set_minor_locator(FixedLocator([*[-p for p in powers], *powers]))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:+,.0f}".replace("-", "−") if value else "0")
    )
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("Distance from the output (bp)")
    axes.set_ylabel("Fraction of the gradient per bp")


def _dress_widths(axes: Axes, curves: Sequence[Curve]) -> None:
    fields = [curve.receptive_field or len(curve.mass) for curve in curves]
    for share in SHARES:
        axes.axhline(share, color=GREY, linewidth=0.4, linestyle=(0, (1, 2)), zorder=0)
    axes.set_xscale("log")
    axes.set_xlim(1, max(fields) * 1.3)
    axes.set_ylim(0, 106)
    axes.set_yticks([0, 25, *SHARES[:2], 100])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.spines["left"].set_bounds(0, 100)
    counted = [curve.receptive_field for curve in curves if curve.receptive_field]
    if counted:
        axes.text(min(counted) / 1.2, 103, "theoretical", ha="right", va="center", fontsize=6.5)
    axes.set_xlabel("Width around the output (bp)")
    axes.set_ylabel("Fraction of the gradient (%)")


def _write_numbers(axes: Axes, curves: Sequence[Curve], longest: int) -> None:
    """The legend, and the widths of each model in its row; long names are truncated."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(len(curves) + 0.5, -0.5)
    heads = [*(f"{share} %" for share in SHARES), "theoretical"]
    _write_row(axes, 0, "Widths (bp)", heads, GREY)
    for number, curve in enumerate(curves, start=1):
        colour, dashes = line_of(curve.style)
        axes.plot([0.0, 0.055], [number] * 2, color=colour, linestyle=dashes, linewidth=1.4)
        field = curve.receptive_field
        cells = [f"{width:,}" for width in curve.widths.values()]
        cells.append(ALL_READ if field is None else f"{field:,}")
        name = curve.model
        name = name if len(name) <= longest else f"{name[: longest - 1]}…"
        _write_row(axes, number, name, cells, "black")


def _write_row(axes: Axes, row: int, name: str, cells: Sequence[str], colour: str) -> None:
    axes.text(0.07, row, name, va="center", fontsize=6, color=colour)
    for cell, end in zip(cells, _ENDS, strict=True):
        axes.text(end, row, cell, va="center", ha="right", fontsize=6, color=colour)
