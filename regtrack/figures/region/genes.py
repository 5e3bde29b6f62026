"""Genes of a region: names, strands, thin exons and thick coding parts, in lanes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.path import Path

from regtrack.figures.palette import GREY
from regtrack.figures.region.values import GeneModels
from regtrack.figures.text_size import text_width
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Positions
from regtrack.tracks.genes import pack_lanes

COLOUR = "#33486B"
NAME = 5.5  # points
_LANE = 4.6  # height of a lane, mm
_BODY, _THIN, _THICK = 3.3, 0.75, 1.7  # middle of the body below the lane's top, heights of exons
_NAME_TOP = 0.2
_MORE = 2.6  # height of the line that says how many are left out
_ARROWS = 5.0  # mm between the arrows along a gene
_CHEVRONS = {
    strand: Path(
        [(-0.5 * strand, -1.0), (0.5 * strand, 0.0), (-0.5 * strand, 1.0)],
        [Path.MOVETO, Path.LINETO, Path.LINETO],
    )
    for strand in (1, -1)
}


@dataclass(frozen=True, eq=False)
class Lanes:
    """Where genes are drawn.

    Attributes:
        kept: index of each gene that is drawn, int64 (n,).
        lanes: its lane, int64 (n,).
        named_at: where its name begins (bp), float64 (n,).
        hidden: number of genes that are not drawn.
        width: of the plot, mm.
    """

    kept: Positions
    lanes: Positions
    named_at: npt.NDArray[np.float64]
    hidden: int
    width: float

    @property
    def height(self) -> float:
        """Of all lanes, mm."""
        lanes = int(self.lanes.max(initial=0)) + 1
        return _LANE * lanes + (_MORE if self.hidden else 0.0)


def place_genes(region: Interval, genes: GeneModels, width: float) -> Lanes:
    """Pack genes and their names into lanes of a plot of `width` mm, so that none overlap."""
    rows = genes.rows
    bp = len(region) / width  # per mm
    texts = [_named(name, strand) for name, strand in zip(rows.names, rows.strands, strict=True)]
    names = np.array([text_width(text, NAME, italic=True) * bp for text in texts])
    starts = np.maximum(rows.starts, region.start).astype(np.float64)
    named = np.maximum(np.minimum(starts, region.end - names), region.start)
    ends = np.maximum(np.minimum(rows.ends, region.end), named + names)
    lows = np.minimum(starts, named).astype(np.int64)
    order = np.argsort(lows, kind="stable")
    lanes = np.empty(len(order), np.int64)
    lanes[order] = pack_lanes(lows[order], np.ceil(ends[order]).astype(np.int64), int(bp * 1.5))
    kept = np.flatnonzero(lanes < genes.most_lanes)
    hidden = rows.hidden + len(rows) - len(kept)
    return Lanes(kept, lanes[kept], named[kept], hidden, width)


def draw_genes(axes: Axes, region: Interval, genes: GeneModels, lanes: Lanes) -> None:
    """Draw genes into axes whose y is in mm below the top."""
    rows = genes.rows
    level = np.full(len(rows), np.nan)
    level[lanes.kept] = lanes.lanes * _LANE + _BODY
    starts = np.maximum(rows.starts, region.start) + 0.5
    ends = np.minimum(rows.ends, region.end) + 0.5
    axes.hlines(level[lanes.kept], starts[lanes.kept], ends[lanes.kept], COLOUR, linewidth=0.5)
    _boxes(axes, region, (rows.exon_starts, rows.exon_ends), level[rows.exon_owners], _THIN)
    low, high, owners = rows.thick()
    _boxes(axes, region, (low, high), level[owners], _THICK)
    _arrows(axes, region, genes, lanes)
    for number, gene in enumerate(lanes.kept.tolist()):
        axes.text(
            lanes.named_at[number] + 0.5, lanes.lanes[number] * _LANE + _NAME_TOP,
            _named(rows.names[gene], int(rows.strands[gene])),
            va="top", fontsize=NAME, style="italic", color=COLOUR,
        )  # fmt: skip
    if not len(rows):
        axes.text(
            region.start + 0.5, _BODY, "no genes here", va="bottom", fontsize=NAME, color=GREY
        )
    if lanes.hidden:
        axes.text(
            region.end + 0.5, lanes.height, f"{lanes.hidden:,} more not shown",
            ha="right", va="bottom", fontsize=NAME, color=GREY,
        )  # fmt: skip


def _named(name: str, strand: int) -> str:
    return f"{name} →" if strand > 0 else f"← {name}" if strand < 0 else name


def _boxes(
    axes: Axes,
    region: Interval,
    spans: tuple[Positions, Positions],
    level: npt.NDArray[np.float64],
    height: float,
) -> None:
    """Boxes of exons about the level of their genes; NaN: not drawn."""
    there = np.isfinite(level) & (spans[0] < region.end) & (spans[1] > region.start)
    low = np.maximum(spans[0][there], region.start) + 0.5
    high = np.minimum(spans[1][there], region.end) + 0.5
    middle = level[there]
    corners = (
        np.stack([low, low, high, high], 1),
        np.stack(
            [middle - height / 2, middle + height / 2, middle + height / 2, middle - height / 2], 1
        ),
    )
    axes.add_collection(
        PolyCollection(
            list(np.stack(corners, axis=2)), facecolor=COLOUR, edgecolor=COLOUR, linewidth=0.25
        ),
        autolim=False,
    )


def _arrows(axes: Axes, region: Interval, genes: GeneModels, lanes: Lanes) -> None:
    """Arrows along the introns in the direction of transcription."""
    rows, bp = genes.rows, len(region) / lanes.width
    for strand in (1, -1):
        x: list[float] = []
        y: list[float] = []
        for gene, lane in zip(lanes.kept.tolist(), lanes.lanes.tolist(), strict=True):
            if rows.strands[gene] != strand:
                continue
            low = max(int(rows.starts[gene]), region.start)
            high = min(int(rows.ends[gene]), region.end)
            mine = rows.exon_owners == gene
            at = np.arange(low + _ARROWS * bp / 2, high, _ARROWS * bp)
            near = 0.8 * bp  # no arrow touches an exon
            inside = (at[:, None] > rows.exon_starts[mine] - near) & (
                at[:, None] < rows.exon_ends[mine] + near
            )
            at = at[~inside.any(axis=1)]
            x += (at + 0.5).tolist()
            y += [lane * _LANE + _BODY] * len(at)
        axes.plot(
            x, y, linestyle="none", marker=_CHEVRONS[strand],
            markersize=2.4, markeredgewidth=0.5, markerfacecolor="none", color=COLOUR,
        )  # fmt: skip
