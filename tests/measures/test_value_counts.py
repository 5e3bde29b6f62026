"""Streamed correlations, ranks and curves, against SciPy, scikit-learn and `measure`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import pearsonr, rankdata, spearmanr

from regtrack.measures import moments as module, value_counts
from regtrack.measures.measure import correlate, measure
from regtrack.measures.moments import Moments
from regtrack.measures.value_counts import Ranks, ValueCounts, curve_of
from regtrack.tracks.bigwig.rounding import round_mantissa

Floats = npt.NDArray[np.float32]


def tracks(bits: int = 23, count: int = 20_000) -> Floats:
    """Three tracks that depend on each other, with ties."""
    random = np.random.default_rng(0)
    base = random.gamma(0.5, 1.0, count)
    values = np.stack([base, base**2 + random.random(count), random.normal(size=count)])
    values[1] = np.round(values[1], 2)
    found = values.astype(np.float32)
    round_mantissa(found, bits)
    return found


def fed(values: Floats, cuts: list[int]) -> Moments:
    found = Moments(len(values))
    for part in np.split(values, cuts, axis=1):
        found.add(part)
    return found.finish()


def test_correlations_are_those_of_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    values = tracks()
    monkeypatch.setattr(module, "_PIECE", 1_000)
    found = fed(values, [10, 700, 9_000])
    for one in range(3):
        for two in range(3):
            expected = pearsonr(values[one].astype(float), values[two].astype(float)).statistic
            assert found.correlation()[one, two] == pytest.approx(expected, abs=1e-13)
    np.testing.assert_allclose(found.mean, values.astype(float).mean(axis=1), rtol=1e-12)
    assert found.high.tolist() == values.max(axis=1).tolist()


@pytest.mark.parametrize("cuts", [[], [1], [999, 1_000, 1_001], list(range(0, 20_000, 777))])
def test_every_digit_is_the_same_however_values_are_fed(
    cuts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PIECE", 1_000)
    whole, parts = fed(tracks(), [5_000]), fed(tracks(), cuts)
    assert whole.correlation().tobytes() == parts.correlation().tobytes()
    assert whole.mean.tobytes() == parts.mean.tobytes()


def test_a_constant_track_has_no_correlation() -> None:
    found = fed(np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]], dtype=np.float32), [])
    assert np.isnan(found.correlation()[0]).all()
    assert found.correlation()[1, 1] == 1
    assert np.isnan(Moments(2).finish().correlation()).all()


@pytest.mark.parametrize("bits", [7, 23])
def test_ranks_are_those_of_scipy(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_counts, "_WAITING", 500)
    values = tracks(bits)
    ranks = Moments(3)
    rows = []
    for row in values:
        counts = ValueCounts()
        for part in np.split(row, [1, 40, 10_000]):
            counts.add(part)
        rows.append(Ranks(counts).of(row))
        np.testing.assert_array_equal(rows[-1], rankdata(row))
    ranks.add(np.stack(rows))
    expected = spearmanr(values.astype(float), axis=1).statistic
    np.testing.assert_allclose(ranks.finish().correlation(), expected, atol=1e-12)


@pytest.mark.parametrize("bits", [5, 23])
def test_curves_of_counts_have_every_digit_of_those_of_bases(bits: int) -> None:
    values = tracks(bits)[0]
    labels = np.random.default_rng(1).random(len(values)) < values / 8
    every, labelled = ValueCounts(), ValueCounts()
    for part in np.split(np.arange(len(values)), [300, 301, 7_000]):
        every.add(values[part])
        labelled.add(values[part][labels[part]])
    found, direct = curve_of(every, labelled), measure(values, labels)
    assert float(found.average_precision()) == direct.average_precision
    assert float(found.roc_auc()) == direct.roc_auc
    assert float(found.base_rate()) == direct.base_rate


def test_counts_of_chromosomes_add_up() -> None:
    one, two, both = ValueCounts(), ValueCounts(), ValueCounts()
    one.add(np.array([0.5, -1, 0.5], dtype=np.float32))
    two.add(np.array([0.5, -0.0, 0.0], dtype=np.float32))
    one.merge(two)
    both.add(np.array([0.5, 0.5, 0.5, -1, 0, 0], dtype=np.float32))
    for mine, theirs in zip(one.distinct(), both.distinct(), strict=True):
        assert mine.tolist() == theirs.tolist()
    assert Ranks(both).of(np.array([-1, 0, 0.5], dtype=np.float32)).tolist() == [1, 2.5, 5]


def test_correlate_leaves_absent_bases_out_and_is_the_streamed_number() -> None:
    values = tracks()
    gappy = values[0].copy()
    gappy[::7] = np.nan
    kept = ~np.isnan(gappy)
    assert correlate(gappy, values[1]) == fed(values[:2][:, kept], [123]).correlation()[0, 1]
    assert correlate(gappy[:1], values[1][:1]) is None
