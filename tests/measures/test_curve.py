"""Areas from counts, checked against sums by hand and scikit-learn on every base."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

from regtrack.measures.curve import Curve

Counts = npt.NDArray[np.int64]


def test_areas_by_hand() -> None:
    # from the highest value: 1 of 1 is labelled, then 0 of 1, then 1 of 2
    counts = np.array([[1, 1, 0], [1, 0, 1]])
    curve = Curve.of_counts(counts)
    assert (curve.positives, curve.negatives) == (2, 2)
    assert curve.average_precision() == pytest.approx(0.5 * 1 + 0.5 * (2 / 4))
    # precision 1 at recall 0, 1 and 1/2 at recall 1/2, 1/2 at recall 1
    assert curve.pr_auc_trapezoid() == pytest.approx(0.5 * 1 + 0.5 * (1 / 2 + 1 / 2) / 2)
    # pairs of a labelled and another base: 2 won, 1 lost, 1 tied
    assert curve.roc_auc() == pytest.approx((2 + 0.5) / 4)
    assert curve.base_rate() == 0.5


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_areas_equal_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    counts = np.array(pairs).T
    values = np.arange(len(pairs))
    scores = np.concatenate([np.repeat(values, counts[label]) for label in (0, 1)])
    labels = np.repeat([0, 1], counts.sum(1))
    curve = Curve.of_counts(counts)
    if not labels.any():
        assert np.isnan(curve.average_precision())
        assert np.isnan(curve.pr_auc_trapezoid())
    else:
        precision, recall, _ = precision_recall_curve(labels, scores)
        expected = average_precision_score(labels, scores)
        assert curve.average_precision() == pytest.approx(expected, abs=1e-12)
        assert curve.pr_auc_trapezoid() == pytest.approx(auc(recall, precision), abs=1e-12)
    if labels.all() or not labels.any():
        assert np.isnan(curve.roc_auc())
    else:
        assert curve.roc_auc() == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_many_curves_at_once_equal_each_by_itself() -> None:
    counts = np.random.default_rng(0).integers(0, 5, (3, 4, 2, 50))
    counts[1, 2, 1] = 0  # no positives
    counts[2, 3, 0] = 0  # no negatives
    curves = Curve.of_counts(counts)
    for index in np.ndindex(3, 4):
        single = Curve.of_counts(counts[index])
        for area in ("average_precision", "pr_auc_trapezoid", "roc_auc", "base_rate"):
            found = getattr(curves, area)()
            assert found.shape == (3, 4)
            np.testing.assert_array_equal(found[index], getattr(single, area)())


def test_counts_of_whole_genomes_do_not_overflow() -> None:
    many = 3_000_000_000
    curve = Curve.of_counts(np.array([[many, 0], [0, many]]))
    assert (curve.average_precision(), curve.roc_auc(), curve.positives) == (1, 1, many)


def test_empty_counts_have_no_area() -> None:
    for counts in (np.zeros((2, 0), np.int64), np.zeros((2, 3), np.int64)):
        curve = Curve.of_counts(counts)
        assert curve.positives == curve.negatives == 0
        areas = (curve.average_precision(), curve.roc_auc(), curve.base_rate())
        assert np.isnan(areas).all()
