"""How the rows of a view are drawn: theme, axes, and what stands for a bin."""

from __future__ import annotations

from dataclasses import dataclass

from regtrack.compare.axis_limits import Limits, read_limits
from regtrack_app.state import View


@dataclass(frozen=True)
class Look:
    """How rows are drawn.

    Attributes:
        theme: light or dark.
        scale: which rows share a range: those of a `marker` or `category`, none (`own`), or all
            have the same `limits`.
        limits: bottom and top of the axes of values where they are typed.
        floor: where other axes of values begin: at `zero`, or at the `lowest` value on screen.
        log: whether axes of values are logarithmic.
        statistic: what is drawn of a bin: `mean`, `max` or `both`.
        marks: start and end of the highlighted stretches of the chromosome (bp).
    """

    theme: str = "light"
    scale: str = "marker"
    limits: Limits | None = None
    floor: str = "zero"
    log: bool = False
    statistic: str = "mean"
    marks: tuple[tuple[int, int], ...] = ()


def _marks(view: View) -> tuple[tuple[int, int], ...]:
    found = []
    for text in view.marks:
        chrom, _, place = text.rpartition(":")
        start, _, end = place.partition("-")
        found += [(int(start) - 1, int(end))] if chrom == view.region.chrom else []
    return tuple(found)


PLAIN = Look()
"""The look of a narrow view whose address says nothing about it."""


def look_of(view: View, theme: str, *, exact: bool) -> Look:
    """How a view is drawn.

    Args:
        view: the view.
        theme: light or dark.
        exact: whether all its bins were read base by base. Bins of summaries are so wide that a
            mean hides every peak; so unless the view says otherwise their maximum is drawn.
    """
    automatic = "mean" if exact else "max"
    return Look(
        theme=theme,
        scale=view.scale,
        limits=read_limits(view.limits) if view.limits else None,
        floor=view.floor,
        log=view.axis == "log",
        marks=_marks(view),
        statistic=automatic if view.draw == "auto" else view.draw,
    )
