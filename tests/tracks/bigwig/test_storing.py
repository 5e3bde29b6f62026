"""Values made absent, averaged and rounded in one pass are those of NumPy's steps, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from regtrack.errors import TrackError
from regtrack.tracks.bigwig.encode import encode_places, encode_rows
from regtrack.tracks.bigwig.places import Places
from regtrack.tracks.bigwig.rounding import average, round_mantissa
from regtrack.tracks.bigwig.storing import store_rows


@pytest.mark.parametrize("keep_bits", [1, 7, 23])
@pytest.mark.parametrize("resolution", [1, 2, 7, 8, 10, 25, 127, 128, 129, 1_000])
def test_rows_are_stored_as_by_numpy(resolution: int, keep_bits: int) -> None:
    random = np.random.default_rng([resolution, keep_bits])
    sizes = random.choice([1, 1e-6, -1, 1e30], (3, 4_321))
    values = (random.random((3, 4_321)) ** 8 * sizes).astype(np.float32)
    values[0, ::97], values[1, ::91] = np.finfo(np.float32).max, np.inf
    given = values.copy()
    for share in (0.05, 0.95, 1.0):
        present = random.random(4_321) < share
        stored, broken = store_rows(values, present, resolution=resolution, keep_bits=keep_bits)
        assert broken == -1
        assert np.array_equal(values, given)
        if resolution == 1:
            wide = np.pad(values, ((0, 0), (3, 5)))[:, 3:-5]  # rows with something between them
            own, _ = store_rows(wide, present, keep_bits=keep_bits, in_place=True)
            assert np.shares_memory(own, wide)
            assert np.array_equal(own.view("u4"), stored.view("u4"))
        for row, found in zip(given, stored, strict=True):
            with np.errstate(invalid="ignore", over="ignore"):
                expected = average(np.where(present, row, np.float32(np.nan)), resolution).copy()
            round_mantissa(expected, keep_bits)
            absent = np.isnan(expected)
            assert np.array_equal(np.isnan(found), absent)
            assert np.array_equal(found[~absent].view("u4"), expected[~absent].view("u4"))


@pytest.mark.parametrize("resolution", [1, 10, 500])
def test_the_first_base_that_is_nan_without_being_absent_is_found(resolution: int) -> None:
    values = np.zeros((3, 2_000), np.float32)
    present = np.ones(2_000, bool)
    present[100:200] = False
    values[0, 150] = values[1, 1_700] = values[2, 1_234] = np.nan
    assert store_rows(values, present, resolution=resolution)[1] == 1_234
    assert store_rows(values[:1], present, resolution=resolution)[1] == -1
    with pytest.raises(TrackError, match="keep_bits"):
        store_rows(values, present, keep_bits=0)


@pytest.mark.parametrize("resolution", [1, 25])
def test_rows_encoded_together_are_as_encoded_alone(resolution: int) -> None:
    """Of several stretches, with gaps, equal runs, and a last value that covers fewer bases."""
    places = Places(
        np.array([0, 0, 2]), np.array([0, 5_000, 100]) * resolution,
        np.array([4_000, 40_000, 900]) * resolution - np.array([0, 0, resolution // 2]),
        resolution,
    )  # fmt: skip
    rows = np.random.default_rng(0).random((5, places.edges[-1]), np.float32)
    rows[1, 1_000:30_000:2] = np.nan
    rows[2, 3_000:25_000] = 0.5
    rows[3] = np.nan
    together = encode_rows(places, rows)
    for row, found in zip(rows, together, strict=True):
        alone = encode_places(places, row)
        assert b"".join(found.data) == b"".join(alone.data)
        assert np.array_equal(found.blocks, alone.blocks)
        assert np.array_equal(found.bins, alone.bins)
        assert (found.largest, found.size) == (alone.largest, alone.size)
