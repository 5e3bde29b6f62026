"""Reliability, against scikit-learn's calibration curve and sums written out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from regtrack.measures.reliability import BINS, Reliability


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    scores = random.beta(0.4, 2.0, size=5_000)
    return scores, random.random(5_000) < scores**2


def test_it_is_the_calibration_curve_of_scikit_learn(scored: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = scored
    found = Reliability.of_values(scores, labels)
    fraction, mean = calibration_curve(labels, scores, n_bins=BINS)
    there = found.bases > 0
    np.testing.assert_allclose(found.fraction()[there], fraction)
    np.testing.assert_allclose(found.score()[there], mean)
    assert np.isnan(found.score()[~there]).all()


def test_its_error_is_the_mean_distance(scored: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = scored
    expected = 0.0
    for low in np.arange(BINS) / BINS:
        here = (scores >= low) & (scores < low + 1 / BINS)
        if here.any():
            expected += here.mean() * abs(scores[here].mean() - labels[here].mean())
    assert float(Reliability.of_values(scores, labels).error()) == pytest.approx(expected)


def test_a_histogram_is_read_as_its_values(scored: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = scored
    scores = np.round(scores, 3)
    values, at = np.unique(scores, return_inverse=True)
    counts = np.stack([np.bincount(at[labels == one], minlength=len(values)) for one in (0, 1)])
    found, direct = Reliability.of_counts(values, counts), Reliability.of_values(scores, labels)
    np.testing.assert_array_equal(found.bases, direct.bases)
    np.testing.assert_array_equal(found.labelled, direct.labelled)
    np.testing.assert_allclose(found.total, direct.total)


def test_markers_are_pooled_by_their_bases() -> None:
    one = Reliability.of_values(np.array([0.1, 1.0]), np.array([False, True]))
    two = Reliability.of_values(np.array([0.1]), np.array([True]))
    both = Reliability.stack([one, two, one]).pooled([0, 1])
    assert both.bases.sum() == 3
    assert both.labelled.tolist()[1] == 1
    assert both.labelled.tolist()[-1] == 1
    assert np.isnan(Reliability.stack([one, one]).pooled([]).error())
