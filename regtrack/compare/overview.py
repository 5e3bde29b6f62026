"""All markers along a region as one matrix: of a model's tracks, or of the labels.

Values are those of the files' zoom records, and the widths of columns are on a grid, so that views
next to each other share what was read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from regtrack.compare.bounded_cache import BoundedCache
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval
from regtrack.machine.cores import cores
from regtrack.tracks.bigwig.bins import Values

_BLOCK = 256  # columns that are read and kept together
_ROOM = 128 << 20  # bytes of blocks
_REST = 0.3  # seconds without another view before more is read
_ROWS = 8  # that are read at once: their records fit into the cache of a core
_FINEST = 128  # bp per column: as wide as the finest zoom records of our files


@dataclass(frozen=True)
class Grid:
    """Columns of equal width over a region.

    Attributes:
        chrom: the chromosome.
        start: first base of the first column.
        step: width of a column (bp).
        columns: their number; the last one may reach past the end of the chromosome.
    """

    chrom: str
    start: int
    step: int
    columns: int


def grid_of(region: Interval, most: int) -> Grid:
    """The grid of a region with at most `most` columns, and one more at an edge.

    >>> grid_of(Interval("chr1", 1_000, 101_000), 1_000)
    Grid(chrom='chr1', start=896, step=128, columns=783)
    """
    step = _FINEST
    while step * most < len(region):
        step *= 2
    start = region.start // step * step
    return Grid(region.chrom, start, step, -(-(region.end - start) // step))


def beside(grid: Grid, length: int) -> list[Grid]:
    """The grids to which a view is likely to move: right, left, closer, and further away.

    Args:
        grid: of the view.
        length: of its chromosome (bp).
    """
    width = grid.columns * grid.step
    places = [(grid.start + width, grid.step), (grid.start - width, grid.step)]
    grids = [Grid(grid.chrom, start, step, grid.columns) for start, step in places]
    if grid.step > _FINEST:
        grids.append(Grid(grid.chrom, grid.start + width // 4, grid.step // 2, grid.columns))
    if width < length:
        grids.append(Grid(grid.chrom, grid.start - width // 2, grid.step * 2, grid.columns))
    return [
        replace(one, start=max(one.start, 0) // one.step * one.step)
        for one in grids
        if one.start < length and one.start + one.columns * one.step > 0
    ]


class Overview:
    """Reads matrices of markers by position, and keeps the latest; thread-safe.

    Args:
        sources: the tracks and labels.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._wanted = 0  # counts the views; what is read ahead of an earlier one is given up
        self._kept: BoundedCache[Values] = BoundedCache(_ROOM, lambda values: values.nbytes)

    def markers(self, model: str | None) -> tuple[str, ...]:
        """The markers of a model, or for None those with labels, in the order of the catalog."""
        sources = self._sources
        return tuple(
            marker.name
            for marker in sources.catalog.markers
            if (
                sources.has_labels(marker.name)
                if model is None
                else sources.catalog.find(model, marker.name)
            )
        )

    def values(
        self,
        model: str | None,
        markers: Sequence[str],
        grid: Grid,
        *,
        highest: bool = False,
        still: Callable[[], bool] | None = None,
    ) -> Values:
        """The mean of each column of a model's tracks, or for None its labelled fraction.

        Args:
            model: id of the model; None: the labels.
            markers: names, for the rows.
            grid: the columns.
            highest: the maximum of a model's tracks instead.
            still: whether it is still wanted; it is then read by this thread alone, row by row,
                and what it returns otherwise is not to be used.

        Returns:
            float32 (markers, columns); NaN where no base has a value, and in the row of a marker
            whose file cannot be read.
        """
        names, step = tuple(markers), grid.step
        first = grid.start // step // _BLOCK
        last = -(-(grid.start // step + grid.columns) // _BLOCK)

        def key(number: int) -> tuple[object, ...]:
            return model, names, grid.chrom, step, number, highest

        blocks = {number: self._kept.peek(key(number)) for number in range(first, last)}
        missing = [number for number, block in blocks.items() if block is None]
        if missing:
            if still is None:
                self._wanted += 1  # what is read ahead would take time from this
            # at once: the index of each file is searched once for all of them
            low, high = missing[0], missing[-1] + 1
            run = Grid(grid.chrom, low * _BLOCK * step, step, (high - low) * _BLOCK)
            found = self._read(model, names, run, highest=highest, still=still)
            if still is not None and not still():
                return found
            for number, block in enumerate(np.split(found, high - low, axis=1), low):
                blocks[number] = part = block.copy()
                self._kept.put(key(number), part)
        there = [block for block in blocks.values() if block is not None]
        skipped = grid.start // step - first * _BLOCK
        return np.concatenate(there, axis=1)[:, skipped : skipped + grid.columns]

    def read_ahead(
        self, model: str | None, markers: Sequence[str], grid: Grid, *, highest: bool = False
    ) -> None:
        """Read what is beside a view in the background, until another one is asked for.

        Args:
            model: as in `values`.
            markers: as in `values`.
            grid: of the view.
            highest: as in `values`.
        """
        self._wanted += 1
        mine, length = self._wanted, self._sources.assembly.length(grid.chrom)

        def read() -> None:
            time.sleep(_REST)
            for one in beside(grid, length):
                if self._wanted == mine:
                    self.values(
                        model, markers, one, highest=highest, still=lambda: self._wanted == mine
                    )

        # it ends with the process, whatever it is reading
        threading.Thread(target=read, name="ahead", daemon=True).start()

    def _read(
        self,
        model: str | None,
        markers: Sequence[str],
        run: Grid,
        *,
        highest: bool,
        still: Callable[[], bool] | None,
    ) -> Values:
        found = np.full((len(markers), run.columns), np.nan, dtype=np.float32)
        there = -(-(self._sources.assembly.length(run.chrom) - run.start) // run.step)
        there = min(there, run.columns)
        if there <= 0:
            return found
        grid = replace(run, columns=there)

        def read(rows: range) -> None:
            names = markers[rows.start : rows.stop]
            if model is None:
                found[rows, :there] = [self._labelled(marker, grid) for marker in names]
            else:
                found[rows, :there] = self._scores(model, names, grid, highest=highest)

        if still is not None:
            for rows in _parts(len(markers)):
                if not still():
                    break
                read(rows)
            return found
        with ThreadPoolExecutor(cores()) as pool:
            list(pool.map(read, _parts(len(markers))))
        return found

    def _labelled(self, marker: str, grid: Grid) -> npt.NDArray[np.floating]:
        """The labelled fraction of each column (columns,)."""
        low, high = grid.start, grid.start + grid.columns * grid.step
        edges = np.arange(low, high + 1, grid.step)
        end = min(high, self._sources.assembly.length(grid.chrom))
        try:
            stretches = self._sources.labelled(marker, grid.chrom, low, end)
        except RegtrackError:  # its row in the tracks says what is wrong
            return np.full(grid.columns, np.nan)
        return np.diff(stretches.covered_below(edges)) / np.float32(grid.step)

    def _scores(
        self, model: str, markers: Sequence[str], grid: Grid, *, highest: bool
    ) -> npt.NDArray[np.floating]:
        """Means or maxima of the columns of some tracks (markers, columns)."""
        tracks = [self._sources.catalog.find(model, marker) for marker in markers]
        ids = [None if track is None else track.id for track in tracks]
        end = grid.start + grid.columns * grid.step
        means, highs = self._sources.summaries(ids, grid.chrom, grid.start, end, grid.columns)
        return highs if highest else means


def _parts(rows: int) -> list[range]:
    """Rows in parts."""
    return [range(low, min(low + _ROWS, rows)) for low in range(0, rows, _ROWS)]


def by_similarity(values: Values) -> npt.NDArray[np.int64]:
    """The rows in an order in which alike ones are neighbours, int64 (n,).

    That is the angle of each row in the plane of the two principal directions of their
    correlations (Friendly 2002, "Corrgrams").

    Args:
        values: float32 (n, columns); NaN counts as the row's mean.
    """
    rows = (
        values
        - np.nanmean(np.where(np.isfinite(values).any(1, keepdims=True), values, 0), 1)[:, None]
    )
    rows = np.nan_to_num(rows)
    rows /= np.maximum(np.linalg.norm(rows, axis=1), 1e-12)[:, None]
    if len(rows) < 3:
        return np.arange(len(rows))
    _, vectors = np.linalg.eigh((rows @ rows.T).astype(np.float64))
    angles = np.arctan2(vectors[:, -2], vectors[:, -1])
    order = np.argsort(angles, kind="stable")
    # begin after the widest gap of the circle, so that no group is cut in two
    gaps = np.diff(angles[order], append=angles[order[0]] + 2 * np.pi)
    return np.roll(order, -int(gaps.argmax()) - 1)
