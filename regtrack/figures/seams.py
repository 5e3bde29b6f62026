"""The error that tiling a network makes, by distance from the ends of calls and from seams."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from regtrack.errors import OutputError
from regtrack.figures.palette import GREY
from regtrack.figures.style import WIDTHS, inches, save_figure, style
from regtrack.model_check.values import Differences, ModelCheck, Seams
from regtrack.model_style import OKABE_ITO

_BINS = 120  # points of a curve
_SMALLEST = 1e-7  # of the values' standard deviation: what is drawn as no difference


def write_seams(
    found: ModelCheck, paths: Sequence[Path], *, width: str = "double", overwrite: bool = False
) -> None:
    """Draw the error by distance; see `seam_figure`.

    Raises:
        OutputError: a call of the network has too few outputs for a seam, or as `save_figure`.
    """
    seams = found.seams
    if paths and seams is None:
        raise OutputError(
            f"{found.name} has no error by distance to draw, since a call has too few outputs, or "
            "its shape is wrong; omit `out`"
        )
    figure = cache(lambda: seam_figure(found.name, seams, width=width))  # type: ignore[arg-type]
    for path in paths:
        save_figure(figure(), path, dpi=300, overwrite=overwrite)


def seam_figure(name: str, seams: Seams, *, width: str = "double") -> Figure:
    """Draw the difference from the middle of a call, by distance, largest and mean.

    Left: of the outputs of one call, by distance from its nearer end: what tiles cut by hand keep
    if they drop so many bp. Right: of the values of a sweep, by distance from the nearest seam.

    Args:
        name: the network's name.
        seams: what was measured.
        width: `single` (the panels above each other) or `double`.
    """
    shape = (1, 2) if width == "double" else (2, 1)
    with style():
        figure = Figure(
            figsize=(inches(WIDTHS[width]), inches(62.0 * shape[0])), layout="constrained"
        )
        axes = figure.subplots(*shape, sharey=True)
        panels = (
            ("Distance from the end of a call (bp)", "Tiles", seams.ends),
            ("Distance from a seam (bp)", f"Sweep ({seams.kind} seams)", seams.sweep),
        )
        for one, (label, title, curve) in zip(axes.flat, panels, strict=True):
            _draw(one, curve, seams.spread)
            one.set_xlabel(label)
            one.set_title(title, loc="left", fontsize=8, pad=4)
        axes.flat[0].set_ylabel(f"Difference, {_short(name)}")
        if shape[0] == 2:
            axes.flat[1].set_ylabel(f"Difference, {_short(name)}")
        axes.flat[0].legend(frameon=False, fontsize=6.5)
    return figure


def _draw(axes: Axes, curve: Differences, spread: float) -> None:
    place, largest, mean = _binned(curve)
    floor = _floor(curve, spread)
    for values, label, colour in (
        (largest, "largest", OKABE_ITO["vermillion"]), (mean, "mean", OKABE_ITO["blue"]),
    ):  # fmt: skip
        axes.plot(place, np.maximum(values, floor), color=colour, linewidth=1.0, label=label)
    axes.axhline(spread, color=GREY, linewidth=0.5, linestyle=(0, (3, 2)))
    axes.text(
        0.99, spread * 1.15, "standard deviation of values", color=GREY, fontsize=6, ha="right",
        va="bottom", transform=axes.get_yaxis_transform(),
    )  # fmt: skip
    axes.set_yscale("log")
    axes.set_ylim(floor / 1.5, max(spread, float(largest.max())) * 4)
    axes.set_xscale("symlog", linthresh=10)
    axes.set_xlim(0, max(10, float(place[-1])))
    powers = [10**power for power in range(1, 9) if 10**power <= place[-1]]
    axes.xaxis.set_major_locator(FixedLocator([0, *powers]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.spines[["top", "right"]].set_visible(False)


def _floor(curve: Differences, spread: float) -> float:
    """The smallest difference that is drawn."""
    some = curve.mean[curve.mean > 0]
    return max(_SMALLEST * (spread or 1.0), float(some.min()) / 3 if len(some) else 0.0)


def _binned(
    curve: Differences,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Distances, and the largest and the mean difference, in bins of growing width."""
    last = int(curve.distance[-1])
    edges = np.unique(np.geomspace(1, last + 2, min(_BINS, last + 2)).astype(np.int64) - 1)
    first = np.unique(np.searchsorted(curve.distance, edges[:-1]))
    first = first[first < len(curve.distance)]
    count = np.diff([*first, len(curve.distance)])
    place = np.add.reduceat(curve.distance, first) / count
    return (
        place, np.maximum.reduceat(curve.largest, first), np.add.reduceat(curve.mean, first) / count
    )  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"
