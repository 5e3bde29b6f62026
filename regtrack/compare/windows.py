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
from regtrack.genome.intervals import Positions
from regtrack.genome.tiling import tile

# windows read at once: 1 Mb of 25-kb windows, 4 MB per track
_AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class Piece:
    """Adjacent windows, read at once.

    Attributes:
        windows: their indices.
        chrom: the chromosome.
        start: first base of the first window (bp).
        end: one past the last base of the last window (bp).
    """

    windows: slice
    chrom: str
    start: int
    end: int


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
        """The windows in groups of adjacent ones, of up to a million bases each."""
        breaks = (self.starts[1:] != self.ends[:-1]) | (self.chroms[1:] != self.chroms[:-1])
        edges = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(self)]
        for low, high in pairwise(edges):
            for first in range(low, high, _AT_ONCE):
                last = min(first + _AT_ONCE, high)
                chrom = self.names[self.chroms[first]]
                start, end = int(self.starts[first]), int(self.ends[last - 1])
                yield Piece(slice(first, last), chrom, start, end)

    @property
    def bases(self) -> int:
        """Total length of the windows (bp)."""
        return int((self.ends - self.starts).sum())


def windows_of(sources: Sources) -> Windows:
    """The windows of the dataset, if there is one, else 25-kb windows over every chromosome."""
    if sources.dataset is not None:
        return _of_dataset(sources)
    tiles = [tile(length, TILE) for length in sources.assembly.lengths]
    counts = [len(starts) for starts, _ in tiles]
    return Windows(
        names=sources.assembly.names,
        chroms=np.repeat(np.arange(len(tiles)), counts),
        starts=np.concatenate([starts for starts, _ in tiles]),
        ends=np.concatenate([ends for _, ends in tiles]),
        splits=np.full(sum(counts), -1, dtype=np.int8),
        length=TILE,
    )


def piece_labels(sources: Sources, marker: str, piece: Piece) -> npt.NDArray[np.bool_]:
    """Which bases of a piece are labelled, bool (end - start,); raises as `Sources.labelled`."""
    found = sources.labelled(marker, piece.chrom, piece.start, piece.end)
    return found.mask(piece.start, piece.end)


def _of_dataset(sources: Sources) -> Windows:
    """The dataset's windows on chromosomes that have tracks, under the names of the tracks."""
    dataset = sources.dataset
    assert dataset is not None
    names = [sources.assembly.resolve(name) for name in dataset.assembly.names]
    windows = dataset.windows
    shown = np.array([name is not None for name in names])[windows["chrom"]]
    windows = windows[shown]
    starts = windows["start"].astype(np.int64)
    return Windows(
        names=tuple(name or "" for name in names),
        chroms=windows["chrom"].astype(np.int64),
        starts=starts,
        ends=starts + dataset.window,
        splits=windows["split"].astype(np.int8),
        length=dataset.window,
    )
