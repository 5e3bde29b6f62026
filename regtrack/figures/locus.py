"""One locus as in a genome browser: genes, and for each marker its labels and models' tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from regtrack.figures.palette import GREY
from regtrack.figures.style import style
from regtrack.figures.window import (
    ABSENT,
    LABEL,
    TINT,
    Row,
    bin_means,
    check_rows,
    dress_position,
    spans,
)
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Positions
from regtrack.tracks.genes import GeneRows, pack_lanes

_TRACK, _LABELS, _LANE, _GAP = 0.30, 0.10, 0.20, 0.09  # heights, inches
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.92, 1.42, 0.08, 0.42  # margins, inches
_GENE = "#33486B"
_LETTER = 0.062  # inches per letter of a gene's name
_TOPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True)
class _Strip:
    """One panel; positions are in inches from the top of the figure."""

    top: float
    height: float


def locus_figure(
    interval: Interval,
    rows: Sequence[Row],
    genes: GeneRows | None = None,
    *,
    width: float = 8.0,
    bins: int = 800,
) -> Figure:
    """Draw genes, and below them each marker: labels as bars, then a filled track per model.

    The tracks of a marker share a y axis from 0 to a round number at or above their highest bin. It
    is written next to them, so that weak scores are readable and models can be compared by height.

    Args:
        interval: of the arrays.
        rows: one per marker; all have the same models.
        genes: the genes of the interval; default: none.
        width: of the figure, inches.
        bins: maximum number of points per track; each is the mean of the bases with a value.

    Raises:
        ValueError: no row, rows with different models, or an array whose length is not the
            interval's.
    """
    models = check_rows(interval, rows)
    plot = width - _LEFT - _RIGHT
    strips, at = [], _TOP
    if genes:
        named, lanes = _place_genes(interval, genes, plot)
        strips.append(_Strip(at, _LANE * (int(lanes.max(initial=0)) + 1)))
        at += strips[-1].height + _GAP
    for _ in rows:
        for height in (_LABELS, *[_TRACK] * len(models)):
            strips.append(_Strip(at, height))
            at += height
        at += _GAP
    total = at + _BOTTOM
    with style():
        figure = Figure(figsize=(width, total))
        panels = [
            figure.add_axes(
                (_LEFT / width, 1 - (strip.top + strip.height) / total,
                 plot / width, strip.height / total)
            )
            for strip in strips
        ]  # fmt: skip
        for axes in panels:
            _bare(axes, interval)
        if genes:
            _draw_genes(panels[0], genes, named, lanes)
        each = len(models) + 1
        for number, row in enumerate(rows):
            own = panels[bool(genes) + number * each :][:each]
            _draw_row(own, interval, row, bins)
        panels[-1].spines["bottom"].set_visible(True)
        panels[-1].tick_params(axis="x", labelbottom=True)
        dress_position(panels[-1], interval)
    return figure


def round_top(highest: float) -> float:
    """The round number at the top of an axis: at or above the highest value, at most 1.

    >>> round_top(0.0123), round_top(0.3), round_top(0.97), round_top(0.0)
    (0.015, 0.3, 1.0, 1.0)
    """
    if highest <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(highest))
    top = next(one for one in _TOPS if one * power >= highest * (1 - 1e-6))
    return float(min(1.0, round(top * power, 6)))


def _bare(axes: Axes, interval: Interval) -> None:
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.set_xlim(interval.start, interval.end)
    axes.set_yticks([])
    axes.tick_params(axis="x", length=0, labelbottom=False)


def _draw_row(panels: Sequence[Axes], interval: Interval, row: Row, bins: int) -> None:
    """A marker: its labels, which also tint the tracks below, and one track per model."""
    labelled = spans(interval, row.labels > 0)
    labels, *tracks = panels
    labels.set_ylim(0, 1)
    labels.broken_barh(labelled, (0.15, 0.7), facecolor=LABEL, edgecolor=LABEL, linewidth=0.4)
    labels.text(
        1.01, 0.5, "labels", transform=labels.transAxes, va="center", fontsize=6, color=GREY
    )
    labels.text(
        -0.012, 0.5, row.name, transform=labels.transAxes, ha="right", va="center",
        fontweight="bold", fontsize=7.5,
    )  # fmt: skip
    found = {model: bin_means(values, bins) for model, values in row.tracks.items()}
    highest = max((float(np.nanmax(means, initial=0.0)) for _, means in found.values()), default=0)
    top = round_top(highest)
    for number, (axes, (model, (edges, means))) in enumerate(
        zip(tracks, found.items(), strict=True)
    ):
        axes.broken_barh(labelled, (0, top), facecolor=TINT, zorder=0)
        axes.stairs(
            means, interval.start + edges, fill=True, color=model.light, linewidth=0.3, zorder=2
        )
        absent = spans(interval, np.isnan(row.tracks[model]))
        axes.broken_barh(
            absent, (0, top), facecolor="none", edgecolor=ABSENT, hatch="////", linewidth=0
        )
        axes.axhline(0, color=ABSENT, linewidth=0.4, zorder=1)
        axes.set_ylim(0, top * 1.12)
        axes.text(
            1.01, 0.42, model.title, transform=axes.transAxes, va="center", fontsize=6.5,
            color=model.light,
        )  # fmt: skip
        if number == 0:
            note = f"{row.note}\n0 to {top:g}"
            axes.text(
                -0.012, 0.95, note, transform=axes.transAxes, ha="right", va="top", fontsize=6.5,
                color=GREY, linespacing=1.35,
            )  # fmt: skip


def _place_genes(interval: Interval, genes: GeneRows, plot: float) -> tuple[Positions, Positions]:
    """Where each gene's name begins (bp), within the figure, and the gene's lane; int64 (G,).

    In its lane neither a gene nor its name overlaps others.
    """
    letter = len(interval) / plot * _LETTER
    widths = np.array([(len(name) + 3) * letter for name in genes.names], dtype=np.int64)
    starts = np.maximum(genes.starts, interval.start)
    named = np.maximum(np.minimum(starts, interval.end - widths), interval.start)
    ends = np.maximum(genes.ends, named + widths)
    return named, pack_lanes(np.minimum(starts, named), ends, gap=int(letter))


def _draw_genes(axes: Axes, genes: GeneRows, named: Positions, lanes: Positions) -> None:
    """Bodies as lines, exons as boxes, and names above with an arrow for the strand."""
    axes.set_ylim(int(lanes.max(initial=0)) + 1, 0)
    for start, end, lane in zip(genes.starts, genes.ends, lanes, strict=True):
        axes.plot([start, end], [lane + 0.76] * 2, color=_GENE, linewidth=0.8)
    for start, end, owner in zip(
        genes.exon_starts, genes.exon_ends, genes.exon_owners, strict=True
    ):
        axes.broken_barh(
            [(start, end - start)], (lanes[owner] + 0.6, 0.32), facecolor=_GENE,
            edgecolor=_GENE, linewidth=0.5,
        )  # fmt: skip
    for name, start, strand, lane in zip(genes.names, named, genes.strands, lanes, strict=True):
        text = f"{name} →" if strand > 0 else f"← {name}" if strand < 0 else name
        axes.text(
            start, lane + 0.52, text, va="bottom", fontsize=6, color=_GENE, style="italic",
        )  # fmt: skip
    axes.text(-0.012, 0.5, "Genes", transform=axes.transAxes, ha="right", va="center", fontsize=7.5,
              fontweight="bold")  # fmt: skip
