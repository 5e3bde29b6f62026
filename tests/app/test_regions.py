"""Moving and zooming keep a region on its chromosome, and long enough to see."""

from __future__ import annotations

from hypothesis import given, strategies as st
from regtrack_app.regions import SHORTEST, between

from regtrack.genome.interval import Interval

regions = st.tuples(
    st.integers(0, 100_000 - SHORTEST), st.integers(SHORTEST, 100_000)
).map(lambda at: Interval("chr1", at[0], min(at[0] + at[1], 100_000)))  # fmt: skip


@given(regions, st.floats(-5, 5), st.floats(0.01, 100))
def test_moving_stays_on_the_chromosome(region: Interval, share: float, factor: float) -> None:
    low, high = region.start + share * len(region), region.end + share * len(region)
    for widened in (1.0, factor):
        moved = between("chr1", low, low + (high - low) * widened, 100_000)
        assert 0 <= moved.start < moved.end <= 100_000
        assert len(moved) >= SHORTEST


@given(regions, st.integers(-200_000, 200_000))
def test_a_shift_keeps_the_length(region: Interval, step: int) -> None:
    moved = between("chr1", region.start + step, region.end + step, 100_000)
    assert len(moved) == len(region)


def test_a_reversed_range_is_turned() -> None:
    assert between("chr1", 300.2, 99.7, 1_000) == Interval("chr1", 100, 300)
