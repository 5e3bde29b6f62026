"""What a user asks to see of a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from regtrack.compare.axis_limits import Limits, read_limits
from regtrack.errors import RegtrackError, invalid, nearest
from regtrack.figures.style import WIDTHS
from regtrack.views.looks import LOWEST, TALLEST, RowLook, read_look

SCALES = ("marker", "category", "own")
FLOORS = ("zero", "lowest")
AXES = ("linear", "log", "fold")
DRAWS = ("auto", "mean", "max", "both")
DIFFERENCES = ("models", "labels")
GENES, SEQUENCE = "genes", "letters"
"""Rows that are neither a marker's nor a track's, in an order of rows."""
_NARROWEST, _WIDEST = 40.0, 1_000.0  # mm


@dataclass(frozen=True)
class ViewRequest:
    """What to draw of a region; what is empty takes its default.

    Attributes:
        region: such as `chr1:1,000-2,000`, or the name of a gene.
        markers: names, globs or category:NAME; empty: all, if they are few.
        models: ids or titles; empty: all.
        tracks: ids or names of other tracks, BED and VCF files, or `all`; empty: all if there are
            no models.
        order: markers, tracks, `genes` and `letters` from the top; those left out come last.
        overlay: draw the models of a marker over each other.
        differences: `models`: of two models; `labels`: each model less the labels.
        pair: the two models whose difference is drawn; empty: the first two.
        scale: what shares one: rows of a `marker` or of a `category`, each row its `own`; or the
            limits of all axes of scores, as `0:0.3`.
        floor: where axes begin: `zero`, or the `lowest` value.
        axis: `linear`, `log`, or `fold`: multiples of a marker's base rate.
        draw: of each bin, the `mean`, `max` or `both`; `auto`: the maximum beyond 250 kb.
        isoforms: draw every transcript, not one per gene.
        marks: regions to highlight.
        looks: of single rows: see `regtrack.views.looks.read_look`.
        width: `single`, `1.5` or `double`, of a journal's page, or a number (mm).
        row_height: of a track (mm); 0: by what it shows.
        title: None: the region.

    Raises:
        RegtrackError: a word that is none of these, or a size out of range.
    """

    region: str
    markers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    overlay: bool = False
    differences: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()
    scale: str = "marker"
    floor: str = "zero"
    axis: str = "linear"
    draw: str = "auto"
    isoforms: bool = False
    marks: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    width: str = "double"
    row_height: float = 0.0
    title: str | None = None

    def __post_init__(self) -> None:
        _check("floor", self.floor, FLOORS)
        _check("axis", self.axis, AXES)
        _check("draw", self.draw, DRAWS)
        for word in self.differences:
            _check("differences", word, DIFFERENCES)
        if self.row_height and not LOWEST <= self.row_height <= TALLEST:
            expected = f"{LOWEST:g} to {TALLEST:g}"
            raise RegtrackError(invalid("row_height", self.row_height, expected, "mm"))
        _ = self.limits, self.millimetres, self.row_looks  # refused here if they are not valid

    @property
    def limits(self) -> Limits | None:
        """The limits of all axes of scores; None if `scale` says what shares one."""
        if self.scale in SCALES:
            return None
        if not any(letter.isdigit() for letter in self.scale):
            _check("scale", self.scale, (*SCALES, "limits such as 0:0.3"))
        return read_limits(self.scale)

    @property
    def millimetres(self) -> float:
        """The width of the figure."""
        if self.width in WIDTHS:
            return WIDTHS[self.width]
        try:
            width = float(self.width.removesuffix("mm"))
        except ValueError:
            width = 0.0
        if not _NARROWEST <= width <= _WIDEST:
            raise RegtrackError(
                f'"{self.width[:40]}" is no `width`; expected {", ".join(WIDTHS)}, or '
                f"{_NARROWEST:g} to {_WIDEST:,g} mm"
            )
        return width

    @property
    def row_looks(self) -> dict[str, RowLook]:
        """The looks of single rows, by the row's key."""
        return {look.key: look for look in map(read_look, self.looks)}

    @property
    def statistic(self) -> str:
        """What is drawn of a bin, where it does not depend on the region; empty if it does."""
        return "" if self.draw == "auto" else self.draw


def _check(name: str, value: Any, words: Sequence[str]) -> None:
    if value not in words:
        raise RegtrackError(
            f'"{str(value)[:40]}" is no `{name}`; expected {", ".join(words[:-1])} or {words[-1]}'
            f"{nearest(str(value)[:40], words)}"
        )
