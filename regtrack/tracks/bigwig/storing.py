"""Make the values to store of computed ones: absent, averaged and rounded in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.kernel import inner, kernel
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.rounding import (
    MANTISSA_BITS,
    Words,
    average,
    check_keep_bits,
    round_mantissa,
    rounded,
)
from regtrack.tracks.bigwig.unsigned import u

Present = npt.NDArray[np.bool_]
Sums = npt.NDArray[np.float64]

_ABSENT = np.uint32(0x7FC0_0000)  # NaN
_LONGEST = 128  # bp of a mean up to which NumPy adds without dividing a group


def store_rows(
    values: Values,
    present: Present,
    *,
    resolution: int = 1,
    keep_bits: int = MANTISSA_BITS,
    in_place: bool = False,
) -> tuple[Values, int]:
    """The values to store of some files, each the mean of those present, rounded.

    They are those of `average` and `round_mantissa`, to the bit.

    Args:
        values: one per base, float32 (files, L); unchanged, unless `in_place`.
        present: which bases get a value, bool (L,).
        resolution: bp per stored value.
        keep_bits: bits of the mantissa to keep.
        in_place: with a resolution of 1 bp, store in `values`, whose rows must be contiguous and
            writeable: new memory of that size costs as much as all else here.

    Returns:
        float32 (files, ceil(L / resolution)), NaN where absent; and the first base, counted from 0,
        that should get a value and is NaN in any file: -1 if there is none.

    Raises:
        TrackError: `keep_bits` is not 1 to 23.
    """
    check_keep_bits(keep_bits)
    dropped = MANTISSA_BITS - keep_bits
    if resolution == 1:
        stored = values if in_place else np.array(values, order="C")
        broken = [_store(row.view(np.uint32), present, dropped) for row in stored]
        return stored, _first(broken)
    stored = np.empty((len(values), -(-values.shape[1] // resolution)), dtype=np.float32)
    whole = _whole(present, resolution, stored.shape[1])
    broken = [
        _store_means(row, present, whole, resolution, out)
        if resolution <= _LONGEST
        else _store_long(row, present, resolution, out)
        for row, out in zip(values, stored, strict=True)
    ]
    round_mantissa(stored, keep_bits)
    return stored, _first(broken)


def _first(broken: list[int]) -> int:
    return min((at for at in broken if at >= 0), default=-1)


def _store_long(row: Values, present: Present, resolution: int, out: Values) -> int:
    masked = np.where(present, row, np.float32(np.nan))
    out[:] = average(masked, resolution)
    broken = np.isnan(masked) & present
    return int(broken.argmax()) if broken.any() else -1


@kernel
def _store(bits: Words, present: Present, dropped: int) -> int:
    """Values of single bases, by their bits, which are changed."""
    broken = False
    for i in range(len(bits)):
        word = bits[i]
        nan = np.uint32(word & np.uint32(0x7FFF_FFFF)) > np.uint32(0x7F80_0000)
        broken |= nan & present[i]
        kept = rounded(word, dropped) if dropped else word
        bits[i] = kept if present[i] else _ABSENT
    if broken:
        for i in range(len(bits)):
            if present[i] and np.uint32(bits[i] & np.uint32(0x7FFF_FFFF)) > np.uint32(0x7F80_0000):
                return i
    return -1


def _whole(present: Present, resolution: int, count: int) -> Present:
    """Which groups of bases all get a value, bool (count,); the last may be cut off."""
    whole = np.zeros(count, dtype=np.bool_)
    groups = len(present) // resolution
    whole[:groups] = present[: groups * resolution].reshape(groups, resolution).all(axis=1)
    return whole


@kernel
def _store_means(
    row: Values, present: Present, whole: Present, resolution: int, out: Values
) -> int:
    """Means of up to `_LONGEST` bases, whose values are added in NumPy's order.

    Nothing is looked up for a group that is `whole`.
    """
    group = np.empty(resolution, np.float64)
    eights = resolution // 8 * 8
    broken = -1
    for at in range(len(out)):
        first = at * resolution
        total = np.nan
        if whole[at]:
            total, at_least = 0.0, first
            if eights:
                s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
                for i in range(first, first + eights, 8):
                    s0, s1 = s0 + row[u(i)], s1 + row[u(i + 1)]
                    s2, s3 = s2 + row[u(i + 2)], s3 + row[u(i + 3)]
                    s4, s5 = s4 + row[u(i + 4)], s5 + row[u(i + 5)]
                    s6, s7 = s6 + row[u(i + 6)], s7 + row[u(i + 7)]
                total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
                at_least += eights
            for i in range(at_least, first + resolution):
                total += row[u(i)]
        if not np.isnan(total):
            out[at] = total / resolution
            continue
        count = 0
        for i in range(resolution):
            place = first + i
            group[i] = 0.0
            if place < len(row) and present[place]:
                if np.isnan(row[place]):
                    broken = place if broken < 0 else broken
                else:
                    group[i] = row[place]
                    count += 1
        out[at] = _sum(group) / count if count else np.nan
    return broken


@inner
def _sum(values: Sums) -> Any:
    """The sum of up to `_LONGEST` numbers as NumPy adds them: eight at once from eight on."""
    total, whole = 0.0, 0
    if len(values) >= 8:
        whole = len(values) // 8 * 8
        s0, s1, s2, s3 = values[0], values[1], values[2], values[3]
        s4, s5, s6, s7 = values[4], values[5], values[6], values[7]
        for i in range(8, whole, 8):
            s0, s1 = s0 + values[i], s1 + values[i + 1]
            s2, s3 = s2 + values[i + 2], s3 + values[i + 3]
            s4, s5 = s4 + values[i + 4], s5 + values[i + 5]
            s6, s7 = s6 + values[i + 6], s7 + values[i + 7]
        total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for i in range(whole, len(values)):
        total += values[i]
    return total
