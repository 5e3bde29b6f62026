"""From a view to rows of arrays: what is read, and in which order it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeGuard

import numpy as np

from regtrack.compare.sources import Sources
from regtrack.errors import RegionError, RegtrackError
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.genome.sequence import LETTERS
from regtrack.tracks.binning import Bins
from regtrack.tracks.catalog import Track
from regtrack.tracks.genes import pack_lanes
from regtrack_app.choices import Choices
from regtrack_app.opening import opening
from regtrack_app.rows import (
    NOWHERE,
    Curve,
    Floats,
    GeneRow,
    LetterRow,
    Row,
    SpanRow,
    ValueRow,
)
from regtrack_app.state import MOST_MODELS, View, compared
from regtrack_app.tiles import MOST_BINS, BoundedCache, Tile, tile_of

LETTERS_UP_TO = 160
"""The widest view whose bases are written as letters (bp)."""
_CACHE_ROOM = 64 << 20
_OPENINGS = 256
_GENES = 200
_EXONS_UP_TO = 512  # bp a bin
_FEW_PIXELS = 330  # rows that are lower in all are made taller
_MOST_MORE = 110
_SAID_PIXELS = 30  # of a row that says only why it is empty
_PIXELS = 1_000  # of a plot, to judge how long a name is in bp
_NAME_PIXELS = 6.6


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a view shows.

    Attributes:
        rows: from the top down.
        tile: what the rows cover.
        exact: whether every curve was read base by base.
        reduction: bp of the coarsest zoom record used; 0 where exact.
        splits: the splits on screen, with their shares of the region.
    """

    rows: tuple[Row, ...]
    tile: Tile
    exact: bool
    reduction: int
    splits: tuple[tuple[str, float], ...]


SaliencyRows = Callable[[View], Sequence[Row]]


class ViewData:
    """Reads what views need; one of it serves all threads.

    Args:
        sources: what may be shown.
        saliency: the rows of saliency that was computed for a view.
    """

    def __init__(self, sources: Sources, saliency: SaliencyRows | None = None) -> None:
        self.sources = sources
        self._saliency = saliency
        self._cache: BoundedCache[Bins] = BoundedCache(_CACHE_ROOM, _bytes)

    def scene(self, view: View) -> Scene:
        """Everything that a view shows; a track that cannot be read is a row that says so."""
        length = self.sources.assembly.length(view.region.chrom)
        tile = tile_of(view.region, length)
        reading = _Reading(self.sources, self._cache, tile)
        rows: list[Row] = []
        for marker in view.markers:
            rows += reading.marker_rows(view, marker)
        if self._saliency is not None and view.saliency:
            rows += self._saliency(view)
        rows += [reading.other_row(self.sources.catalog.track(name)) for name in view.tracks]
        rows += reading.genes(view.region)
        rows += reading.letters(view.region)
        splits = reading.split_rows()
        return Scene(
            rows=(*splits, *roomy(rows)),
            tile=tile,
            exact=reading.reduction == 0,
            reduction=reading.reduction,
            splits=self._shares(view.region),
        )

    def _shares(self, region: Interval) -> tuple[tuple[str, float], ...]:
        if self.sources.labels is None:
            return ()
        found = self.sources.labels.split_at(region.chrom, region.start, region.end)
        shares: dict[str, float] = {}
        for start, end, split in found:
            shares[split] = shares.get(split, 0.0) + (end - start) / len(region)
        return tuple(shares.items())


def choices_of(sources: Sources) -> Choices:
    """What views of these sources may name."""
    catalog = sources.catalog
    predicted = {track.marker for model in catalog.models for track in model.tracks}
    # a marker that a model predicts is a better first sight than one that has labels alone
    markers = sorted(catalog.markers, key=lambda marker: marker.name not in predicted)
    return Choices(
        assembly=sources.assembly,
        markers=tuple(marker.name for marker in markers),
        models=tuple(model.id for model in catalog.models),
        tracks=tuple(track.id for track in catalog.others),
        find_gene=_gene_finder(sources),
        opening=lru_cache(_OPENINGS)(lambda marker: opening(sources, marker)),
    )


def _gene_finder(sources: Sources) -> Callable[[str], Interval] | None:
    later = sources.gene_file
    if later is None:
        return None

    def find(name: str) -> Interval:
        genes = later.wait(2.0)
        if genes is None:
            reason = later.error or "the genes are still being read; try again in a moment"
            raise RegionError(f'"{name}" cannot be looked up: {reason}')
        gene = genes.find(name)
        chrom = sources.assembly.resolve(gene.chrom)
        if chrom is None or gene.end > sources.assembly.length(chrom):
            raise RegionError(f'gene "{name}" lies at {gene}, which no track here covers')
        return Interval(chrom, gene.start, gene.end)

    return find


@dataclass
class _Reading:
    """One view's reading; notes the coarsest zoom level on the way."""

    sources: Sources
    cache: BoundedCache[Bins]
    tile: Tile
    reduction: int = 0

    def marker_rows(self, view: View, marker: str) -> list[Row]:
        catalog = self.sources.catalog
        category = catalog.marker(marker).category
        rows: list[Row] = []
        labels, labelled = self._labels(marker)
        if labelled is not None:
            rows.append(labelled)
        tracks = {model: catalog.find(model, marker) for model in view.models[:MOST_MODELS]}
        there = {model: track for model, track in tracks.items() if track is not None}
        curves: dict[str, Curve] = {}
        problem = "" if there else "none of the chosen models predicts this marker"
        for model, track in there.items():
            try:
                curves[model] = self._curve(track, catalog.model(model).label)
            except RegtrackError as error:
                problem = str(error)
        title = "" if labelled else marker
        if view.mode == "stack" and curves:
            for model, curve in curves.items():
                rows.append(
                    ValueRow(
                        f"{marker}/{model}", catalog.model(model).label, marker,
                        (curve,), category, height=58,
                    )
                )  # fmt: skip
            if problem:
                rows.append(ValueRow(f"{marker}/problem", "", "", (), category, problem=problem))
        else:
            rows.append(
                ValueRow(marker, title, category, tuple(curves.values()), category, problem=problem)
            )
        return rows + self._differences(view, marker, curves, labels)

    def other_row(self, track: Track) -> ValueRow:
        """A track that is no model's scores: saliency, about 0, or anything else from 0 up."""
        signed = track.kind == "saliency"
        try:
            curves: tuple[Curve, ...] = (self._curve(track, track.label, signed=signed),)
            problem = ""
        except RegtrackError as error:
            curves, problem = (), str(error)
        return ValueRow(
            track.id, track.label, track.kind, curves, f"other {track.id}",
            "saliency" if signed else "values", problem=problem, height=58,
        )  # fmt: skip

    def genes(self, region: Interval) -> list[Row]:
        if self.sources.gene_file is None:
            return []
        genes = self.sources.genes
        if genes is None:
            reason = self.sources.gene_file.error or "still being read"
            nobody = GeneRow((), (), *(NOWHERE,) * 7, note=reason)
            return [nobody]
        found = genes.within(self.tile.chrom, self.tile.start, self.tile.end, _GENES)
        # lanes depend on the tile alone, so that genes stay where they are while the view moves
        letter = self.tile.step * MOST_BINS * _NAME_PIXELS / _PIXELS
        widths = np.array([(len(name) + 3) * letter for name in found.names], dtype=np.int64)
        lanes = pack_lanes(found.starts, np.maximum(found.ends, found.starts + widths), int(letter))
        # the name of a gene that starts left of the view follows the view's edge within its gene
        last = np.maximum(found.ends - widths, found.starts)
        named = np.clip(region.start, found.starts, last)
        room = GeneRow.lane_count
        kept = lanes < room
        # exons narrower than the eye can tell would cost more than they show
        owners = kept[found.exon_owners] & (self.tile.step <= _EXONS_UP_TO)
        on_screen = (found.ends > region.start) & (found.starts < region.end)
        hidden = int(np.count_nonzero(on_screen & ~kept)) + found.hidden
        row = GeneRow(
            names=tuple(name for name, keep in zip(found.names, kept, strict=True) if keep),
            strands=tuple("-.+"[found.strands[at] + 1] for at in np.flatnonzero(kept)),
            starts=found.starts[kept],
            ends=found.ends[kept],
            lanes=lanes[kept],
            named_at=named[kept],
            exon_starts=found.exon_starts[owners],
            exon_ends=found.exon_ends[owners],
            exon_lanes=lanes[found.exon_owners][owners],
            note=f"{hidden} more; zoom in to see them" if hidden else "",
        )
        return [row]

    def letters(self, region: Interval) -> list[Row]:
        if len(region) > LETTERS_UP_TO:
            return []
        start, end = self.tile.start, min(self.tile.end, self.tile.start + 6 * LETTERS_UP_TO)
        start = max(start, region.start - LETTERS_UP_TO)
        end = min(end, region.end + LETTERS_UP_TO)
        try:
            codes = self.sources.letters.codes(region.chrom, start, end)
        except RegtrackError:
            return []
        if codes is None:
            return []
        return [LetterRow(start, "".join(LETTERS[code] for code in codes))]

    def split_rows(self) -> list[Row]:
        if self.sources.dataset is None or self.sources.labels is None:
            return []
        tile = self.tile
        found = self.sources.labels.split_at(tile.chrom, tile.start, tile.end)
        starts = np.array([start for start, _, _ in found], dtype=np.int64)
        ends = np.array([end for _, end, _ in found], dtype=np.int64)
        names = tuple(split for _, _, split in found)
        return [SpanRow("split", "", "", starts, ends, "split", names, height=6)]

    def _labels(self, marker: str) -> tuple[Intervals | None, SpanRow | None]:
        labels = self.sources.labels
        if labels is None or all(marker != known.name for known in labels.markers):
            return None, None
        tile, category = self.tile, self.sources.catalog.marker(marker).category
        try:
            found = labels.stretches(marker, tile.chrom, tile.start, tile.end)
        except RegtrackError as error:
            row = SpanRow(
                f"{marker}/labels", marker, category, NOWHERE, NOWHERE, problem=str(error)
            )
            return None, row
        drawn = found.joined(tile.step)  # apart on a screen, and few enough for it
        return found, SpanRow(f"{marker}/labels", marker, category, drawn.starts, drawn.ends)

    def _curve(self, track: Track, name: str, *, signed: bool = False) -> Curve:
        """A track in bins; of signed values those farthest from 0, since their means cancel."""
        tile = self.tile
        bins = self.cache.get(
            (track.id, tile),
            lambda: self.sources.bins(track.id, tile.chrom, tile.start, tile.end, tile.bins),
        )
        self.reduction = max(self.reduction, bins.reduction)
        if signed:
            farthest = np.where(bins.high >= -bins.low, bins.high, bins.low)
            return Curve(name, track.style, bins.start, bins.step, farthest)
        return Curve(name, track.style, bins.start, bins.step, bins.mean, bins.high)

    def _differences(
        self, view: View, marker: str, curves: dict[str, Curve], labels: Intervals | None
    ) -> list[Row]:
        rows: list[Row] = []
        pair = [curves[model] for model in compared(view) if model in curves]
        if "models" in view.differences and len(pair) == 2:
            first, second = pair
            curve = Curve(
                f"{first.name} − {second.name}", first.style, first.start, first.step,
                first.mean - second.mean, below=second.style,
            )  # fmt: skip
            rows.append(_difference_row(f"{marker}/models", marker, curve))
        if "labels" in view.differences and labels is not None:
            for model, curve in curves.items():
                share = labelled_share(labels, curve)
                less = Curve(
                    f"{curve.name} − labels", curve.style, curve.start, curve.step,
                    curve.mean - share,
                )  # fmt: skip
                rows.append(_difference_row(f"{marker}/{model}/labels", marker, less))
        return rows


def roomy(rows: Sequence[Row]) -> list[Row]:
    """The rows, empty ones low, and those of values taller where there are few, to be well seen."""
    fitted: list[Row] = [
        replace(row, height=_SAID_PIXELS) if _is_value_row(row) and not row.curves else row
        for row in rows
    ]
    tall = sum(_is_value_row(row) and bool(row.curves) for row in fitted)
    left = _FEW_PIXELS - sum(row.height for row in fitted)
    if not tall or left <= 0:
        return fitted
    more = min(left // tall, _MOST_MORE)
    return [
        replace(row, height=row.height + more) if _is_value_row(row) and row.curves else row
        for row in fitted
    ]


def _is_value_row(row: Row) -> TypeGuard[ValueRow]:
    return isinstance(row, ValueRow) and row.kind == "values"


def _difference_row(key: str, marker: str, curve: Curve) -> ValueRow:
    from_what = "labels" if curve.below is None else "models"
    return ValueRow(key, curve.name, marker, (curve,), from_what, "difference", height=50)


def _bytes(bins: Bins) -> int:
    return bins.mean.nbytes + bins.high.nbytes + bins.low.nbytes


def labelled_share(labels: Intervals, curve: Curve) -> Floats:
    """The labelled share of each bin of a curve, float32 (n,)."""
    edges = curve.start + np.arange(len(curve.mean) + 1) * curve.step
    share = np.diff(labels.covered_below(edges)) / curve.step
    return np.asarray(share, dtype=np.float32)
