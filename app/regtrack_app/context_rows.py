"""The rows around the tracks: the split above them, genes and letters below."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from regtrack.compare.annotations import Annotation
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.genome.sequence import LETTERS
from regtrack.tracks.genes import pack_lanes
from regtrack_app.rows import NOWHERE, GeneRow, LetterRow, Row, SpanRow
from regtrack_app.tiles import MOST_BINS, Tile

LETTERS_UP_TO = 160
"""The widest view whose bases are shown as letters (bp)."""
_GENES = 200
_ROOMS = (4, 8, 14, 24)  # lanes of transcripts
_EXONS_UP_TO = 512  # bp per bin
_PIXELS = 1_000  # width of a plot, to estimate the length of a name in bp
_NAME_PIXELS = 6.6


def split_rows(sources: Sources, tile: Tile) -> list[Row]:
    """A strip with the split of each window, if the labels are a dataset."""
    if sources.dataset is None or sources.labels is None:
        return []
    found = sources.labels.split_at(tile.chrom, tile.start, tile.end)
    starts = np.array([start for start, _, _ in found], dtype=np.int64)
    ends = np.array([end for _, end, _ in found], dtype=np.int64)
    names = tuple(split for _, _, split in found)
    return [SpanRow("split", "", "", starts, ends, "split", names, height=6)]


def gene_rows(
    sources: Sources, tile: Tile, region: Interval, *, isoforms: bool = False
) -> list[Row]:
    """Genes in lanes, or a row that says why there are none yet.

    Args:
        sources: has the genes.
        tile: what is read.
        region: what is on screen.
        isoforms: every transcript of a gene, instead of one.
    """
    if sources.gene_file is None:
        return []
    genes = sources.genes
    if genes is None:
        reason = sources.gene_file.error or "still being read"
        return [GeneRow((), (), *(NOWHERE,) * 10, note=reason, isoforms=isoforms)]
    found = genes.within(tile.chrom, tile.start, tile.end, _GENES, isoforms=isoforms)
    # lanes depend only on the tile, so that genes stay in place while the view moves
    letter = tile.step * MOST_BINS * _NAME_PIXELS / _PIXELS
    widths = np.array([(len(name) + 3) * letter for name in found.names], dtype=np.int64)
    lanes = pack_lanes(found.starts, np.maximum(found.ends, found.starts + widths), int(letter))
    # the name of a gene that starts left of the view follows the view's edge within its gene
    last = np.maximum(found.ends - widths, found.starts)
    named = np.clip(region.start, found.starts, last)
    room = _room(lanes) if isoforms else GeneRow.lane_count
    kept = lanes < room
    # exons too narrow to see would cost more than they show
    seen = kept & (tile.step <= _EXONS_UP_TO)
    exons = seen[found.exon_owners]
    thick_starts, thick_ends, thick_owners = found.thick()
    thick = seen[thick_owners]
    on_screen = (found.ends > region.start) & (found.starts < region.end)
    hidden = int(np.count_nonzero(on_screen & ~kept)) + found.hidden
    more = f"{hidden} more; zoom in to see them" if hidden else ""
    row = GeneRow(
        names=tuple(name for name, keep in zip(found.names, kept, strict=True) if keep),
        strands=tuple("-.+"[found.strands[at] + 1] for at in np.flatnonzero(kept)),
        starts=found.starts[kept],
        ends=found.ends[kept],
        lanes=lanes[kept],
        named_at=named[kept],
        exon_starts=found.exon_starts[exons],
        exon_ends=found.exon_ends[exons],
        exon_lanes=lanes[found.exon_owners][exons],
        thick_starts=thick_starts[thick],
        thick_ends=thick_ends[thick],
        thick_lanes=lanes[thick_owners][thick],
        note=more if on_screen.any() else "none here",
        lane_count=room,
        isoforms=isoforms,
    )
    return [row]


def place_row(file: Annotation, tile: Tile) -> SpanRow:
    """The places of a BED or VCF file as bars, or why there are none."""
    found = file.places.value
    if found is None:
        problem = file.places.error or "still being read"
        return SpanRow(file.id, file.label, file.kind, NOWHERE, NOWHERE, problem=problem)
    places = found.get(tile.chrom)
    here = places.within(tile.start, tile.end) if places is not None else slice(0)
    if places is None or here.start == here.stop:
        return SpanRow(file.id, file.label, file.kind, NOWHERE, NOWHERE)
    # as wide as can be seen, and joined where they would be one bar
    starts, ends = (
        places.starts[here],
        np.maximum(places.ends[here], places.starts[here] + tile.step),
    )
    bars = Intervals.merged(starts, ends).joined(tile.step)
    return SpanRow(file.id, file.label, file.kind, bars.starts, bars.ends, height=16)


def _room(lanes: npt.NDArray[np.int64]) -> int:
    """The number of lanes to make room for: a few numbers, so that the figure seldom changes."""
    needed = int(lanes.max(initial=0)) + 1
    return next((room for room in _ROOMS if room >= needed), _ROOMS[-1])


def letter_rows(sources: Sources, tile: Tile, region: Interval) -> list[Row]:
    """The sequence, if the view is narrow enough to read it."""
    if len(region) > LETTERS_UP_TO:
        return []
    start, end = tile.start, min(tile.end, tile.start + 6 * LETTERS_UP_TO)
    start = max(start, region.start - LETTERS_UP_TO)
    end = min(end, region.end + LETTERS_UP_TO)
    try:
        codes = sources.letters.codes(region.chrom, start, end)
    except RegtrackError:
        return []
    if codes is None:
        return []
    return [LetterRow(start, "".join(LETTERS[code] for code in codes))]
