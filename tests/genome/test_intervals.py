"""Interval arithmetic, checked against sets of bases."""

from __future__ import annotations

import pickle

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st

from regtrack.errors import RegionError
from regtrack.genome.intervals import Intervals
from regtrack.genome.tiling import tile

LENGTH = 60
Pairs = list[tuple[int, int]]

# within [0, LENGTH), in any order; they may overlap, touch, repeat and be empty
pairs = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(0, 20)).map(
        lambda p: (p[0], min(p[0] + p[1], LENGTH))
    ),
    max_size=12,
)
values = pairs.map(lambda found: Intervals.merged(*columns(found)))
places = st.integers(-5, LENGTH + 5)


def columns(found: Pairs) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    table = np.array(found, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def bases(found: Pairs | Intervals) -> set[int]:
    return {base for start, end in found for base in range(start, end)}


def of(held: set[int]) -> Intervals:
    """The value that holds a set of bases, built base by base."""
    found: list[list[int]] = []
    for base in sorted(held):
        if found and found[-1][1] == base:
            found[-1][1] = base + 1
        else:
            found.append([base, base + 1])
    return Intervals(*columns([(start, end) for start, end in found]))


@given(pairs)
def test_merged_holds_the_bases_and_leaves_gaps(found: Pairs) -> None:
    assert Intervals.merged(*columns(found)) == of(bases(found))


@given(values, values)
def test_equal_values_hold_the_same_bases(one: Intervals, other: Intervals) -> None:
    assert (one == other) == (bases(one) == bases(other))
    assert one == pickle.loads(pickle.dumps(one))
    assert one != "something else"


@pytest.mark.parametrize(
    ("starts", "ends", "message"),
    [
        ([5], [5], "are empty"),
        ([5, 0], [6, 1], "unsorted"),
        ([0, 4], [5, 9], "overlap"),
        ([0, 5], [5, 9], "touch"),
        ([0, 5], [3], "2 starts and 1 ends; expected equal numbers"),
        ([[0], [5]], [[3], [9]], "expected two columns of int64"),
        ([0.0], [1.0], "starts float64"),
    ],
)
def test_intervals_must_be_sorted_and_merged(
    starts: list[int], ends: list[int], message: str
) -> None:
    with pytest.raises(RegionError, match=message):
        Intervals(np.array(starts), np.array(ends))


@given(values)
def test_pairs_are_plain_integers_in_order(found: Intervals) -> None:
    listed = list(found)
    assert listed == sorted(listed)
    assert len(listed) == len(found)
    assert all(type(place) is int for pair in listed for place in pair)
    assert bool(found) == bool(listed)
    assert found.bases == len(bases(found))


@given(st.lists(values, max_size=4))
def test_union_holds_the_bases_of_every_value(found: list[Intervals]) -> None:
    assert Intervals.union(found) == of(set().union(*map(bases, found)))


@given(values)
def test_complement_holds_the_other_bases(found: Intervals) -> None:
    assert found.complement(LENGTH) == of(set(range(LENGTH)) - bases(found))


@given(values, places, places)
def test_clip_is_an_intersection(found: Intervals, low: int, high: int) -> None:
    assert found.clip(low, high) == of(bases(found) & set(range(low, high)))


@given(values, st.integers(-LENGTH, LENGTH))
def test_shift_moves_every_base(found: Intervals, by: int) -> None:
    assert found.shift(by) == of({base + by for base in bases(found)})


@given(values, st.integers(1, LENGTH + 5))
def test_tiles_are_the_tiles_that_hold_a_base(found: Intervals, size: int) -> None:
    assert found.tiles(size) == of({base // size for base in bases(found)})


@given(values, st.integers(1, 30))
def test_joined_fills_gaps_below_the_limit(found: Intervals, gap: int) -> None:
    filled = bases(found)
    for low, high in found.complement(LENGTH):
        if low > 0 and high < LENGTH and high - low < gap:
            filled |= set(range(low, high))
    if found:  # bases before the first interval and after the last are not gaps
        filled &= set(range(int(found.starts[0]), int(found.ends[-1])))
    assert found.joined(gap) == of(filled)


labelled = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=8)


@given(labelled, st.integers(1, 50))
def test_joined_intervals_cover_all_bases_and_keep_gaps_of_a_bin(
    found: list[tuple[int, int]], step: int
) -> None:
    labels = np.zeros(400, dtype=bool)
    for low, length in found:
        labels[low : low + length] = True
    joined = Intervals.from_mask(labels).joined(step)
    assert (joined.starts[1:] - joined.ends[:-1] >= step).all()
    assert (joined.mask(0, 400) | ~labels).all()
    assert labels[joined.starts].all()
    assert labels[joined.ends - 1].all()


@given(values, places, st.integers(0, LENGTH))
def test_mask_is_true_at_the_bases(found: Intervals, start: int, span: int) -> None:
    mask = found.mask(start, start + span)
    assert mask.tolist() == [base in bases(found) for base in range(start, start + span)]


@given(st.lists(st.booleans(), max_size=30), places)
def test_from_mask_holds_the_true_bases(mask: list[bool], start: int) -> None:
    found = Intervals.from_mask(np.array(mask, dtype=bool), start)
    assert found == of({start + index for index, held in enumerate(mask) if held})
    assert found.mask(start, start + len(mask)).tolist() == mask


@given(values, st.lists(places, max_size=8))
def test_covered_below_counts_bases(found: Intervals, positions: list[int]) -> None:
    counted = found.covered_below(np.array(positions, dtype=np.int64))
    assert counted.dtype == np.int64
    assert counted.tolist() == [sum(base < at for base in bases(found)) for at in positions]


@given(values, st.lists(st.integers(0, 4 * LENGTH), max_size=8))
def test_covered_below_counts_parts_of_bases(found: Intervals, quarters: list[int]) -> None:
    counted = found.covered_below(np.array(quarters, dtype=np.float64) / 4)
    expected = [sum(min(max(at / 4 - base, 0), 1) for base in bases(found)) for at in quarters]
    assert counted.tolist() == expected


@given(values, st.integers(1, LENGTH + 5), st.integers(1, LENGTH))
def test_covered_per_tile_counts_bases(found: Intervals, size: int, length: int) -> None:
    within = found.clip(0, length)
    tiles = zip(*tile(length, size), strict=True)
    expected = [len(bases(within) & set(range(start, end))) for start, end in tiles]
    assert within.covered_per_tile(length, size).tolist() == expected


@given(values, values)
def test_shared_with_counts_the_bases_of_both(one: Intervals, other: Intervals) -> None:
    assert one.shared_with(other) == len(bases(one) & bases(other))


@given(st.integers(1, 100), st.integers(1, 120))
def test_tiles_cover_every_base_once(length: int, size: int) -> None:
    starts, ends = tile(length, size)
    covered = [b for s, e in zip(starts, ends, strict=True) for b in range(s, e)]
    assert covered == list(range(length))
    assert (ends - starts <= size).all()


def test_overlapping_pairs_give_each_base_once() -> None:
    found = Intervals.merged([2, 4, 4, 30], [6, 5, 9, 40])
    assert np.flatnonzero(found.mask(3, 12)).tolist() == list(range(6))


def test_a_value_shows_its_first_intervals() -> None:
    starts = np.arange(6) * 10
    shown = "Intervals((0, 3), (10, 13), (20, 23), (30, 33), ... 2 more)"
    assert repr(Intervals(starts, starts + 3)) == shown
