"""All of a chromosome in columns of some kilobases, kept for first pictures of any view there."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt

from regtrack.compare.runs import Runs
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.summaries import Grid

_WIDEST, _NARROWEST = 1_000, 32_768  # columns of a chromosome, at most
_TIMES = 4  # wider is each zoom level of our files than the one before
_PIECE = 4_096  # columns that are read at once


def wide_steps(length: int, finest: int) -> list[int]:
    """Widths of the columns that are kept of a chromosome, from the widest (bp).

    All but the widest, which is that of a view of the whole chromosome, are those of zoom levels.

    Args:
        length: of the chromosome (bp).
        finest: width of the finest zoom records (bp).

    >>> wide_steps(248_956_422, 128)
    [262144, 131072, 32768, 8192]
    """
    widest = step = finest
    while widest * _WIDEST < length:
        widest *= 2
    while step * _NARROWEST < length:
        step *= _TIMES
    steps = [widest]
    while step < widest:
        steps.append(step)
        step *= _TIMES
    return sorted(steps, reverse=True)


def wide_pieces(chrom: str, length: int, finest: int, at: int) -> list[Grid]:
    """The grids that are read for a chromosome: the widest columns first, then the nearest ones.

    Args:
        chrom: its name.
        length: its length (bp).
        finest: as in `wide_steps`.
        at: the base to be near to.
    """
    pieces = []
    for step in wide_steps(length, finest):
        columns = -(-length // step)
        of_step = [
            Grid(chrom, first * step, step, min(_PIECE, columns - first))
            for first in range(0, columns, _PIECE)
        ]
        pieces += sorted(of_step, key=lambda one: abs((one.start + one.end) // 2 - at))
    return pieces


class WideColumns:
    """The latest pieces in half of their bytes, so that values are true to 0.4 %; thread-safe.

    Args:
        room: bytes to keep.
    """

    def __init__(self, room: int) -> None:
        self._runs = Runs(room)

    def put(self, key: Hashable, grid: Grid, values: Values) -> None:
        """Keep the columns of a grid, float32 (rows, columns)."""
        self._runs.put((key, grid.chrom, grid.step), grid.start // grid.step, _halved(values))

    def has(self, key: Hashable, grid: Grid) -> bool:
        """Whether all columns of a grid are known."""
        return self._runs.has((key, grid.chrom, grid.step), grid.start // grid.step, grid.columns)

    def fill(self, key: Hashable, grid: Grid, found: Values) -> None:
        """Copy the columns of a grid, all of which are known, to float32 (rows, columns)."""
        halves = np.empty(found.shape, dtype=np.uint16)
        self._runs.fill((key, grid.chrom, grid.step), grid.start // grid.step, halves)
        found[:] = _whole(halves)


def _halved(values: Values) -> npt.NDArray[np.uint16]:
    """The upper halves of float32 numbers, rounded; they keep sign, exponent and seven bits."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits.astype(np.uint64) + 0x8000) >> 16).astype(np.uint16)


def _whole(halves: npt.NDArray[np.uint16]) -> Values:
    return (halves.astype(np.uint32) << 16).view(np.float32)
