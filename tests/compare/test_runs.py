"""Runs of columns: what is put together of them, and what is kept."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from regtrack.compare.runs import Runs

TRUTH = np.arange(3 * 200, dtype=np.float32).reshape(3, 200)
STRETCHES = st.tuples(st.integers(0, 180), st.integers(1, 20))


@given(st.lists(STRETCHES, max_size=8), st.integers(0, 150), st.integers(1, 50))
def test_what_is_known_is_copied_and_what_is_not_is_said(
    put: list[tuple[int, int]], first: int, count: int
) -> None:
    runs, known = Runs(1 << 20), np.zeros(200, dtype=np.bool_)
    for start, length in put:
        runs.put("a", start, TRUTH[:, start : start + length])
        runs.put("b", start, -TRUTH[:, start : start + length])
        known[start : start + length] = True
    found = np.full((3, count), np.nan, dtype=np.float32)
    missing = runs.fill("a", first, found)
    here = slice(first, first + count)
    np.testing.assert_array_equal(missing, ~known[here])
    np.testing.assert_array_equal(found[:, ~missing], TRUTH[:, here][:, ~missing])
    assert np.isnan(found[:, missing]).all()
    assert runs.has("a", first, count) == known[here].all()


def test_a_run_takes_the_place_of_those_within_it() -> None:
    runs = Runs(1 << 20)
    for start, end in ((10, 20), (30, 40), (35, 60), (0, 50)):
        runs.put("a", start, TRUTH[:, start:end])
    assert len(runs) == 2


def test_the_least_recently_used_runs_make_room() -> None:
    runs = Runs(3 * 3 * 10 * 4)
    for start in (0, 10, 20):
        runs.put("a", start, TRUTH[:, start : start + 10])
    runs.fill("a", 0, np.empty((3, 10), dtype=np.float32))
    runs.put("a", 30, TRUTH[:, 30:40])
    missing = runs.fill("a", 0, np.empty((3, 40), dtype=np.float32))
    assert [bool(missing[at]) for at in (0, 10, 20, 30)] == [False, True, False, False]
