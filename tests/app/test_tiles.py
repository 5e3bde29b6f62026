"""What is read for a view, and what is kept of it."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from regtrack_app.tiles import MOST_BINS, Tile, read_tile, step_of, tile_of

from regtrack.genome.interval import Interval

LENGTH = 250_000_000


@given(st.integers(1, LENGTH))
def test_a_view_has_enough_bins_and_not_too_many(span: int) -> None:
    bins = span / step_of(span)
    assert bins <= MOST_BINS
    if step_of(span) > 1:
        assert bins >= MOST_BINS / 2


@given(st.integers(0, LENGTH - 20), st.integers(20, LENGTH))
def test_a_tile_holds_its_view_and_as_much_on_either_side(start: int, span: int) -> None:
    region = Interval("chr1", start, min(start + span, LENGTH))
    tile = tile_of(region, LENGTH)
    assert tile.serves(region, LENGTH)
    assert tile.start <= max(0, region.start - len(region))
    assert tile.end >= min(LENGTH, region.end + len(region))
    assert tile.start % tile.step == 0
    assert tile.bins <= 3 * MOST_BINS + 2 * 256
    assert read_tile(tile.text()) == tile


def test_a_small_pan_needs_no_data_and_a_zoom_does() -> None:
    tile = tile_of(Interval("chr1", 100_000, 125_000), LENGTH)
    assert tile.serves(Interval("chr1", 106_000, 131_000), LENGTH)
    assert not tile.serves(Interval("chr1", 160_000, 185_000), LENGTH)
    assert not tile.serves(Interval("chr1", 106_000, 110_000), LENGTH)
    assert not tile.serves(Interval("chr2", 106_000, 131_000), LENGTH)


def test_half_a_view_stays_on_either_side_except_at_the_ends() -> None:
    tile = Tile("chr1", 0, 75_000, step_of(25_000))
    assert tile.serves(Interval("chr1", 0, 25_000), LENGTH)
    assert tile.serves(Interval("chr1", 37_500, 62_500), LENGTH)
    assert not tile.serves(Interval("chr1", 37_501, 62_501), LENGTH)
    assert tile.serves(Interval("chr1", 50_000, 75_000), 75_000)


def test_views_that_overlap_share_their_tiles() -> None:
    tiles = {tile_of(Interval("chr1", start, start + 25_000), LENGTH)
             for start in range(100_000, 104_000, 100)}  # fmt: skip
    assert len(tiles) <= 3


@pytest.mark.parametrize(
    "text", ["", "chr1", "chr1:1-2", "chr1:5-2/1", "chr1:1-2/0", "a:b-c/d", "x/1"]
)
def test_what_is_no_tile_is_none(text: str) -> None:
    assert read_tile(text) is None


def test_names_with_colons_are_read_back() -> None:
    tile = Tile("HLA:01", 0, 100, 2)
    assert read_tile(tile.text()) == tile
