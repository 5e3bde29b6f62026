"""The windows to rank and score: those of the dataset, else a tiling of the assembly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from regtrack.compare.sources import Sources
from regtrack.dataset.store import SPLITS, TILE
from regtrack.errors import DatasetError, invalid, nearest
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Positions
from regtrack.genome.tiling import tile_all

# bases read at once (bp): 4 MB per track
_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Windows that are read at once, on as many chromosomes as it takes.

    Attributes:
        windows: their indices, int64 (n,).
        first: where each begins in the bases of all, which follow each other, int64 (n,).
        places: the same bases: adjacent windows as one interval.
    """

    windows: Positions
    first: Positions
    places: tuple[Interval, ...]

    @property
    def bases(self) -> int:
        """Total length of the windows (bp)."""
        return sum(map(len, self.places))


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of one length, in order.

    Attributes:
        names: names of the chromosomes.
        chroms: index into the names, int64 (W,).
        starts: first base of each (bp), int64 (W,).
        ends: one past the last base (bp), int64 (W,); a chromosome's last window may be shorter.
        splits: index into `SPLITS`, or -1 without a split, int8 (W,).
        length: length of a window (bp).
    """

    names: tuple[str, ...]
    chroms: Positions
    starts: Positions
    ends: Positions
    splits: npt.NDArray[np.int8]
    length: int

    def __len__(self) -> int:
        return len(self.starts)

    def has_split(self, split: str) -> bool:
        """Whether a window is known to be in a split of `SPLITS`."""
        return bool((self.splits == SPLITS.index(split)).any())

    def chosen(self, split: str | None) -> Windows:
        """The windows of a split, or all windows if `split` is None.

        Raises:
            DatasetError: no such split, or no window in it.
        """
        if split is None:
            return self
        if split not in SPLITS:
            expected = f"{', '.join(SPLITS)}{nearest(split[:60], SPLITS)}"
            raise DatasetError(invalid("split", split[:60], expected))
        keep = np.flatnonzero(self.splits == SPLITS.index(split))
        if len(keep) == 0:
            raise DatasetError(
                f"no window is known to be in the {split} split; open a dataset as labels"
            )
        return self.take(keep)

    def take(self, numbers: Positions) -> Windows:
        """The windows of these indices, int64 (n,), in this order."""
        return replace(
            self,
            chroms=self.chroms[numbers],
            starts=self.starts[numbers],
            ends=self.ends[numbers],
            splits=self.splits[numbers],
        )

    def pieces(self) -> Iterator[Piece]:
        """The windows in groups of about a million bases each, in the order of bigWigs.

        That is bytewise by the chromosomes' names, so that a group lies together in a file.
        """
        names = self.names
        rank = np.empty(len(names), dtype=np.int64)
        rank[sorted(range(len(names)), key=lambda at: names[at].encode())] = np.arange(len(names))
        order = np.lexsort((self.starts, rank[self.chroms]))
        lengths = (self.ends - self.starts)[order]
        before = np.cumsum(lengths) - lengths
        edges = np.flatnonzero(np.diff(before // _AT_ONCE, prepend=-1, append=-1)).tolist()
        for low, high in pairwise(edges):
            yield self._piece(order[low:high], before[low:high] - before[low])

    def _piece(self, windows: Positions, first: Positions) -> Piece:
        chroms, starts, ends = (column[windows] for column in (self.chroms, self.starts, self.ends))
        apart = (starts[1:] != ends[:-1]) | (chroms[1:] != chroms[:-1])
        lows = np.flatnonzero(np.append(True, apart))
        highs = np.append(lows[1:], len(windows)) - 1
        named = [self.names[chrom] for chrom in chroms[lows].tolist()]
        sides = starts[lows].tolist(), ends[highs].tolist()
        return Piece(windows, first, tuple(map(Interval, named, *sides)))

    @property
    def bases(self) -> int:
        """Total length of the windows (bp)."""
        return int((self.ends - self.starts).sum())


def windows_of(sources: Sources) -> Windows:
    """The windows of the dataset, if there is one, else 25-kb windows over every chromosome."""
    if sources.dataset is not None:
        return _of_dataset(sources)
    chroms, starts, ends = tile_all(np.array(sources.assembly.lengths, dtype=np.int64), TILE)
    return Windows(
        names=sources.assembly.names,
        chroms=chroms,
        starts=starts,
        ends=ends,
        splits=np.full(len(chroms), -1, dtype=np.int8),
        length=TILE,
    )


def piece_labels(sources: Sources, marker: str, piece: Piece) -> npt.NDArray[np.bool_]:
    """Which bases of a piece are labelled, bool (bases,); raises as `Sources.labelled`."""
    found = (
        sources.labelled(marker, place.chrom, place.start, place.end).mask(place.start, place.end)
        for place in piece.places
    )
    return np.concatenate(list(found))


def _of_dataset(sources: Sources) -> Windows:
    """The dataset's windows on chromosomes that have tracks, under the names of the tracks.

    Of a window with labels in its middle alone that is the middle, so that no base counts twice.
    """
    dataset = sources.dataset
    assert dataset is not None
    names = [sources.assembly.resolve(name) for name in dataset.assembly.names]
    windows = dataset.windows
    shown = np.array([name is not None for name in names])[windows["chrom"]]
    windows = windows[shown]
    starts = windows["start"].astype(np.int64) + dataset.spec.crop
    length = dataset.spec.labelled
    return Windows(
        names=tuple(name or "" for name in names),
        chroms=windows["chrom"].astype(np.int64),
        starts=starts,
        ends=starts + length,
        splits=windows["split"].astype(np.int8),
        length=length,
    )
