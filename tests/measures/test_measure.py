"""Measures of a window, checked against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from regtrack.measures.measure import Measures, correlate, measure


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40))
def test_areas_equal_those_of_scikit_learn_with_ties(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in pairs], dtype=np.float32) / 7
    labels = np.array([label for _, label in pairs])
    found = measure(scores, labels)
    assert (found.positives, found.bases) == (labels.sum(), len(labels))
    assert found.base_rate == labels.mean()
    if not labels.any():
        assert found.average_precision is None
    else:
        assert found.average_precision == pytest.approx(average_precision_score(labels, scores))
    if labels.all() or not labels.any():
        assert found.roc_auc is None
    else:
        assert found.roc_auc == pytest.approx(roc_auc_score(labels, scores))


def test_a_long_window_of_rounded_scores() -> None:
    random = np.random.default_rng(0)
    labels = random.random(25_000) < 0.02
    scores = (random.normal(size=25_000) + labels).astype(np.float32).round(2)
    found = measure(scores, labels)
    assert found.average_precision == pytest.approx(average_precision_score(labels, scores))
    assert found.roc_auc == pytest.approx(roc_auc_score(labels, scores))
    assert found.correlation == pytest.approx(np.corrcoef(scores, labels)[0, 1])


def test_absent_bases_are_left_out() -> None:
    scores = np.array([0.9, np.nan, 0.1, 0.4, np.nan], dtype=np.float32)
    labels = np.array([True, True, False, False, False])
    present = ~np.isnan(scores)
    assert measure(scores, labels) == measure(scores[present], labels[present])
    nothing = measure(np.full(5, np.nan, dtype=np.float32), labels)
    assert nothing == Measures(None, None, None, None, positives=0, bases=0)


def test_correlation_of_two_tracks() -> None:
    random = np.random.default_rng(1)
    first, second = random.random((2, 500)).astype(np.float32)
    assert correlate(first, second) == pytest.approx(np.corrcoef(first, second)[0, 1], abs=1e-6)
    assert correlate(first, -first) == pytest.approx(-1)
    first[:100], second[-100:] = np.nan, np.nan
    kept = np.corrcoef(first[100:-100], second[100:-100])[0, 1]
    assert correlate(first, second) == pytest.approx(kept, abs=1e-6)
    assert correlate(first, np.ones(500)) is None
    assert correlate(first[:100], second[:100]) is None
