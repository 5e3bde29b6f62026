"""Saliency as in Gupta and Rush 2017, Figure 2: one panel per model, on one scale.

Each panel shows the saliency of every input position in black and, below it in blue, the output
positions whose error was propagated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from regtrack.figures.content import (
    common_interval,
    limits,
    output_name,
    panel_letter,
    panel_note,
)
from regtrack.figures.envelope import envelope
from regtrack.figures.panels import (
    MARKS_ROW,
    OUTPUT,
    bins_of,
    draw_marks,
    draw_outputs,
    dress_position,
    name_scale,
    scale_panels,
    stacked_panels,
    title_panels,
)
from regtrack.figures.steps import fill_steps
from regtrack.figures.style import style
from regtrack.genome.intervals import Mask
from regtrack.model_style import OKABE_ITO
from regtrack.saliency.values import Saliency

LINE = OKABE_ITO["black"]
_PANEL, _LONE = 17.0, 30.0  # heights of a panel, mm; a single one needs space for its axis label


def saliency_figure(
    saliencies: Sequence[Saliency],
    *,
    width: str = "double",
    marks: Mapping[str, Mask] | None = None,
) -> Figure:
    """Draw the saliency of several models in one region, one panel per model.

    A long region is drawn as the extremes of 300 bins per inch, as fine as print can resolve: no
    peak is lost, and a vector file stays small.

    Args:
        saliencies: one per panel, of the same region, method and marker.
        width: `single` or `double`, a column or the full width of a journal's page.
        marks: named stretches, such as peaks, drawn in grey under the panels, bool (L,) each.

    Raises:
        ValueError: no saliency, or saliencies that do not match.
    """
    interval = common_interval(saliencies)
    marks = marks or {}
    with style():
        count = len(saliencies)
        sizes = [*[_PANEL if count > 1 else _LONE] * count, *[MARKS_ROW * len(marks)] * bool(marks)]
        figure, panels = stacked_panels(sizes, width, titles=count)
        own = panels[:count]
        for axes, saliency in zip(own, saliencies, strict=True):
            _draw(axes, saliency, bins_of(width))
        names = [panel_letter(n, count) + found.model for n, found in enumerate(saliencies)]
        notes = [panel_note(found, found.values) for found in saliencies]
        title_panels(own, names, notes, width=width)
        name = saliencies[0].method.title
        power = scale_panels(own, *limits([found.values for found in saliencies]))
        name_scale(figure, own, name, power)
        if marks:
            draw_marks(panels[-1], interval, marks, bins=bins_of(width))
        dress_position(panels, interval, width)
        legend(figure, [Patch(facecolor=LINE, label=name), *output_handles(saliencies)])
    return figure


def output_handles(saliencies: Sequence[Saliency]) -> list[Patch]:
    """The legend entry of the outputs, if the region contains any."""
    if not any(saliency.outputs.any() for saliency in saliencies):
        return []
    return [Patch(facecolor=OUTPUT, label=output_name(saliencies[0]))]


def legend(figure: Figure, handles: Sequence[Patch]) -> None:
    """A legend in one row above the panels."""
    if handles:
        figure.legend(
            handles=handles, loc="outside upper left", ncols=len(handles), frameon=False,
            handlelength=1.2, handleheight=0.5, columnspacing=1.6, borderaxespad=0.2, fontsize=7,
        )  # fmt: skip


def _draw(axes: Axes, saliency: Saliency, bins: int) -> None:
    found = envelope(saliency.values, bins)
    edges = saliency.start + 0.5 + found.edges  # base i, counted from 1, is centred at i
    for heights in (found.highs, found.lows):
        if heights.any():
            fill_steps(axes, heights, edges, LINE, linewidth=0.25)
    draw_outputs(axes, saliency.interval, saliency.outputs, bins=bins)
