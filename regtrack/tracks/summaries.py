"""A stretch of many tracks as columns, from zoom records: what a picture of all of them needs.

It is what `binning.bin_track` gives for each track, in a small part of the time. Files of one sweep
have their records at the same places, so that those of several files are added up as one array.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.errors import TrackError
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.layout import ZOOM_RECORD
from regtrack.tracks.bigwig.nearby import Place
from regtrack.tracks.bigwig.raw import Positions, RawBigWig
from regtrack.tracks.binning import bin_track, check_stretch, choose_level
from regtrack.tracks.zoom_sums import Columns as Records, Sums

# Records that are read of each file; more are read block by block.
_MOST_PER_BIN, _BESIDE = 16, 1 << 16
_FIELDS = ZOOM_RECORD.itemsize // 4
_CHROM, _START, _END, _VALID, _MIN, _MAX, _SUM = range(7)  # 4 bytes each

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Summaries:
    """Columns of equal width of several tracks; NaN where no base of a column has a value.

    Attributes:
        start: first base of the first column (bp).
        mean: of the bases with a value, float32 (tracks, columns).
        high: maxima, float32 (tracks, columns).
    """

    start: int
    mean: Values
    high: Values


@dataclass(frozen=True)
class Grid:
    """Columns of equal width over a stretch.

    Attributes:
        chrom: the chromosome; `1` also finds `chr1` and the reverse.
        start: first base of the first column.
        step: width of a column (bp).
        columns: their number; the last one may reach past the end of the chromosome.
    """

    chrom: str
    start: int
    step: int
    columns: int

    @property
    def end(self) -> int:
        """One past the last base of the last column."""
        return self.start + self.step * self.columns


@dataclass(frozen=True)
class _Found:
    """The zoom blocks of a file near a stretch: bp per record, and the chromosome there."""

    raw: RawBigWig
    reduction: int
    number: int
    length: int
    places: list[Place]


def summarise_tracks(
    raws: Sequence[RawBigWig | None], grid: Grid, *, wider: bool = False
) -> Summaries:
    """Columns of several tracks, of zoom records wherever there are fine enough ones.

    Args:
        raws: the files; None: one that cannot be read.
        grid: where.
        wider: as many columns more on either side as the blocks about these hold of every file,
            which are then unpacked to their ends and checked.

    Returns:
        The columns; a file that cannot be read is a row without values.

    Raises:
        RegionError: an empty or negative stretch.
    """
    check_stretch(grid.chrom, grid.start, grid.end)
    found = {row: _find(raw, grid) for row, raw in enumerate(raws) if raw is not None}
    known = {row: one for row, one in found.items() if one is not None}
    if wider:
        grid = _widened(list(known.values()), grid)
    mean, high = np.full((2, len(raws), grid.columns), np.nan, dtype=np.float32)
    read = {row: data for row, one in known.items() if (data := _read(one, grid, wider=wider))}
    rows = list(read)
    alike = _alike([known[row] for row in rows], list(read.values()), grid)
    if alike is not None:
        mean[rows], high[rows] = alike
    else:
        rows = _add_up(read, known, grid, mean, high)
    rows += [row for row, one in known.items() if not one.places]
    for row in found.keys() - set(rows):
        with suppress(TrackError):
            bins = bin_track(
                _there(raws[row]), grid.chrom, grid.start, grid.end, grid.columns, exact_up_to=0
            )
            mean[row], high[row] = bins.mean, bins.high
    return Summaries(grid.start, mean, high)


def _there(raw: RawBigWig | None) -> RawBigWig:
    assert raw is not None
    return raw


def _find(raw: RawBigWig, grid: Grid) -> _Found | None:
    """The zoom blocks near a stretch; None where there is no suitable level, or damage."""
    start, end = grid.start, grid.end
    try:
        level = choose_level(raw.header.zooms, end - start, grid.step, 0)
        name = raw.assembly.resolve(grid.chrom)
        if level is None or name is None:
            return None
        there = raw.chrom(name)
        places = raw.zoom_places(level, name, start, end)
        return _Found(raw, level.reduction, there.number, there.length, places)
    except TrackError:
        return None


def _widened(found: Sequence[_Found], grid: Grid) -> Grid:
    """The whole columns about others of which the blocks of all files hold all."""
    start, end, step = grid.start, grid.end, grid.step
    held = [
        (one.places[0].start, min(one.places[-1].end, one.length)) if one.places else (start, end)
        for one in found
    ]
    low = max((min(start, first) for first, _ in held), default=start)
    high = min((max(end, last) for _, last in held), default=end)
    begin = start - (start - low) // step * step
    return Grid(grid.chrom, begin, step, (max(high, end) - begin) // step)


def _read(found: _Found, grid: Grid, *, wider: bool) -> bytes | None:
    """The records of a file's blocks, one after another; None if there are too many, or damage."""
    blocks: list[bytes | memoryview] = []
    room = (_MOST_PER_BIN * grid.columns + _BESIDE) * ZOOM_RECORD.itemsize
    try:
        for place in found.places:
            if wider:
                blocks.append(found.raw.records_at(place.at, place.size).data.cast("B"))
            else:
                blocks.append(found.raw.records_before(place, grid.end, found.reduction))
            room -= len(blocks[-1])
            if room < 0:
                return None
    except TrackError:
        return None
    return b"".join(blocks)


def _alike(
    found: Sequence[_Found], read: Sequence[bytes], grid: Grid
) -> tuple[Values, Values] | None:
    """Means and maxima (files, columns) of files whose records are of the same stretches.

    None where they differ, where a column cuts a record, or numbers are not finite.
    """
    kinds = {(one.number, one.reduction) for one in found}
    if len(kinds) != 1 or len({len(data) for data in read}) != 1:
        return None
    ((number, width),) = kinds
    words = np.frombuffer(b"".join(read), "<u4").reshape(len(read), -1, _FIELDS)
    known = words[0]
    near = (known[:, _START] < grid.end) & (known[:, _END] > grid.start)
    here = np.flatnonzero(near & (known[:, _CHROM] == number))
    if not len(here):
        return None
    low, high = int(here[0]), int(here[-1]) + 1
    beside = slice(max(low - 1, 0), high + 1)  # with neighbours, which are known to lie elsewhere
    if not all((words[:, beside, at] == known[beside, at]).all() for at in (_CHROM, _START, _END)):
        return None
    words = words[:, low:high]
    cells = _cells(words[0], grid, width)
    numbers = words.view(np.float32)
    if cells is None or not np.isfinite(numbers[:, :, _MIN : _SUM + 1]).all():
        return None
    shape = len(read), grid.columns * (grid.step // width)
    valid, total = np.zeros((2, *shape))
    highest = np.full(shape, -np.inf, dtype=np.float32)
    valid[:, cells] = words[:, :, _VALID]
    total[:, cells] = numbers[:, :, _SUM]
    highest[:, cells] = numbers[:, :, _MAX]
    return _columns(valid, total, highest, grid.step // width)


def _cells(records: npt.NDArray[np.uint32], grid: Grid, width: int) -> slice | Positions | None:
    """Where records (n, fields) lie among all of a width that a grid has; None if some do not."""
    starts, ends = records[:, _START].astype(np.int64), records[:, _END].astype(np.int64)
    cells, beside = np.divmod(starts - grid.start, width)
    sound = (ends > starts) & (ends - starts <= width) & (beside == 0)
    sound[1:] &= cells[1:] > cells[:-1]
    if grid.step % width or cells[0] < 0 or not sound.all():
        return None
    first, last = int(cells[0]), int(cells[-1]) + 1
    return slice(first, last) if last - first == len(cells) else cells


def _columns(valid: Floats, total: Floats, highest: Values, per: int) -> tuple[Values, Values]:
    """Means and maxima of every `per` records, from arrays (files, records)."""
    while per % 2 == 0:  # several times as fast as sums of a few along an axis
        valid, total = (one[:, ::2] + one[:, 1::2] for one in (valid, total))
        highest, per = np.maximum(highest[:, ::2], highest[:, 1::2]), per // 2
    if per > 1:
        valid, total = (one.reshape(len(one), -1, per).sum(axis=2) for one in (valid, total))
        highest = highest.reshape(len(highest), -1, per).max(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (total / valid).astype(np.float32)
    absent = valid == 0
    if absent.any():
        mean[absent] = highest[absent] = np.nan
    return mean, highest


def _add_up(
    read: dict[int, bytes],
    found: dict[int, _Found],
    grid: Grid,
    mean: Values,
    high: Values,
) -> list[int]:
    """Fill the rows (n, count) of files whose records are finite and in order; returns these."""
    numbers = {row: one.number for row, one in found.items()}
    usual, rows, records = _usual(read, numbers, grid.start, grid.end)
    sums = Sums(grid.start, grid.end, grid.columns, len(mean))
    sums.add(records, rows)
    means, highs, _ = sums.arrays()
    mean[usual], high[usual] = means[usual], highs[usual]
    return usual


def _usual(
    read: dict[int, bytes], numbers: dict[int, int], start: int, end: int
) -> tuple[list[int], Positions, Records]:
    """The rows whose records are all finite and in order; the rows (n,) of their records; these."""
    packed = np.frombuffer(b"".join(read.values()), dtype=ZOOM_RECORD)
    counts = [len(part) // ZOOM_RECORD.itemsize for part in read.values()]
    rows = np.repeat(np.array(list(read), dtype=np.int64), counts)
    expected = np.repeat(np.array([numbers[row] for row in read], np.uint32), counts)
    records = Records.of(packed)
    there = packed["chrom"] == expected
    if not there.all():
        rows, records = rows[there], records.chosen(there)
    odd = ~(np.isfinite(records.low) & np.isfinite(records.high) & np.isfinite(records.total))
    odd |= records.start > records.end
    odd[1:] |= (records.start[1:] < records.end[:-1]) & (rows[1:] == rows[:-1])
    here = (records.start < end) & (records.end > start)
    left = set(rows[odd].tolist())
    if left:
        here &= ~np.isin(rows, rows[odd])
    return [row for row in read if row not in left], rows[here], records.chosen(here)
