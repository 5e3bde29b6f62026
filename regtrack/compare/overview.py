"""All markers along a region as one matrix: of a model's tracks, or of the labels.

Values are those of the files' zoom records, and the widths of columns are on a grid, so that views
next to each other share what was read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from regtrack.compare.runs import Runs
from regtrack.compare.sources import Sources
from regtrack.compare.wide_columns import WideColumns, wide_pieces
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval
from regtrack.machine.cores import cores
from regtrack.machine.threads import Threads
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.summaries import Grid

_ROOM = 128 << 20  # bytes of columns that are kept
_WIDE_ROOM = 192 << 20  # bytes of wide ones: with 919 markers, two models along a chromosome
_REST = 0.3  # seconds without another view before more is read
_AT_ONCE = 16  # rows: their records fit into the cache of a core
_FINEST = 128  # bp per column: as wide as the finest zoom records of our files
_WIDER = 4  # times as wide are those of the next zoom level
_ENOUGH = 256  # columns of a first picture that is read
_FEW = 4  # columns of one that need not be read


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


def coarse(grid: Grid) -> Grid:
    """A grid for a first picture: as wide as zoom records of our files are, and soon read.

    >>> coarse(Grid("chr1", 896, 256, 978))
    Grid(chrom='chr1', start=0, step=2048, columns=123)
    >>> coarse(Grid("chr1", 896, 128, 200))
    Grid(chrom='chr1', start=896, step=128, columns=200)
    """
    step = _FINEST
    while step < grid.step or step * _ENOUGH < grid.end - grid.start:
        step *= _WIDER
    return _of_width(grid, step)


def _of_width(grid: Grid, step: int) -> Grid:
    """The columns of another width that cover a grid."""
    start = grid.start // step * step
    return Grid(grid.chrom, start, step, -(-(grid.end - start) // step))


class GivenUpError(Exception):
    """What was asked for is no longer wanted."""


@dataclass(frozen=True)
class _Rows:
    """What the rows of a matrix are of: see `Overview.values`."""

    model: str | None
    markers: tuple[str, ...]
    highest: bool


@dataclass(frozen=True)
class _Reading:
    """How a matrix is read: while it is wanted, by how many threads, and whether in a hurry."""

    still: Callable[[], bool]
    threads: int
    soon: bool


class Overview:
    """Reads matrices of markers by position, and keeps the latest; thread-safe.

    Args:
        sources: the tracks and labels.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._wanted = 0  # counts the views; what is read ahead of an earlier one is given up
        self._markers: dict[str, tuple[str, ...]] = {}
        self._runs = Runs(_ROOM)
        self._wide = WideColumns(_WIDE_ROOM)

    def markers(self, model: str | None) -> tuple[str, ...]:
        """The markers of a model, or for None those with labels, in the order of the catalog."""
        sources = self._sources
        names = [marker.name for marker in sources.catalog.markers]
        if model is None:
            return tuple(name for name in names if sources.has_labels(name))
        if model not in self._markers:
            found = (name for name in names if sources.catalog.find(model, name))
            self._markers[model] = tuple(found)
        return self._markers[model]

    def values(
        self,
        model: str | None,
        markers: Sequence[str],
        grid: Grid,
        *,
        highest: bool = False,
        soon: bool = False,
        still: Callable[[], bool] = lambda: True,
    ) -> Values:
        """The mean of each column of a model's tracks, or for None its labelled fraction.

        Args:
            model: id of the model; None: the labels.
            markers: names, for the rows.
            grid: the columns.
            highest: the maximum of a model's tracks instead.
            soon: read nothing more, which would be kept for views beside this one, and take what
                is kept for first pictures, which is true to 0.4 %.
            still: whether it is still wanted.

        Returns:
            float32 (markers, columns); NaN where no base has a value, and in the row of a marker
            whose file cannot be read.

        Raises:
            GivenUpError: it is no longer wanted.
        """
        rows = _Rows(model, tuple(markers), highest)
        self._wanted += 1  # what is read ahead would take time from this
        return self._values(rows, grid, _Reading(still, cores(), soon=soon))

    def knows(
        self,
        models: Sequence[str | None],
        markers: Sequence[str],
        grid: Grid,
        *,
        highest: bool = False,
    ) -> bool:
        """Whether nothing need be read for a grid.

        Args:
            models: as in `values`; several: those of a difference.
            markers: as in `values`.
            grid: the columns.
            highest: as in `values`.
        """
        rows = [_Rows(model, tuple(markers), highest) for model in models]
        return all(self._knows(one, grid) for one in rows)

    def first(
        self,
        models: Sequence[str | None],
        markers: Sequence[str],
        grid: Grid,
        *,
        highest: bool = False,
    ) -> Grid:
        """The grid of a first picture: the best that need not be read, else one that is soon read.

        Args:
            models: as in `knows`.
            markers: as in `values`.
            grid: that of the sharp picture.
            highest: as in `values`.
        """
        rows = [_Rows(model, tuple(markers), highest) for model in models]
        wider = grid
        while wider is grid or wider.columns >= _FEW:
            if all(self._knows(one, wider) or self._wide.has(one, wider) for one in rows):
                return wider
            wider = _of_width(grid, wider.step * 2)
        return coarse(grid)

    def read_ahead(
        self,
        models: Sequence[str | None],
        others: Sequence[str | None],
        markers: Sequence[str],
        grid: Grid,
        *,
        highest: bool = False,
    ) -> None:
        """Read what is beside a view in the background, until another one is asked for.

        Then all of its chromosome is read in wide columns, of which first pictures are made, also
        of other models.

        Args:
            models: as in `knows`.
            others: models to which the view is likely to change.
            markers: as in `values`.
            grid: of the view.
            highest: as in `values`.
        """
        self._wanted += 1
        mine, length = self._wanted, self._sources.assembly.length(grid.chrom)
        reading = _Reading(lambda: self._wanted == mine, 1, soon=False)
        kept = [_Rows(model, tuple(markers), highest) for model in (*models, *others)]

        def read() -> None:
            time.sleep(_REST)
            with suppress(GivenUpError):
                for one in beside(grid, length):
                    for rows in kept[: len(models)]:
                        self._values(rows, one, reading)
                middle = (grid.start + grid.end) // 2
                for rows in kept:
                    for piece in wide_pieces(grid.chrom, length, _FINEST, middle):
                        self._keep_wide(rows, piece, reading)

        # it ends with the process, whatever it is reading
        threading.Thread(target=read, name="ahead", daemon=True).start()

    def _values(self, rows: _Rows, grid: Grid, reading: _Reading) -> Values:
        found = np.empty((len(rows.markers), grid.columns), dtype=np.float32)
        if reading.soon and not self._knows(rows, grid) and self._wide.has(rows, grid):
            self._wide.fill(rows, grid, found)
            return found
        key = rows, grid.chrom, grid.step
        missing = np.flatnonzero(self._runs.fill(key, grid.start // grid.step, found))
        if not len(missing):
            return found
        low, high = int(missing[0]), int(missing[-1]) + 1
        start = grid.start + low * grid.step
        first, read = self._read(rows, replace(grid, start=start, columns=high - low), reading)
        self._runs.put(key, first // grid.step, read)
        skipped = (start - first) // grid.step
        found[:, low:high] = read[:, skipped : skipped + high - low]
        return found

    def _knows(self, rows: _Rows, grid: Grid) -> bool:
        """Whether all of a matrix is there."""
        return self._runs.has((rows, grid.chrom, grid.step), grid.start // grid.step, grid.columns)

    def _keep_wide(self, rows: _Rows, piece: Grid, reading: _Reading) -> None:
        """Read a piece of a chromosome for first pictures, unless it is there."""
        if not self._wide.has(rows, piece):
            _, found = self._read(rows, piece, replace(reading, soon=True))
            self._wide.put(rows, piece, found)

    def _read(self, rows: _Rows, run: Grid, reading: _Reading) -> tuple[int, Values]:
        """First base and values of a run of columns, or of a longer one that costs no more."""
        length = self._sources.assembly.length(run.chrom)
        there = min(-(-(length - run.start) // run.step), run.columns)
        if there <= 0:
            return run.start, np.full((len(rows.markers), run.columns), np.nan, dtype=np.float32)
        grid = replace(run, columns=there)

        def read(names: Sequence[str]) -> tuple[int, Values]:
            if not reading.still():
                raise GivenUpError
            if rows.model is None:
                found = [self._labelled(marker, grid) for marker in names]
                return grid.start, np.array(found, dtype=np.float32)
            return self._scores(rows, names, grid, wider=not reading.soon)

        names = _parts(rows.markers)
        if reading.threads == 1:  # also while the process ends, when there are no new threads
            parts = list(map(read, names))
        else:
            with Threads(reading.threads) as pool:
                parts = list(pool.ahead(read, names, len(names)))
        start = max(first for first, _ in parts)
        end = min(first + values.shape[1] * run.step for first, values in parts)
        found = np.concatenate([
            values[:, (start - first) // run.step : (end - first) // run.step]
            for first, values in parts
        ])  # fmt: skip
        beyond = max(run.end - end, 0) // run.step  # the end of the chromosome
        return start, np.pad(found, ((0, 0), (0, beyond)), constant_values=np.nan)

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
        self, rows: _Rows, markers: Sequence[str], grid: Grid, *, wider: bool
    ) -> tuple[int, Values]:
        """First base, and means or maxima (markers, columns), of some tracks."""
        tracks = [self._sources.catalog.find(rows.model or "", marker) for marker in markers]
        ids = [None if track is None else track.id for track in tracks]
        found = self._sources.summaries(ids, grid, wider=wider)
        return found.start, found.high if rows.highest else found.mean


def _parts(markers: Sequence[str]) -> list[Sequence[str]]:
    """Markers in parts that are read at once."""
    return [markers[low : low + _AT_ONCE] for low in range(0, len(markers), _AT_ONCE)]


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
