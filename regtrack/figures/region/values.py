"""What a picture of a region shows, as plain values: nothing here reads files or draws.

Positions are bp, 0-based and half-open; heights and widths are mm.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.model_style import Dashes
from regtrack.tracks.genes import GeneRows

Floats = npt.NDArray[np.float32]
Edges = npt.NDArray[np.float64]
Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Line:
    """A track in bins.

    Attributes:
        name: shown to readers.
        colour: `#rrggbb`.
        edges: of the bins (bp), float64 (n + 1,).
        values: what is drawn of each bin, float32 (n,), NaN where absent: its mean, its maximum, or
            the mean after the maximum, which is drawn faintly.
        dashes: of the line where several share a panel.
        below: colour of what is below 0; empty: as above.
        letters: the bases of bins that are bases, to be drawn as letters; empty: none are.
    """

    name: str
    colour: str
    edges: Edges
    values: tuple[Floats, ...]
    dashes: Dashes = ()
    below: str = ""
    letters: str = ""


@dataclass(frozen=True, eq=False)
class Panel:
    """Lines on one axis of values.

    Attributes:
        key: identifies the panel: a marker or track, and what distinguishes it from others of it.
        name: at the left, in bold; empty for a panel that belongs to the one above.
        note: below the name.
        lines: what is drawn; a single one is filled.
        limits: bottom and top of the axis.
        numbers: whether the limits are written at the axis.
        log: whether the axis is logarithmic.
        unit: after each number.
        tint: labelled stretches, in grey behind the lines.
        height: mm.
        problem: why nothing can be drawn; otherwise empty.
    """

    key: str
    name: str
    note: str
    lines: tuple[Line, ...]
    limits: Limits
    numbers: bool = True
    log: bool = False
    unit: str = ""
    tint: Intervals = field(default_factory=Intervals.none)
    height: float = 8.0
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Bars:
    """A strip of bars, such as labelled stretches.

    Attributes:
        name: at the left, in bold.
        note: below the name.
        spans: the bars.
        says: at the right, what the bars are.
    """

    name: str
    note: str
    spans: Intervals
    says: str = "labels"
    height: float = 2.2


@dataclass(frozen=True, eq=False)
class Bases:
    """The sequence, one letter per base."""

    start: int
    letters: str
    name: str = "Sequence"
    note: str = ""
    height: float = 3.0


@dataclass(frozen=True, eq=False)
class GeneModels:
    """Genes or their transcripts, in lanes.

    Attributes:
        rows: what is drawn.
        most_lanes: of more lanes, the lowest are left out, and their number is said.
    """

    rows: GeneRows
    most_lanes: int = 6
    name: str = "Genes"
    note: str = ""


Row = Panel | Bars | Bases | GeneModels


@dataclass(frozen=True, eq=False)
class Picture:
    """A region and what is drawn of it.

    Attributes:
        region: from its first to its last base.
        rows: from top to bottom; a row with a name begins a group.
        width: of the figure, mm.
        title: above it; empty for none.
        assembly: name of the assembly, beside that of the chromosome; empty if unknown.
        marks: highlighted stretches.
    """

    region: Interval
    rows: tuple[Row, ...]
    width: float = 183.0
    title: str = ""
    assembly: str = ""
    marks: tuple[tuple[int, int], ...] = ()
