"""Interval arithmetic against sets of bases."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from regtrack.genome import intervals
from regtrack.genome.intervals import Positions
from regtrack.genome.tiling import tile

LENGTH = 60
pairs = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 20)).map(
        lambda p: (p[0], min(p[0] + p[1], LENGTH))
    ),
    max_size=12,
)


def arrays(found: list[tuple[int, int]]) -> tuple[Positions, Positions]:
    table = np.array(found, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def bases(starts: Positions, ends: Positions) -> set[int]:
    return {b for s, e in zip(starts, ends, strict=True) for b in range(s, e)}


@given(pairs)
def test_merge_keeps_the_bases_and_leaves_gaps(found: list[tuple[int, int]]) -> None:
    starts, ends = intervals.merge(*arrays(found))
    assert bases(starts, ends) == bases(*arrays(found))
    assert (starts[1:] > ends[:-1]).all()
    assert (starts < ends).all()


@given(pairs)
def test_complement_is_the_rest(found: list[tuple[int, int]]) -> None:
    merged = intervals.merge(*arrays(found))
    rest = intervals.complement(*merged, LENGTH)
    assert bases(*rest) == set(range(LENGTH)) - bases(*merged)
    assert (rest[0] < rest[1]).all()


@given(pairs, st.integers(0, LENGTH), st.integers(0, LENGTH))
def test_clip_is_an_intersection(found: list[tuple[int, int]], low: int, high: int) -> None:
    merged = intervals.merge(*arrays(found))
    clipped = intervals.clip(*merged, low, high)
    assert bases(*clipped) == bases(*merged) & set(range(low, high))


@given(pairs, st.integers(1, LENGTH + 5), st.integers(1, LENGTH))
def test_covered_per_tile_counts_bases(
    found: list[tuple[int, int]], size: int, length: int
) -> None:
    merged = intervals.clip(*intervals.merge(*arrays(found)), 0, length)
    covered = bases(*merged)
    expected = [len(covered & set(range(s, e))) for s, e in zip(*tile(length, size), strict=True)]
    assert intervals.covered_per_tile(*merged, length, size).tolist() == expected


@given(st.integers(1, 100), st.integers(1, 120))
def test_tiles_cover_every_base_once(length: int, size: int) -> None:
    starts, ends = tile(length, size)
    covered = [b for s, e in zip(starts, ends, strict=True) for b in range(s, e)]
    assert covered == list(range(length))
    assert (ends - starts <= size).all()


@given(st.lists(st.booleans(), max_size=30))
def test_runs_are_where_the_mask_holds(mask: list[bool]) -> None:
    starts, ends = intervals.runs(np.array(mask, dtype=bool))
    assert bases(starts, ends) == {i for i, held in enumerate(mask) if held}
    assert (starts[1:] > ends[:-1]).all()
