"""The scale bar: a round number of bases, drawn as long as they are."""

from __future__ import annotations

from matplotlib.axes import Axes

from regtrack.genome.interval import Interval

_MOST = 0.25  # of the region
_UNITS = ((1_000_000, "Mb"), (1_000, "kb"), (1, "bp"))


def bar_length(span: int) -> int:
    """The longest 1, 2 or 5 times a power of ten that is at most a quarter of a region (bp).

    >>> bar_length(50_000), bar_length(7), bar_length(10_000_000)
    (10000, 1, 2000000)
    """
    power = 1
    found = 1
    while power <= span * _MOST:
        found = max([found, *(step * power for step in (1, 2, 5) if step * power <= span * _MOST)])
        power *= 10
    return found


def length_text(length: int) -> str:
    """A length in its unit.

    >>> length_text(2_000_000), length_text(500), length_text(1_500)
    ('2 Mb', '500 bp', '1.5 kb')
    """
    unit, name = next((unit, name) for unit, name in _UNITS if length >= unit)
    return f"{length / unit:,.10g} {name}"


def draw_scale_bar(axes: Axes, region: Interval, size: float) -> None:
    """A scale bar at the right end of axes whose y goes from 0 to 1, with its length left of it.

    Args:
        axes: whose x is that of the tracks.
        region: what the axes span.
        size: of the text, points.
    """
    length = bar_length(len(region))
    high = region.end + 0.5
    axes.plot(
        [high - length, high], [0.4, 0.4], color="black", linewidth=1.2, solid_capstyle="butt"
    )
    for end in (high - length, high):
        axes.plot([end, end], [0.2, 0.6], color="black", linewidth=0.6, clip_on=False)
    axes.annotate(
        length_text(length), (high - length, 0.4), xytext=(-3, 0), textcoords="offset points",
        ha="right", va="center", fontsize=size, annotation_clip=False,
    )  # fmt: skip
