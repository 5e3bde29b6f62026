"""The rows of the figure as plain values: what is drawn, without how.

Positions are bp, 0-based and half-open, as everywhere below the figure; only the figure adds the
half that shows them 1-based.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.model_style import ModelStyle

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

NOWHERE: Positions = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Curve:
    """Values in bins of one width.

    Attributes:
        name: what the legend calls it.
        style: how its model is drawn; None for a track of no model.
        start: first base of the first bin.
        step: bp a bin.
        mean: mean of each bin, NaN where absent (n,).
        high: maximum of each bin (n,); None where there is none to show.
        below: of a difference, the style of what is taken away; None for the labels.
    """

    name: str
    style: ModelStyle | None
    start: int
    step: float
    mean: Floats
    high: Floats | None = None
    below: ModelStyle | None = None

    def visible(self, start: int, end: int) -> slice:
        """The bins that overlap [start, end)."""
        low = max(0, int((start - self.start) / self.step))
        high = int(-(-(end - self.start) // self.step))
        return slice(low, max(low, min(high, len(self.mean))))


@dataclass(frozen=True, eq=False)
class ValueRow:
    """A panel with an axis of values.

    Attributes:
        key: says which row it is from one view to the next.
        title: stands above the panel.
        note: stands behind the title, quieter.
        curves: what is drawn.
        group: rows of one group share a scale.
        kind: `values` from 0 up, `difference` above and below 0, or `saliency` a base.
        problem: why nothing can be drawn; empty where it can.
        height: pixels.
    """

    key: str
    title: str
    note: str
    curves: tuple[Curve, ...]
    group: str
    kind: str = "values"
    problem: str = ""
    height: int = 84


@dataclass(frozen=True, eq=False)
class SpanRow:
    """A strip of bars: labelled stretches, or the windows of a split.

    Attributes:
        key: says which row it is from one view to the next.
        title: stands above the strip; empty for none.
        note: stands behind the title, quieter.
        starts: of each bar (n,).
        ends: of each bar (n,).
        colour: name of a colour of the theme, or of a split.
        kind: `labels` or `split`.
        names: of each bar, for `split`.
        problem: why nothing can be drawn; empty where it can.
        height: pixels.
    """

    key: str
    title: str
    note: str
    starts: Positions
    ends: Positions
    kind: str = "labels"
    names: tuple[str, ...] = ()
    problem: str = ""
    height: int = 13


@dataclass(frozen=True, eq=False)
class GeneRow:
    """Genes in lanes.

    Attributes:
        names: of each gene (n).
        strands: "+", "-" or "." of each gene (n).
        starts: of each gene (n,).
        ends: of each gene (n,).
        lanes: of each gene, 0 the topmost (n,).
        named_at: where the name of each gene begins (n,).
        exon_starts: of all exons (m,).
        exon_ends: of all exons (m,).
        exon_lanes: of all exons (m,).
        note: what is left out, or that genes are still being read.
        lane_count: lanes that there is room for.
    """

    names: tuple[str, ...]
    strands: tuple[str, ...]
    starts: Positions
    ends: Positions
    lanes: Positions
    named_at: Positions
    exon_starts: Positions
    exon_ends: Positions
    exon_lanes: Positions
    note: str = ""
    lane_count: int = 4
    key: str = "genes"
    title: str = "Genes"

    @property
    def height(self) -> int:
        """Pixels."""
        return 21 * self.lane_count


@dataclass(frozen=True, eq=False)
class LetterRow:
    """The sequence, a letter a base.

    Attributes:
        start: position of the first letter.
        letters: the bases.
    """

    start: int
    letters: str
    key: str = "letters"
    title: str = "Sequence"
    note: str = ""
    height: int = 22


Row = ValueRow | SpanRow | GeneRow | LetterRow
