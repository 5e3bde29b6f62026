"""Which windows of a chromosome are kept, and why the others are dropped."""

from __future__ import annotations

import math
from dataclasses import asdict, astuple, dataclass
from operator import add

import numpy as np
import numpy.typing as npt

from regtrack.dataset.spec import DatasetSpec
from regtrack.genome.intervals import Intervals, Positions
from regtrack.genome.sequence import Codes, N


@dataclass(frozen=True, slots=True)
class Dropped:
    """Numbers of dropped windows, each counted under the first reason that applies.

    Attributes:
        short: the remainder at the end of a chromosome.
        n: too many N.
        excluded: too many bases that are N or excluded.
        multimap: too many multi-mapped bases.
        no_peak: no peak where one is needed.
        other_split: bases in common with a window of another split.
    """

    short: int = 0
    n: int = 0
    excluded: int = 0
    multimap: int = 0
    no_peak: int = 0
    other_split: int = 0

    def __add__(self, other: Dropped) -> Dropped:
        return Dropped(*map(add, astuple(self), astuple(other)))

    def to_dict(self) -> dict[str, int]:
        """The counts by reason."""
        return asdict(self)


def keep_windows(
    codes: Codes,
    spec: DatasetSpec,
    excluded: Intervals | None = None,
    multimapped: Intervals | None = None,
    needed: Intervals | None = None,
) -> tuple[Positions, Dropped]:
    """Tile a chromosome from base 0 and keep the windows that are clean enough.

    The labelled middles of windows are the tiles; a crop around them is read as well.

    Args:
        codes: the whole chromosome, uint8 (L,).
        spec: length of a window and maximum fractions (Gupta and Rush 2017: 0.1 each).
        excluded: bases that count as N; default: none.
        multimapped: bases where reads map to several places, of which those that are N do not
            count; default: none.
        needed: bases of which a labelled middle must hold one; default: all.

    Returns:
        Starts (n,) of the kept windows, ascending (bp), and the number of dropped ones by reason.
    """
    length, step = len(codes), spec.labelled
    tiles = -(-length // step)
    starts = np.arange(tiles, dtype=np.int64) * step - spec.crop
    starts = starts[(starts >= 0) & (starts + spec.window <= length)]
    grain = math.gcd(spec.window, step, spec.crop)
    unread = codes == N
    shared = multimapped or Intervals.none()
    if len(shared):
        shared = Intervals.from_mask(shared.mask(0, length) & ~unread)
    too_shared = (
        _per_window(shared.covered_per_tile(length, grain), starts // grain, spec.window // grain)
        > spec.max_multimap * spec.window
    )

    def too_many() -> npt.NDArray[np.bool_]:
        counts = _per_tile(unread, grain)
        found = _per_window(counts, starts // grain, spec.window // grain)
        return found > spec.max_n * spec.window

    too_n = too_many()
    for start, end in excluded or ():
        unread[start:end] = True
    too_excluded = too_many()
    bare = np.zeros(len(starts), dtype=np.bool_)
    if needed is not None:
        bare = needed.covered_per_tile(length, step)[(starts + spec.crop) // step] == 0
    unclean = too_excluded | too_shared
    dropped = Dropped(
        short=tiles - len(starts),
        n=int(too_n.sum()),
        excluded=int((too_excluded & ~too_n).sum()),
        multimap=int((too_shared & ~too_excluded).sum()),
        no_peak=int((bare & ~unclean).sum()),
    )
    return starts[~(unclean | bare)], dropped


def _per_tile(mask: npt.NDArray[np.bool_], size: int) -> Positions:
    full = len(mask) // size
    counts: Positions = mask[: full * size].reshape(full, size).sum(axis=1, dtype=np.int64)
    return counts


def _per_window(counts: Positions, first: Positions, tiles: int) -> Positions:
    """The sum of counts per tile over windows of so many tiles."""
    if tiles == 1:
        return counts[first]
    below = np.concatenate([[0], np.cumsum(counts)])
    found: Positions = below[first + tiles] - below[first]
    return found
