"""Everything that a view shows, in the order in which it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from regtrack.compare.base_rates import BaseRates
from regtrack.compare.bounded_cache import BoundedCache
from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval
from regtrack.tracks.binning import Bins
from regtrack_app.context_rows import gene_rows, letter_rows, place_row, split_rows
from regtrack_app.heights import roomy
from regtrack_app.row_events import units_of
from regtrack_app.row_looks import GENES, LETTERS, with_looks
from regtrack_app.rows import Row
from regtrack_app.state import View
from regtrack_app.tiles import Tile, tile_of
from regtrack_app.track_rows import TrackRows

_CACHE_ROOM = 64 << 20  # bytes


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that a view shows.

    Attributes:
        rows: from top to bottom.
        tile: what the rows cover.
        exact: whether every curve was read base by base.
        reduction: width of the coarsest zoom record used (bp); 0 if exact.
        splits: the splits on screen, with their fractions of the region.
    """

    rows: tuple[Row, ...]
    tile: Tile
    exact: bool
    reduction: int
    splits: tuple[tuple[str, float], ...]


SaliencyRows = Callable[[View], Sequence[Row]]


class ViewData:
    """Reads the data of views; one instance serves all threads.

    Args:
        sources: what may be shown.
        saliency: the rows of the saliency computed for a view.
    """

    def __init__(self, sources: Sources, saliency: SaliencyRows | None = None) -> None:
        self.sources = sources
        self._saliency = saliency
        self._rates = BaseRates(sources)
        self._cache: BoundedCache[Bins] = BoundedCache(_CACHE_ROOM, _bytes)

    def scene(self, view: View, screen: int | None = None) -> Scene:
        """Everything that a view shows; a track that cannot be read becomes a row that says so.

        Args:
            view: the view.
            screen: height of the window (pixels), into which the rows grow; None: unknown.
        """
        length = self.sources.assembly.length(view.region.chrom)
        tile = tile_of(view.region, length)
        tracks = TrackRows(self.sources, self._rates, self._cache, tile)
        found = {marker: tracks.marker_rows(view, marker) for marker in view.markers}
        found[LETTERS] = [
            *(self._saliency(view) if self._saliency is not None and view.saliency else ()),
            *letter_rows(self.sources, tile, view.region),
        ]
        files = {file.id: file for file in self.sources.annotations}
        found |= {
            name: [place_row(files[name], tile)]
            if name in files
            else [tracks.other_row(view, self.sources.catalog.track(name))]
            for name in view.tracks
        }
        found[GENES] = gene_rows(self.sources, tile, view.region, isoforms=view.genes == "all")
        rows = [row for unit in units_of(view) for row in found[unit]]
        return Scene(
            rows=(*split_rows(self.sources, tile), *with_looks(roomy(rows, screen), view.looks)),
            tile=tile,
            exact=tracks.reduction == 0,
            reduction=tracks.reduction,
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


def _bytes(bins: Bins) -> int:
    return bins.mean.nbytes + bins.high.nbytes + bins.low.nbytes
