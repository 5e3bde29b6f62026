"""Bins of floats, checked against their definition by logarithms, in NumPy and in torch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from regtrack.measures.bins import FloatBins, sort_keys
from regtrack.measures.counting import count_rows

LOGITS = FloatBins(fraction_bits=8, nearest=-16, farthest=4)
ANY = FloatBins(fraction_bits=9, nearest=-126, farthest=128)
FLOATS = st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=30)


def by_definition(value: float, bins: FloatBins) -> int:
    """The bin of a value, computed from its exponent and fraction."""
    size = abs(value)
    if size < 2.0**bins.nearest:
        return bins.side
    if size >= 2.0**bins.farthest if bins.farthest < 128 else math.isinf(size):
        steps = bins.side
    else:
        fraction, exponent = math.frexp(size)
        within = math.floor((2 * fraction - 1) * 2**bins.fraction_bits)
        steps = ((exponent - 1 - bins.nearest) << bins.fraction_bits) + within + 1
    return bins.side + (-steps if value < 0 else steps)


@pytest.mark.parametrize("bins", [LOGITS, ANY])
@given(values=FLOATS)
def test_each_value_falls_into_its_bin(bins: FloatBins, values: list[float]) -> None:
    found = bins.of_values(np.array(values, dtype=np.float32))
    assert found.dtype == np.int32
    assert found.tolist() == [min(by_definition(v, bins), bins.count - 1) for v in values]


@pytest.mark.parametrize("bins", [LOGITS, ANY])
@given(values=FLOATS)
def test_torch_bins_as_numpy_does(bins: FloatBins, values: list[float]) -> None:
    floats = np.array(values, dtype=np.float32)
    found = bins.of_bits(torch.from_numpy(floats).view(torch.int32))
    assert found.dtype == torch.int32
    np.testing.assert_array_equal(found.numpy(), bins.of_values(floats))
    np.testing.assert_array_equal(floats, np.array(values, dtype=np.float32))  # unchanged


@pytest.mark.parametrize("bins", [LOGITS, ANY])
@given(values=FLOATS)
def test_rows_are_counted_in_these_bins(bins: FloatBins, values: list[float]) -> None:
    rows = np.array([values, values[::-1]], dtype=np.float32)
    labels = (np.arange(rows.size) % 3 == 0).reshape(rows.shape).astype(np.uint8)
    counted = np.arange(len(values)) % 4 != 1
    counts = np.ones((2, 2, bins.count), np.int64)
    assert not count_rows(bins, rows, np.zeros(2, np.float32), labels, counted, counts)
    expected = np.ones_like(counts)
    for row, number in ((row, at) for row in (0, 1) for at in np.flatnonzero(counted).tolist()):
        place = min(by_definition(float(rows[row, number]), bins), bins.count - 1)
        expected[row, labels[row, number], place] += 1
    np.testing.assert_array_equal(counts, expected)


@pytest.mark.parametrize("bins", [LOGITS, ANY])
def test_bins_cover_their_range_in_ascending_order(bins: FloatBins) -> None:
    ends = np.array([-np.inf, -(2.0**bins.nearest), 0, -0.0, 2.0**bins.nearest, np.inf], np.float32)
    middle = bins.side
    expected = [0, middle - 1, middle, middle, middle + 1, bins.count - 1]
    assert bins.of_values(ends).tolist() == expected
    steps = np.sort(np.random.default_rng(0).normal(0, 3, 10_000).astype(np.float32))
    assert (np.diff(bins.of_values(steps)) >= 0).all()


def test_values_of_seven_bits_have_a_bin_each() -> None:
    """Each value that the sweep's default rounding can yield falls into a separate bin."""
    bits = np.arange(0, 127 << 23 | 1, 1 << 16, dtype=np.uint32)
    scores = bits.view(np.float32)
    scores = scores[(scores == 0) | (scores >= 2.0**-126)]
    assert len(np.unique(ANY.of_values(scores))) == len(scores) > 16_000


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=30))
def test_keys_sort_as_the_floats_do(values: list[float]) -> None:
    floats = np.array(values, dtype=np.float32)
    keys = sort_keys(floats)
    np.testing.assert_array_equal(keys[:, None] < keys, floats[:, None] < floats)


@pytest.mark.parametrize("bins", [LOGITS, FloatBins(fraction_bits=3, nearest=-3, farthest=2)])
def test_the_lowest_value_and_the_middle_of_a_bin_are_in_it(bins: FloatBins) -> None:
    numbers = list(range(bins.count))
    lowest = bins.lowest[1:].astype(np.float32)
    assert bins.of_values(bins.middles.astype(np.float32)).tolist() == numbers
    assert bins.of_values(lowest).tolist() == numbers[1:]
    assert bins.of_values(np.nextafter(lowest, np.float32(-np.inf))).tolist() == numbers[:-1]
    assert bins.lowest[0] == -np.inf
