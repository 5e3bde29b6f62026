"""A track as a plot needs it: a few values per pixel, for any stretch, within milliseconds.

Short stretches are read base by base, and every number is exact. Long ones are read from a zoom
level of the file, whose records are narrower than a bin and are divided among the bins they
overlap. That is good enough for pixels but not for numbers, since a bin's edge may cut a record.

Other writers store values that are not finite. They count as absent here; a zoom record that such a
value spoilt is computed again from the bases, as long as these are few.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from regtrack.errors import RegionError, TrackError, invalid
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.header import ZoomLevel
from regtrack.tracks.bigwig.raw import DataBlock, RawBigWig, Records
from regtrack.tracks.zoom_sums import Columns, Sums, mean_of

# Up to here (bp), read every base: 1 MB of values, 16 of our blocks, a few ms.
EXACT_SPAN = 250_000
# Up to here (bp), read every base if no zoom level is fine enough, so that no bin is too wide.
_WITHOUT_LEVEL = 2_000_000

# Longer stretches are read in pieces of this many bases: 4 MB of values.
_AT_ONCE = 1_000_000
# Bases that are read again to mend zoom records, and how many a stretch of records counts at least.
_MENDED = 2_000_000
_MENDED_AT_ONCE = 20_000


@dataclass(frozen=True, eq=False)
class Bins:
    """A track summarised in bins of equal width; NaN where no base of a bin has a value.

    Attributes:
        start: first base of the first bin (bp).
        step: width of a bin (bp).
        mean: of the bases with a value, float32 (n,).
        high: maximum, float32 (n,).
        low: minimum, float32 (n,).
        exact: whether every base was read; otherwise the values are from a zoom level.
        reduction: width of a record of that level (bp); 0 if every base was read.
    """

    start: int
    step: float
    mean: Values
    high: Values
    low: Values
    exact: bool
    reduction: int

    def __len__(self) -> int:
        return len(self.mean)


def bin_track(
    raw: RawBigWig,
    chrom: str,
    start: int,
    end: int,
    count: int,
    *,
    exact_up_to: int | None = None,
) -> Bins:
    """A stretch of a track as at most `count` bins; what the file does not contain is absent.

    Args:
        raw: the file.
        chrom: the chromosome; `1` also finds `chr1` and the reverse.
        start: first base; bases past the chromosome's end are absent.
        end: one past the last base.
        count: number of bins; a shorter stretch gets one bin per base.
        exact_up_to: the longest stretch (bp) of which every base is read though a zoom level is
            fine enough; default: 250 kb.

    Raises:
        RegionError: an empty or negative stretch, or no bin.
        TrackError: the needed part of the file is damaged.
    """
    check_stretch(chrom, start, end)
    if count < 1:
        raise RegionError(invalid("count", count, "at least 1"))
    span = end - start
    count = min(count, span)
    exact = EXACT_SPAN if exact_up_to is None else exact_up_to
    level = choose_level(raw.header.zooms, span, span / count, exact)
    if level is None:
        return _bin_bases(raw, Interval(chrom, start, end), count)
    name = raw.assembly.resolve(chrom)
    sums = Sums(start, end, count)
    left = _MENDED
    for records in () if name is None else raw.zoom(level, name, start, end):
        mended, left = _mend(raw, chrom, records, left)
        sums.add(Columns.of(mended))
    mean, high, low = (rows[0] for rows in sums.arrays())
    return Bins(start, span / count, mean, high, low, exact=False, reduction=level.reduction)


def base_values(raw: RawBigWig, chrom: str, start: int, end: int) -> Values:
    """The value of every base of a stretch, float32 (bp,); NaN where the file has none.

    Args:
        raw: the file.
        chrom: the chromosome; `1` also finds `chr1` and the reverse.
        start: first base; bases past the chromosome's end are absent.
        end: one past the last base.

    Raises:
        RegionError: an empty or negative stretch.
        TrackError: the needed part of the file is damaged.
    """
    check_stretch(chrom, start, end)
    return values_of_places(raw, [Interval(chrom, start, end)])


def values_of_places(raw: RawBigWig, places: Sequence[Interval]) -> Values:
    """The value of every base of some places, one place after another; NaN where there is none.

    A block of short chromosomes costs little more than its values: the index is searched for all
    places at once, with the least reading if they are in the order of the file, which is mostly
    bytewise by name.

    Args:
        raw: the file.
        places: intervals that do not overlap, with chromosomes spelled as in `base_values`.

    Returns:
        float32 (sum of the lengths,).

    Raises:
        TrackError: the needed part of the file is damaged.
    """
    ends = list(accumulate(map(len, places)))
    values = np.full(ends[-1] if ends else 0, np.nan, dtype=np.float32)
    resolve = raw.assembly.resolve
    there = [
        (replace(place, chrom=name), end - len(place))
        for place, end in zip(places, ends, strict=True)
        if (name := resolve(place.chrom)) is not None
    ]
    if not there:
        return values
    held = sorted(
        (raw.chrom(place.chrom).number, place.end, place.start, at) for place, at in there
    )
    lasts = [(chrom, end) for chrom, end, _, _ in held]
    for block in raw.blocks([place for place, _ in there]):
        if len(block.values) == 0:
            continue
        first, last = int(block.starts[0]), int(block.ends[-1])
        number = bisect_right(lasts, (block.chrom, first))
        while number < len(held) and (held[number][0], held[number][2]) < (block.chrom, last):
            _, end, start, at = held[number]
            _fill(raw, values[at : at + end - start], block, start)
            number += 1
    return values


def check_stretch(chrom: str, start: int, end: int) -> None:
    """Refuse a stretch (bp) that is empty or negative.

    Raises:
        RegionError: it is.
    """
    if not 0 <= start < end:
        raise RegionError(
            f"{chrom} [{start:,}, {end:,}) is empty or negative; expected start < end, from 0"
        )


def choose_level(
    levels: Sequence[ZoomLevel], span: int, step: float, exact_up_to: int
) -> ZoomLevel | None:
    """The widest level whose records are no wider than a bin; None to read every base."""
    if span <= exact_up_to or not levels:
        return None
    fine = [level for level in levels if level.reduction <= step]
    if fine:
        return max(fine, key=lambda level: level.reduction)
    if span <= _WITHOUT_LEVEL:
        return None
    return min(levels, key=lambda level: level.reduction)


def _fill(raw: RawBigWig, values: Values, block: DataBlock, start: int) -> None:
    """Write a block's values (n,), some of which lie there, to the bases from `start` on."""
    first, last = int(block.starts[0]), int(block.ends[-1])
    if last - first == len(block.values):  # one base each, without gaps: a slice
        low, high = max(first, start), min(last, start + len(values))
        values[low - start : max(high, low) - start] = block.values[low - first : high - first]
        return
    lows = np.maximum(block.starts - start, 0)
    widths = np.maximum(np.minimum(block.ends - start, len(values)) - lows, 0)
    total = int(widths.sum())
    if total > len(values):
        raise TrackError(
            f"{raw.source.path}: a data block near base {first + 1:,} has overlapping values; "
            "write or download the file again"
        )
    nth = np.arange(total) - np.repeat(np.cumsum(widths) - widths, widths)
    values[np.repeat(lows, widths) + nth] = np.repeat(block.values, widths)


def _bin_bases(raw: RawBigWig, region: Interval, count: int) -> Bins:
    """Read every base, a few megabytes at a time: files without zoom levels may be long."""
    name = raw.assembly.resolve(region.chrom)
    edges = np.arange(count + 1) * len(region) // count
    cuts = np.union1d(edges, np.arange(0, len(region), _AT_ONCE))  # a long bin has several pieces
    parts = []
    for low in range(0, len(region), _AT_ONCE):
        high = min(low + _AT_ONCE, len(region))
        mine = cuts[np.searchsorted(cuts, low) : np.searchsorted(cuts, high)] - low
        here = Interval(region.chrom, region.start + low, region.start + high)
        if name is not None and raw.has_blocks(name, here.start, here.end):
            parts.append(_reduce(base_values(raw, name, here.start, here.end), mine))
        else:
            nothing = np.full(len(mine), np.nan, dtype=np.float32)
            parts.append((np.zeros(len(mine)), np.zeros(len(mine)), nothing, nothing))
    total, valid, greatest, least = (np.concatenate(column) for column in zip(*parts, strict=True))
    if len(total) > count:
        first = np.searchsorted(cuts, edges[:-1])
        total, valid = np.add.reduceat(total, first), np.add.reduceat(valid, first)
        greatest, least = np.fmax.reduceat(greatest, first), np.fmin.reduceat(least, first)
    mean = mean_of(total, valid)
    step = len(region) / count
    return Bins(region.start, step, mean, greatest, least, exact=True, reduction=0)


def _reduce(values: Values, first: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.floating], ...]:
    """Sum, number, maximum and minimum (n,) of each group of bases that begins at `first` (n,)."""
    present = ~np.isnan(values)
    if len(values) == len(first):
        return np.where(present, values, 0), present.astype(np.float64), values, values
    if present.all():
        valid = np.diff(first, append=len(values)).astype(np.float64)
        total = np.add.reduceat(values, first, dtype=np.float64)
        return total, valid, np.maximum.reduceat(values, first), np.minimum.reduceat(values, first)
    valid = np.add.reduceat(present, first, dtype=np.float64)
    total = np.add.reduceat(np.where(present, values, 0), first, dtype=np.float64)
    return total, valid, np.fmax.reduceat(values, first), np.fmin.reduceat(values, first)


def _mend(raw: RawBigWig, chrom: str, records: Records, left: int) -> tuple[Records, int]:
    """Records (n,) without numbers that are not finite, and how many more bases may be read."""
    sound = np.isfinite([records[name] for name in ("min", "max", "sum")]).all(axis=0)
    if sound.all():
        return records, left
    records = records.copy()
    bad = np.flatnonzero(~sound)
    for run in np.split(bad, np.flatnonzero(np.diff(bad) > 1) + 1):
        mine = records[run]
        low, high = int(mine["start"][0]), int(mine["end"][-1])
        cost = max(high - low, _MENDED_AT_ONCE)
        if cost > left:
            records["valid"][run] = 0
            continue
        left -= cost
        values = base_values(raw, chrom, low, high)
        for at in run.tolist():
            part = values[int(records["start"][at]) - low : int(records["end"][at]) - low]
            part = part[~np.isnan(part)]
            records["valid"][at] = len(part)
            if len(part):
                records["min"][at], records["max"][at] = part.min(), part.max()
                records["sum"][at] = part.sum(dtype=np.float64)
    return records[records["valid"] > 0], left
