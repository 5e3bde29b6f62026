"""Bins, checked against sums over bases."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from bigwig_tracks import pieces
from hypothesis import given, settings, strategies as st

from regtrack.tracks.bigwig.bins import BIN, first_reduction, zoom_reductions
from regtrack.tracks.bigwig.merging import merge_bins, zoom_records
from regtrack.tracks.bigwig.places import Places
from regtrack.tracks.bigwig.summarise import bin_values


def by_hand(bases: np.ndarray, start: int, reduction: int) -> list[tuple[float, ...]]:
    """(start, valid, min, max, sum, sum of squares) of each bin that has a value."""
    rows: list[tuple[float, ...]] = []
    for low in range(start // reduction * reduction, start + len(bases), reduction):
        part = bases[max(low - start, 0) : low + reduction - start].astype(np.float64)
        part = part[~np.isnan(part)]
        if len(part):
            squares = math.fsum(part**2)
            rows.append((low, len(part), part.min(), part.max(), math.fsum(part), squares))
    return rows


@settings(deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 3000), st.integers(0, 500),
    st.sampled_from([1, 3, 10, 200]), st.data(),
)  # fmt: skip
def test_bins_are_sums_over_bases(
    seed: int, count: int, lead: int, resolution: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=count).astype(np.float32)
    values[np.isnan(pieces(rng, count))] = np.nan
    start = lead * resolution
    short = data.draw(st.integers(0, resolution - 1))
    end = start + count * resolution - short
    reduction = first_reduction(resolution)
    bins = bin_values(values, Places.one(2, start, end, resolution), reduction)
    assert set(bins["chrom"]) <= {2}
    bases = np.repeat(values, resolution)[: end - start]
    expected = np.array(by_hand(bases, start, reduction)).reshape(-1, 6)
    for column, name in enumerate((BIN.names or ())[1:]):
        tolerance = {"sum": 1e-12 * reduction, "squares": 1e-12 * reduction}.get(name, 0)
        np.testing.assert_allclose(bins[name], expected[:, column], rtol=1e-13, atol=tolerance)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 4000), max_size=6))
def test_merged_bins_do_not_depend_on_cuts(seed: int, cuts: list[int]) -> None:
    values = pieces(np.random.default_rng(seed), 4000)
    edges = [0, *sorted(cuts), 4000]
    parts = [
        bin_values(values[low:high], Places.one(0, low, high), 128) for low, high in pairwise(edges)
    ]
    whole = merge_bins(bin_values(values, Places.one(0, 0, 4000), 128), 512)
    cut = merge_bins(np.concatenate(parts), 512)
    for name in ("start", "valid", "min", "max"):
        assert (whole[name] == cut[name]).all()
    for name in ("sum", "squares"):
        scale = np.sqrt(whole["valid"] * whole["squares"]) if name == "sum" else whole[name]
        assert (np.abs(whole[name] - cut[name]) <= 1e-12 * scale).all()


@pytest.mark.parametrize("reduction", [125, 130, 25])
def test_bins_must_be_a_multiple_of_four_values(reduction: int) -> None:
    with pytest.raises(ValueError, match=f"bins of {reduction} bp; expected 25 bp times"):
        bin_values(np.ones(9, np.float32), Places.one(0, 0, 225, 25), reduction)


@pytest.mark.parametrize(
    ("resolution", "values"),
    [(1, 128), (2, 128), (25, 128), (33, 128), (1000, 128), (33_554_431, 128), (33_554_432, 64),
     (10**8, 32), (5 * 10**8, 8), (10**9, 4)],
)  # fmt: skip
def test_bins_of_the_first_level_have_128_values_if_a_file_can_hold_them(
    resolution: int, values: int
) -> None:
    assert first_reduction(resolution) == values * resolution < 2**32


def test_levels_differ_by_a_factor_of_4_and_are_never_missing() -> None:
    assert zoom_reductions(1, 1) == [128]
    levels = zoom_reductions(1, 248_956_422)
    assert all(b == 4 * a for a, b in pairwise(levels))
    assert 100 < 248_956_422 / levels[-1] < 1024
    assert len(zoom_reductions(1, 2**32 - 1)) <= 10


def test_records_stay_finite_and_within_the_chromosome() -> None:
    bins = np.zeros(2, dtype=BIN)
    bins["chrom"], bins["start"] = [1, 2], [0, 128]
    bins["valid"], bins["sum"] = [128, 72], [1e300, -1e300]
    records = zoom_records(bins, 128, np.array([100, 900, 200]))
    assert records["end"].tolist() == [128, 200]
    assert np.isfinite(records["sum"]).all()
    assert records["chrom"].tolist() == [1, 2]
