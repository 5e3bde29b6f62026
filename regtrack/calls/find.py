"""Find the peaks of a bigWig, one block of values at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from regtrack.calls.stretches import Stretches, stretches_of
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Positions
from regtrack.progress import Task
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.raw import RawBigWig

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
    found: list[Stretches] = []
    last: Stretches | None = None
    chrom = -1

    def finished() -> Iterator[tuple[str, Peaks]]:
        if last is None:
            return
        kept = Stretches.joined([*found, last]).kept(most, min_length)
        if len(kept.starts):
            yield names[chrom], _peaks(kept)

    for block in raw.blocks(_places(raw, least) if by_zoom else _everywhere(raw)):
        if block.chrom != chrom:
            yield from finished()
            found, last, chrom = [], None, block.chrom
        shown.reached(chrom, block.end)
        here = stretches_of(block, least, max_gap)
        if len(here.starts) == 0:
            continue
        if last is not None:
            here = last.followed_by(here, max_gap)
        # all but the last stretch, which may go on in the next block, are whole
        found.append(here.part(slice(None, -1)).kept(most, min_length))
        last = here.part(slice(-1, None))
    yield from finished()
    shown.reached_end()


def _peaks(kept: Stretches) -> Peaks:
    summits = (kept.tops + kept.top_ends - 1) // 2
    return Peaks(kept.starts, kept.ends, kept.highs, summits)


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
