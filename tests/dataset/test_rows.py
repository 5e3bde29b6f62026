"""Peaks cut into tiles cover the same bases, and are written in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings, strategies as st

from regtrack.dataset.format import OFFSETS_FILE, ROWS_FILE, TILE
from regtrack.dataset.rows import RowTable, cut
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals

# places near the borders of tiles, where cutting could go wrong
places = st.integers(0, 4).flatmap(
    lambda tile: st.integers(-3, 3).map(lambda by: max(tile * TILE + by, 0))
)
stretches = st.lists(st.tuples(places, places), max_size=6).map(
    lambda found: Intervals.merged([min(pair) for pair in found], [max(pair) + 1 for pair in found])
)


@settings(deadline=None)
@given(stretches)
def test_pieces_lie_in_their_tiles_and_join_to_what_was_cut(
    found: Intervals,
) -> None:
    tile, low, high = cut(found)
    assert ((low >= 0) & (low < high) & (high <= TILE)).all()
    assert Intervals.merged(tile * TILE + low, tile * TILE + high) == found
    assert (np.diff(tile * TILE + low) > 0).all()


@settings(deadline=None)
@given(st.lists(st.tuples(stretches, stretches), min_size=1, max_size=4))
def test_rows_are_sorted_by_tile_marker_and_start(
    tmp_path_factory: object, markers: list[tuple[Intervals, ...]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("rows")  # type: ignore[attr-defined]
    assembly = Assembly(("a", "b"), (5 * TILE, 4 * TILE + 1000))
    table = RowTable(assembly)
    expected = []
    for marker, found in enumerate(markers):
        by_chrom = dict(zip(assembly.names, found, strict=True))
        table.add(marker, by_chrom)
        for chrom, first in (("a", 0), ("b", 5)):
            for tile, low, high in zip(*cut(by_chrom[chrom]), strict=True):
                expected.append((first + tile, marker, low, high))
    table.write(folder)

    rows, offsets = np.load(folder / ROWS_FILE), np.load(folder / OFFSETS_FILE)
    assert len(rows) == offsets[-1]
    assert len(offsets) == 5 + 5 + 1
    tiles = np.repeat(np.arange(10), np.diff(offsets))
    found_rows = [(tile, *row.tolist()) for tile, row in zip(tiles.tolist(), rows, strict=True)]
    assert found_rows == sorted(expected)
