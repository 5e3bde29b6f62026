"""Rounding and averaging, checked by exact arithmetic."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from regtrack.errors import TrackError
from regtrack.tracks.bigwig.rounding import average, round_mantissa

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def rounded(values: list[float], keep_bits: int) -> np.ndarray:
    array = np.array(values, dtype=np.float32)
    round_mantissa(array, keep_bits)
    return array


def nearest(value: float, keep_bits: int) -> Fraction:
    """The nearest number with so many bits of mantissa; ties to even."""
    if value == 0:
        return Fraction(0)
    exponent = max(math.frexp(value)[1] - 1, -126)  # subnormal numbers share the least one
    step = Fraction(2) ** (exponent - keep_bits)
    return round(Fraction(value) / step) * step


@settings(deadline=None)
@given(finite, st.integers(1, 23))
def test_rounds_to_nearest_even(value: float, keep_bits: int) -> None:
    found = float(rounded([value], keep_bits)[0])
    largest = (2 - Fraction(1, 2**keep_bits)) * Fraction(2) ** 127
    expected = max(-largest, min(largest, nearest(value, keep_bits)))
    assert Fraction(found) == expected
    assert math.copysign(1, found) == math.copysign(1, value)


def test_23_bits_change_nothing() -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 1000, dtype=np.uint32)
    values = bits.view(np.float32).copy()
    round_mantissa(values, 23)
    assert (values.view(np.uint32) == bits).all()


@settings(deadline=None)
@given(st.integers(1, 23))
def test_nan_and_infinity_stay_bit_for_bit(keep_bits: int) -> None:
    bits = np.array(
        [0x7F800000, 0xFF800000, 0x7FC00000, 0xFFFFFFFF, 0x7F800001, 0x7FFFFFFF], dtype=np.uint32
    )
    values = bits.view(np.float32).copy()
    round_mantissa(values, keep_bits)
    assert (values.view(np.uint32) == bits).all()


def test_probabilities_stay_probabilities() -> None:
    top = np.nextafter(np.float32(1), np.float32(0))
    assert rounded([0.0, 1.0, top, 1e-30], 7)[:3].tolist() == [0.0, 1.0, 1.0]
    assert rounded([1e-30], 7)[0] > 0


def test_is_in_place_over_any_shape_and_many_blocks() -> None:
    values = np.random.default_rng(1).random((3, 70_001), dtype=np.float32)
    expected = np.array([rounded(row.tolist(), 5) for row in values])
    round_mantissa(values, 5)
    assert (values == expected).all()


def test_invalid_bits_and_arrays_are_refused() -> None:
    for keep_bits in (0, 24, 7.5):
        with pytest.raises(TrackError, match=f"`keep_bits` is {keep_bits}; expected 1 to 23"):
            round_mantissa(np.zeros(3, dtype=np.float32), keep_bits)
    with pytest.raises(ValueError, match="contiguous"):
        round_mantissa(np.zeros((4, 4), dtype=np.float32)[:, :3], 5)
    frozen = np.zeros(3, dtype=np.float32)
    frozen.setflags(write=False)
    with pytest.raises(ValueError, match="writeable"):
        round_mantissa(frozen, 5)


def test_empty_arrays_and_whole_floats_as_bits_are_accepted() -> None:
    nothing = np.empty(0, dtype=np.float32)
    round_mantissa(nothing, 7)
    values = np.array([0.1], dtype=np.float32)
    round_mantissa(values, 7.0)  # type: ignore[arg-type]
    assert values[0] == rounded([0.1], 7)[0]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1, width=32)), max_size=60), st.integers(1, 25))
def test_average_is_the_mean_of_present_values(values: list[float | None], resolution: int) -> None:
    array = np.array([np.nan if v is None else v for v in values], dtype=np.float32)
    found = average(array, resolution)
    groups = [array[at : at + resolution] for at in range(0, len(array), resolution)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # for means of no values
        expected = [np.nanmean(group, dtype=np.float64) for group in groups]
    assert found.dtype == np.float32
    assert np.array_equal(found, np.array(expected, dtype=np.float32), equal_nan=True)
