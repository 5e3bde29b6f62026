"""Stretches of high values, of which peaks are made: found block by block, and joined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.genome.intervals import Positions
from regtrack.kernel import kernel
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.raw import DataBlock


@dataclass(frozen=True, eq=False)
class Stretches:
    """Stretches of bases that are at least at the lower threshold, with bridged gaps.

    Attributes:
        starts: first base of each (bp), int64 (n,).
        ends: one past its last base (bp), int64 (n,).
        highs: its greatest value, float32 (n,).
        tops: first base of its first bases with the greatest value (bp), int64 (n,).
        top_ends: one past the last of these (bp), int64 (n,).
    """

    starts: Positions
    ends: Positions
    highs: Values
    tops: Positions
    top_ends: Positions

    @classmethod
    def joined(cls, parts: list[Stretches]) -> Stretches:
        """Those of several parts, in order."""
        columns = ("starts", "ends", "highs", "tops", "top_ends")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))

    def part(self, chosen: slice | npt.NDArray[np.bool_]) -> Stretches:
        """Some of them."""
        return Stretches(
            self.starts[chosen], self.ends[chosen], self.highs[chosen], self.tops[chosen],
            self.top_ends[chosen],
        )  # fmt: skip

    def kept(self, most: np.float32, min_length: int) -> Stretches:
        """Those that are peaks: at least so high (`most`) and so long (bp)."""
        return self.part((self.highs >= most) & (self.ends - self.starts >= min_length))

    def followed_by(self, later: Stretches, max_gap: int) -> Stretches:
        """A single stretch and those of the next block, whose first may continue it."""
        if later.starts[0] - self.ends[0] > max_gap:
            return Stretches.joined([self, later])
        ends, highs = later.ends.copy(), later.highs.copy()
        starts, tops, top_ends = later.starts.copy(), later.tops.copy(), later.top_ends.copy()
        starts[0] = self.starts[0]
        if self.highs[0] >= highs[0]:
            goes_on = self.highs[0] == highs[0] and self.top_ends[0] == tops[0]
            top_ends[0] = top_ends[0] if goes_on else self.top_ends[0]
            highs[0], tops[0] = self.highs[0], self.tops[0]
        return Stretches(starts, ends, highs, tops, top_ends)


def stretches_of(block: DataBlock, least: np.float32, max_gap: int) -> Stretches:
    """The stretches of a block's values, none if all are below `least`.

    Args:
        block: its values are finite.
        least: the lower threshold.
        max_gap: longest gap (bp) of lower or absent values within a stretch.
    """
    places = np.empty((4, len(block.values)), dtype=np.int64)
    highs = np.empty(len(block.values), dtype=np.float32)
    count = _find(block.starts, block.ends, block.values, least, max_gap, places, highs)
    starts, ends, tops, top_ends = places[:, :count].copy()
    return Stretches(starts, ends, highs[:count].copy(), tops, top_ends)


@kernel
def _find(  # noqa: PLR0917 - a kernel takes no keywords
    starts: Positions,
    ends: Positions,
    values: Values,
    least: np.float32,
    max_gap: int,
    places: npt.NDArray[np.int64],
    highs: Values,
) -> int:
    """Write starts, ends, tops and their ends of the stretches to `places` (4, n), with `highs`."""
    at = -1
    end, high, top_end = 0, np.float32(0), 0
    for i in range(len(values)):
        value = values[i]
        if value < least:
            continue
        start = starts[i]
        if at < 0 or start - end > max_gap:
            if at >= 0:
                places[1, at], places[3, at], highs[at] = end, top_end, high
            at += 1
            places[0, at] = start
            places[2, at], top_end, high = start, ends[i], value
        elif value > high:
            places[2, at], top_end, high = start, ends[i], value
        elif value == high and start == top_end:
            top_end = ends[i]
        end = ends[i]
    if at >= 0:
        places[1, at], places[3, at], highs[at] = end, top_end, high
    return at + 1
