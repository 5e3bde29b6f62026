"""Peaks as rows of label tiles: cut at tile borders, added by marker, written by tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from regtrack.dataset.array_file import ArrayFile
from regtrack.dataset.format import OFFSET, OFFSETS_FILE, ROW, ROWS_FILE, TILE, tile_counts
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals, Positions

_Tiles = npt.NDArray[np.uint32]
_Rows = npt.NDArray[np.void]


def cut(found: Intervals) -> tuple[Positions, Positions, Positions]:
    """Cut intervals at tile borders.

    Returns:
        Per piece, in order (n,): tile index, start and end within the tile (bp, end 1 to `TILE`).

    >>> cut(Intervals.merged([10, 24_990], [20, 50_001]))
    (array([0, 0, 1, 2]), array([   10, 24990,     0,     0]), array([   20, 25000, 25000,     1]))
    """
    starts, ends = found.starts, found.ends
    first, last = starts // TILE, (ends - 1) // TILE
    pieces = last - first + 1
    source = np.repeat(np.arange(len(starts)), pieces)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    tile = first[source] + nth
    low = np.maximum(starts[source] - tile * TILE, 0)
    high = np.minimum(ends[source] - tile * TILE, TILE)
    return tile, low, high


class RowTable:
    """Rows of many markers, 10 bytes each in memory until `write` sorts them into tiles.

    Markers must be added in order, which is the order of the rows within a tile.
    """

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._added: dict[str, list[tuple[_Tiles, _Rows]]] = {name: [] for name in assembly.names}

    def add(self, marker: int, by_chrom: Mapping[str, Intervals]) -> None:
        """Add a marker's labelled bases on chromosomes of the assembly."""
        for chrom, found in by_chrom.items():
            tile, low, high = cut(found)
            rows = np.empty(len(tile), dtype=ROW)
            rows["marker"], rows["start"], rows["end"] = marker, low, high
            self._added[chrom].append((tile.astype(np.uint32), rows))

    def write(self, folder: Path) -> None:
        """Write the rows sorted by tile, marker and start, and the offset of each tile's rows.

        Sorts one chromosome at a time.
        """
        begin = 0
        with (
            ArrayFile(folder / ROWS_FILE, ROW) as rows_file,
            ArrayFile(folder / OFFSETS_FILE, OFFSET) as offsets_file,
        ):
            offsets_file.append(np.zeros(1, OFFSET))
            for chrom, tiles in zip(self._assembly.names, tile_counts(self._assembly), strict=True):
                tile, rows = _joined(self._added[chrom])
                # stable: keeps markers and starts in order within a tile
                rows_file.append(rows[np.argsort(tile, kind="stable")])
                ends = begin + np.cumsum(np.bincount(tile, minlength=tiles))
                offsets_file.append(ends)
                begin = int(ends[-1])


def _joined(added: Sequence[tuple[_Tiles, _Rows]]) -> tuple[_Tiles, _Rows]:
    if not added:
        return np.empty(0, np.uint32), np.empty(0, ROW)
    return np.concatenate([tile for tile, _ in added]), np.concatenate([rows for _, rows in added])
