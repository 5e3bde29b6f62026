"""Find the peaks of a bigWig, one block of values at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Positions
from regtrack.progress import Task
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.raw import DataBlock, RawBigWig

_SHOWN = 1_000_000  # bases between two signs of progress
_RECORD = 2_048  # bp of a zoom record by which blocks, eight times as long, are left out


@dataclass(frozen=True, eq=False)
class Peaks:
    """Peaks of one chromosome, in order.

    Attributes:
        starts: first base of each (bp), int64 (n,).
        ends: one past its last base (bp), int64 (n,).
        highs: its greatest value, float32 (n,).
        summits: the middle of the first bases that have it (bp), int64 (n,).
    """

    starts: Positions
    ends: Positions
    highs: Values
    summits: Positions

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def bases(self) -> int:
        """Bases in peaks."""
        return int((self.ends - self.starts).sum())


def find_peaks(
    raw: RawBigWig,
    *,
    high: float,
    low: float,
    min_length: int,
    max_gap: int,
    by_zoom: bool = False,
    task: Task | None = None,
) -> Iterator[tuple[str, Peaks]]:
    """The peaks of each chromosome that has any, in the order of the file.

    Memory holds a block of values and the peaks of one chromosome.

    Args:
        raw: the bigWig.
        high: a peak has a value of at least this.
        low: all bases of a peak have at least this, but for gaps.
        min_length: shortest peak (bp).
        max_gap: longest gap (bp) of lower or absent values within a peak.
        by_zoom: read only where the zoom levels have values of at least `low`; for files whose
            zoom levels are known to be right.
        task: shows the bases that were read.

    Raises:
        TrackError: the file is damaged.
    """
    names = {chrom.number: chrom.name for chrom in raw.chroms}
    least, most = np.float32(low), np.float32(high)
    shown = _Shown(raw, task)
    found: list[_Stretches] = []
    last: _Stretches | None = None
    chrom = -1

    def finished() -> Iterator[tuple[str, Peaks]]:
        if last is None:
            return
        kept = _Stretches.joined([*found, last]).kept(most, min_length)
        if len(kept.starts):
            yield names[chrom], kept.peaks()

    for block in raw.blocks(_places(raw, least) if by_zoom else _everywhere(raw)):
        if block.chrom != chrom:
            yield from finished()
            found, last, chrom = [], None, block.chrom
        shown.reached(chrom, block.end)
        if len(block.values) == 0 or block.values.max() < least:
            continue
        here = _stretches(block, least, max_gap)
        if last is not None:
            here = last.followed_by(here, max_gap)
        # all but the last stretch, which may go on in the next block, are whole
        found.append(here.part(slice(None, -1)).kept(most, min_length))
        last = here.part(slice(-1, None))
    yield from finished()
    shown.reached_end()


def _everywhere(raw: RawBigWig) -> list[Interval]:
    return [Interval(one.name, 0, one.length) for one in raw.chroms]


def _places(raw: RawBigWig, least: np.float32) -> list[Interval]:
    """Where values of at least `least` may be, by a zoom level.

    They are everywhere if there is no such level, or if that would leave out little.
    """
    levels = [level for level in raw.header.zooms if level.reduction <= _RECORD]
    if not levels:
        return _everywhere(raw)
    level = max(levels, key=lambda level: level.reduction)
    found, records = [], 0
    for chrom in raw.chroms:
        for part in raw.zoom(level, chrom.name, 0, chrom.length):
            records += len(part)
            held = part[part["max"] >= least]
            if len(held):
                near = Intervals.merged(held["start"].astype(np.int64), held["end"])
                found += [Interval(chrom.name, start, end) for start, end in near]
    return found if 4 * len(found) < records else _everywhere(raw)


class _Shown:
    """Shows how far a file was read, a million bases at a time."""

    def __init__(self, raw: RawBigWig, task: Task | None) -> None:
        lengths = np.array([chrom.length for chrom in raw.chroms], dtype=np.int64)
        numbers = [chrom.number for chrom in raw.chroms]
        self._before = dict(zip(numbers, (np.cumsum(lengths) - lengths).tolist(), strict=True))
        self._total, self._done, self._task = int(lengths.sum()), 0, task

    def reached(self, chrom: int, base: int) -> None:
        self._show(self._before.get(chrom, 0) + base, least=_SHOWN)

    def reached_end(self) -> None:
        self._show(self._total, least=0)

    def _show(self, position: int, least: int) -> None:
        if self._task is not None and position - self._done > least:
            self._task.advance(position - self._done)
            self._done = position


@dataclass(frozen=True, eq=False)
class _Stretches:
    """Stretches of bases that are at least at the lower threshold, with bridged gaps.

    Attributes:
        starts, ends, highs: as of `Peaks`.
        tops: first base of each one's first stretch of greatest values (bp), int64 (n,).
        top_ends: one past the last base of it (bp), int64 (n,).
    """

    starts: Positions
    ends: Positions
    highs: Values
    tops: Positions
    top_ends: Positions

    @classmethod
    def joined(cls, parts: list[_Stretches]) -> _Stretches:
        columns = ("starts", "ends", "highs", "tops", "top_ends")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))

    def part(self, chosen: slice | npt.NDArray[np.bool_]) -> _Stretches:
        return _Stretches(
            self.starts[chosen], self.ends[chosen], self.highs[chosen], self.tops[chosen],
            self.top_ends[chosen],
        )  # fmt: skip

    def kept(self, most: np.float32, min_length: int) -> _Stretches:
        """Those that are peaks."""
        return self.part((self.highs >= most) & (self.ends - self.starts >= min_length))

    def followed_by(self, later: _Stretches, max_gap: int) -> _Stretches:
        """A single stretch and those of the next block, whose first may continue it."""
        if later.starts[0] - self.ends[0] > max_gap:
            return _Stretches.joined([self, later])
        ends, highs = later.ends.copy(), later.highs.copy()
        starts, tops, top_ends = later.starts.copy(), later.tops.copy(), later.top_ends.copy()
        starts[0] = self.starts[0]
        if self.highs[0] >= highs[0]:
            goes_on = self.highs[0] == highs[0] and self.top_ends[0] == tops[0]
            top_ends[0] = top_ends[0] if goes_on else self.top_ends[0]
            highs[0], tops[0] = self.highs[0], self.tops[0]
        return _Stretches(starts, ends, highs, tops, top_ends)

    def peaks(self) -> Peaks:
        return Peaks(self.starts, self.ends, self.highs, (self.tops + self.top_ends - 1) // 2)


def _stretches(block: DataBlock, least: np.float32, max_gap: int) -> _Stretches:
    """The stretches of a block that has a value of at least `least`."""
    at = np.flatnonzero(block.values >= least)
    starts, ends, values = block.starts[at], block.ends[at], block.values[at]
    first = np.flatnonzero(np.append(True, starts[1:] - ends[:-1] > max_gap))
    last = np.append(first[1:], len(at)) - 1
    highs = np.maximum.reduceat(values, first)
    owner = np.repeat(np.arange(len(first)), last - first + 1)
    top = np.flatnonzero(values == highs[owner])
    # runs of neighbours that have the greatest value, of which each stretch's first is its top
    apart = (np.diff(top) != 1) | (starts[top[1:]] != ends[top[:-1]]) | (np.diff(owner[top]) != 0)
    run = np.flatnonzero(np.append(True, apart))
    run_end = np.append(run[1:], len(top)) - 1
    chosen = np.unique(owner[top[run]], return_index=True)[1]
    return _Stretches(
        starts[first], ends[last], highs, starts[top[run[chosen]]], ends[top[run_end[chosen]]]
    )
