"""Which windows of a chromosome are kept, and why the others are dropped."""

from __future__ import annotations

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
    """

    short: int = 0
    n: int = 0
    excluded: int = 0
    multimap: int = 0

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
) -> tuple[Positions, Dropped]:
    """Tile a chromosome from base 0 and keep the windows that are clean enough.

    Args:
        codes: the whole chromosome, uint8 (L,).
        spec: length of a window and maximum fractions (Gupta and Rush 2017: 0.1 each).
        excluded: bases that count as N; default: none.
        multimapped: bases where reads map to several places, of which those that are N do not
            count; default: none.

    Returns:
        Starts (n,) of the kept windows, ascending (bp), and the number of dropped ones by reason.
    """
    full, rest = divmod(len(codes), spec.window)
    unread = codes == N
    shared = multimapped or Intervals.none()
    if len(shared):
        shared = Intervals.from_mask(shared.mask(0, len(codes)) & ~unread)
    too_shared = (
        shared.covered_per_tile(len(codes), spec.window)[:full] > spec.max_multimap * spec.window
    )
    too_n = _per_window(unread, spec.window) > spec.max_n * spec.window
    for start, end in excluded or ():
        unread[start:end] = True
    too_excluded = _per_window(unread, spec.window) > spec.max_n * spec.window
    starts = np.arange(full, dtype=np.int64) * spec.window
    dropped = Dropped(
        short=int(rest > 0),
        n=int(too_n.sum()),
        excluded=int((too_excluded & ~too_n).sum()),
        multimap=int((too_shared & ~too_excluded).sum()),
    )
    return starts[~(too_excluded | too_shared)], dropped


def _per_window(mask: npt.NDArray[np.bool_], window: int) -> Positions:
    full = len(mask) // window
    counts: Positions = mask[: full * window].reshape(full, window).sum(axis=1, dtype=np.int64)
    return counts
