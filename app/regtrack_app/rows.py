"""The rows of the figure as plain values: what is drawn, but not how.

Positions are bp, 0-based and half-open, as everywhere below the figure; only the figure shifts
them to 1-based.
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
        name: in the legend.
        style: how its model is drawn; None for a track without a model.
        start: first base of the first bin.
        step: bp per bin.
        mean: mean of each bin, float32 (n,); NaN if absent.
        high: maximum of each bin, float32 (n,); None if it is not shown.
        below: of a difference, the style of the subtracted model; None for the labels.
        letters: the base of each bin, if bins are bases that are drawn as letters.
        spread: how far the networks lie apart whose mean this is, float32 (n,): the mean standard
            deviation of each bin; None if it is not known.
    """

    name: str
    style: ModelStyle | None
    start: int
    step: float
    mean: Floats
    high: Floats | None = None
    below: ModelStyle | None = None
    letters: str = ""
    spread: Floats | None = None

    def band(self, statistic: str) -> tuple[Floats, ...]:
        """The edges of a band around the means, float32 (n,) each; none if those are not drawn.

        Values that are nowhere below 0, such as scores, have a band that is not either.
        """
        if self.spread is None or statistic == "max":
            return ()
        low = self.mean - self.spread
        return np.where(self.mean >= 0, np.maximum(low, 0), low), self.mean + self.spread

    def drawn(self, statistic: str) -> tuple[Floats, ...]:
        """The values that are drawn, float32 (n,) each: of means and maxima, what there is."""
        if self.high is None or statistic == "mean":
            return (self.mean,)
        return (self.high,) if statistic == "max" else (self.mean, self.high)

    def visible(self, start: int, end: int) -> slice:
        """The bins that overlap [start, end)."""
        low = max(0, int((start - self.start) / self.step))
        high = int(-(-(end - self.start) // self.step))
        return slice(low, max(low, min(high, len(self.mean))))


@dataclass(frozen=True, eq=False)
class ValueRow:
    """A panel with an axis of values.

    Attributes:
        key: identifies the row from one view to the next.
        title: above the panel.
        note: after the title, less prominent.
        curves: what is drawn.
        marker: what its rows share a scale by.
        group: the same if scales are shared more widely: a category.
        kind: `values` from 0 up, `difference` around 0, or `saliency` per base.
        problem: why nothing can be drawn; otherwise empty.
        height: pixels.
        unit: after each number; `×` if values are multiples of a base rate.
        limits: bottom and top of its axis as the reader set them, as `0:0.3`; empty: as others.
    """

    key: str
    title: str
    note: str
    curves: tuple[Curve, ...]
    marker: str
    group: str
    kind: str = "values"
    problem: str = ""
    height: int = 84
    unit: str = ""
    limits: str = ""


@dataclass(frozen=True, eq=False)
class SpanRow:
    """A strip of bars: labelled stretches, or the windows of a split.

    Attributes:
        key: identifies the row from one view to the next.
        title: above the strip; empty for none.
        note: after the title, less prominent.
        starts: of each bar (n,).
        ends: of each bar (n,).
        colour: name of a colour of the theme, or of a split.
        kind: `labels` or `split`.
        names: of each bar, for `split`.
        problem: why nothing can be drawn; otherwise empty.
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
        lanes: of each gene, 0 at the top (n,).
        named_at: start of each gene's name (n,).
        exon_starts: of all exons (m,).
        exon_ends: of all exons (m,).
        exon_lanes: of all exons (m,).
        thick_starts: of the coding parts of exons (k,).
        thick_ends: of these (k,).
        thick_lanes: of these (k,).
        note: what is left out, or that genes are still being read.
        lane_count: number of lanes to make room for.
        isoforms: whether every transcript has a lane, and not every gene.
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
    thick_starts: Positions
    thick_ends: Positions
    thick_lanes: Positions
    note: str = ""
    lane_count: int = 4
    isoforms: bool = False
    key: str = "genes"
    title: str = "Genes"

    @property
    def height(self) -> int:
        """Pixels."""
        return 21 * self.lane_count


@dataclass(frozen=True, eq=False)
class LetterRow:
    """The sequence, one letter per base.

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
