"""Bins and bases of a track, checked against NumPy on the values that were written."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyBigWig
import pytest
from hypothesis import given, strategies as st
from small_tracks import write_bigwig

from regtrack.errors import RegionError, TrackError
from regtrack.tracks import binning
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.binning import base_values, bin_track

LENGTH = 400_000
Floats = npt.NDArray[np.float32]


def known_values() -> Floats:
    """Smooth noise with one long gap, many small ones, and runs of equal values."""
    random = np.random.default_rng(0)
    values = np.convolve(random.random(LENGTH), np.ones(50) / 50, "same").astype(np.float32)
    values[100_000:130_000] = np.nan
    values[200_000:210_000][random.random(10_000) < 0.3] = np.nan
    values[250_000:300_000] = values[250_000:300_000:1000].repeat(1000)
    return values


@pytest.fixture(scope="module")
def values() -> Floats:
    return known_values()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, values: Floats) -> Path:
    other = np.arange(5000, dtype=np.float32)
    found = tmp_path_factory.mktemp("binning") / "t.bw"
    return write_bigwig(found, {"chr2": values, "chr10": other})


def brute(values: Floats, start: int, end: int, count: int) -> tuple[Floats, Floats, Floats]:
    """Mean, maximum and minimum of the bins, one by one."""
    edges = [start + at * (end - start) // count for at in range(count + 1)]
    parts = [values[low:high] for low, high in pairwise(edges)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # for bins without a value
        found = [
            [function(part.astype(np.float64)) for part in parts]
            for function in (np.nanmean, np.nanmax, np.nanmin)
        ]
    mean, high, low = np.array(found, dtype=np.float32)
    return mean, high, low


@given(start=st.integers(0, LENGTH - 1), span=st.integers(1, 60_000), count=st.integers(1, 300))
def test_short_regions_are_exact(
    path: Path, values: Floats, start: int, span: int, count: int
) -> None:
    end = min(start + span, LENGTH)
    with RawBigWig(path) as raw:
        bins = bin_track(raw, "chr2", start, end, count)
    assert bins.exact
    assert bins.reduction == 0
    assert len(bins) == min(count, end - start)
    assert (bins.start, bins.step) == (start, (end - start) / len(bins))
    mean, high, low = brute(values, start, end, len(bins))
    np.testing.assert_allclose(bins.mean, mean, rtol=1e-6)
    np.testing.assert_array_equal(bins.high, high)
    np.testing.assert_array_equal(bins.low, low)


@pytest.mark.parametrize(("start", "count"), [(0, 400), (1_234, 317), (64, 781)])
def test_long_regions_come_from_a_zoom_level(
    path: Path, values: Floats, start: int, count: int
) -> None:
    end = LENGTH - 77
    with RawBigWig(path) as raw:
        bins = bin_track(raw, "chr2", start, end, count)
    assert not bins.exact
    assert 128 <= bins.reduction <= bins.step
    mean, high, low = brute(values, start, end, count)
    whole = ~np.isnan(mean) & ~np.isnan(bins.mean)
    # a record is divided evenly, so only bins near a gap can be present in one and not the other
    assert (np.isnan(mean) != np.isnan(bins.mean)).sum() <= 4
    np.testing.assert_allclose(bins.mean[whole], mean[whole], atol=0.1)
    assert np.corrcoef(bins.mean[whole], mean[whole])[0, 1] > 0.95
    # a record that touches a bin counts in full: no peak vanishes
    assert (bins.high[whole] >= high[whole]).all()
    assert (bins.low[whole] <= low[whole]).all()
    assert np.isnan(bins.mean[int((110_000 - start) / bins.step)])


def test_bins_of_whole_records_from_a_zoom_level_are_exact(
    path: Path, values: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binning, "EXACT_SPAN", 0)
    with RawBigWig(path) as raw:
        bins = bin_track(raw, "chr2", 0, 128 * 300, 100)
    assert bins.reduction == 128
    mean, high, low = brute(values, 0, 128 * 300, 100)
    np.testing.assert_allclose(bins.mean, mean, rtol=1e-6)
    np.testing.assert_array_equal(bins.high, high)
    np.testing.assert_array_equal(bins.low, low)


def test_bases_are_as_they_were_written(path: Path, values: Floats) -> None:
    with RawBigWig(path) as raw:
        np.testing.assert_array_equal(base_values(raw, "chr2", 0, LENGTH), values)
        np.testing.assert_array_equal(base_values(raw, "chr10", 7, 9), [7, 8])


def test_what_the_file_lacks_is_absent(path: Path) -> None:
    with RawBigWig(path) as raw:
        over = base_values(raw, "chr10", 4_998, 5_003)
        np.testing.assert_array_equal(over, [4998, 4999, np.nan, np.nan, np.nan])
        np.testing.assert_array_equal(base_values(raw, "10", 3, 5), [3, 4])
        assert np.isnan(bin_track(raw, "chrX", 0, 1000, 10).mean).all()
        far = bin_track(raw, "chrX", 0, 3_000_000, 10)
        assert np.isnan([far.mean, far.high, far.low]).all()


def test_empty_and_negative_regions_are_refused(path: Path) -> None:
    with RawBigWig(path) as raw:
        for start, end in [(5, 5), (9, 3), (-1, 5)]:
            with pytest.raises(RegionError, match="empty or negative"):
                bin_track(raw, "chr2", start, end, 10)
            with pytest.raises(RegionError, match="empty or negative"):
                base_values(raw, "chr2", start, end)
        with pytest.raises(RegionError, match="`count` is 0"):
            bin_track(raw, "chr2", 0, 10, 0)


def test_foreign_files_of_every_block_type(tmp_path: Path) -> None:
    found = tmp_path / "f.bw"
    handle = pyBigWig.open(str(found), "w")
    handle.addHeader([("c", 10_000)])
    handle.addEntries(["c", "c"], [5, 40], ends=[30, 41], values=[1.0, 2.0])
    handle.addEntries("c", [100, 110], values=[3.0, 4.0], span=3)
    handle.addEntries("c", 200, values=[5.0, 6.0, 7.0], span=2, step=5)
    handle.close()
    expected = np.full(10_000, np.nan, dtype=np.float32)
    for low, high, value in [
        (5, 30, 1), (40, 41, 2), (100, 103, 3), (110, 113, 4), (200, 202, 5), (205, 207, 6),
        (210, 212, 7),
    ]:  # fmt: skip
        expected[low:high] = value
    with RawBigWig(found) as raw:
        np.testing.assert_array_equal(base_values(raw, "c", 0, 10_000), expected)
        np.testing.assert_array_equal(base_values(raw, "c", 101, 206), expected[101:206])


def test_a_file_without_zoom_levels_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(1)
    values = random.random(9_000, dtype=np.float32)
    values[random.random(9_000) < 0.2] = np.nan
    found = tmp_path / "f.bw"
    handle = pyBigWig.open(str(found), "w")
    handle.addHeader([("c", 9_000)], maxZooms=0)
    handle.addEntries("c", 0, values=values, span=1, step=1)
    handle.close()
    monkeypatch.setattr(binning, "EXACT_SPAN", 1_000)
    monkeypatch.setattr(binning, "_WITHOUT_LEVEL", 1_000)
    monkeypatch.setattr(binning, "_AT_ONCE", 700)
    with RawBigWig(found) as raw:
        assert not raw.header.zooms
        bins = bin_track(raw, "c", 13, 8_990, 100)
    assert bins.exact
    mean, high, low = brute(values, 13, 8_990, 100)
    np.testing.assert_allclose(bins.mean, mean, rtol=1e-6)
    np.testing.assert_array_equal(bins.high, high)
    np.testing.assert_array_equal(bins.low, low)


def test_overlapping_values_are_refused_before_they_take_memory(tmp_path: Path) -> None:
    found = tmp_path / "f.bw"
    handle = pyBigWig.open(str(found), "w")
    handle.addHeader([("c", 10_000)])
    rows = {"ends": [9_000, 9_001, 9_002], "values": [1.0, 2.0, 3.0]}
    handle.addEntries(["c"] * 3, [0, 1, 2], **rows, validate=False)
    handle.close()
    with RawBigWig(found) as raw, pytest.raises(TrackError, match="overlapping values"):
        base_values(raw, "c", 0, 10_000)
