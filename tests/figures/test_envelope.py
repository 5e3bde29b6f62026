"""Bins whose extremes and bars lose nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, strategies as st

from regtrack.figures.envelope import bin_edges, coarse_runs, envelope

numbers = st.floats(-100, 100, width=32) | st.just(float("nan"))


@given(st.lists(numbers, min_size=1, max_size=80), st.integers(1, 100))
def test_the_extremes_are_those_of_each_bin(found: list[float], bins: int) -> None:
    values = np.array(found, np.float32)
    drawn = envelope(values, bins)
    assert drawn.edges[0] == 0
    assert drawn.edges[-1] == len(values)
    pairs = zip(drawn.edges[:-1], drawn.edges[1:], strict=True)
    for (start, end), low, high in zip(pairs, drawn.lows, drawn.highs, strict=True):
        known = [0.0, *(value for value in values[start:end] if not np.isnan(value))]
        assert (low, high) == (min(known), max(known))


def test_extremes_are_taken_over_several_values_per_base() -> None:
    values = np.array([[1, -2, 0, 0], [3, 0, 0, -1]], np.float32)
    found = envelope(values, 1)
    assert (found.lows.tolist(), found.highs.tolist()) == ([-2], [3])


@given(st.lists(st.booleans(), min_size=1, max_size=80), st.integers(1, 100))
def test_bars_hold_every_base_and_no_bin_without_one(found: list[bool], bins: int) -> None:
    mask = np.array(found)
    edges = bin_edges(len(mask), bins)
    drawn = np.zeros(len(mask), bool)
    for start, end in coarse_runs(mask, bins):
        drawn[start:end] = True
    for start, end in pairwise(edges):
        assert drawn[start:end].all() == drawn[start:end].any() == mask[start:end].any()


def test_one_bin_per_base_is_the_data_itself() -> None:
    values = np.arange(5, dtype=np.float32)
    assert envelope(values, 5).highs.tolist() == values.tolist()
    assert bin_edges(5, 9).tolist() == [0, 1, 2, 3, 4, 5]
