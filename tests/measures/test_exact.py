"""scikit-learn's areas, and the check that their scores fit into memory."""

from __future__ import annotations

import numpy as np
import pytest

from regtrack.errors import OutOfMemoryError
from regtrack.measures.exact import check_exact, exact_areas
from regtrack.measures.measure import measure


def test_areas_by_hand() -> None:
    # from the highest score: a labelled base, another base, then one of each, tied
    found = exact_areas(np.array([1, 0, 0, 1], bool), np.array([9, 5, 1, 1], np.float32))
    assert found == pytest.approx((0.5 + 0.5 * 2 / 4, 0.5 + 0.5 * 0.5, 2.5 / 4), abs=1e-12)


def test_numpy_gives_the_same_areas() -> None:
    random = np.random.default_rng(0)
    labels = random.random(30_000) < 0.03
    scores = (random.normal(size=30_000) + 2 * labels).astype(np.float32)
    found, own = exact_areas(labels, scores), measure(scores, labels)
    assert (own.average_precision, own.roc_auc) == pytest.approx((found[0], found[2]), abs=1e-12)


def test_infinite_scores_are_the_extremes() -> None:
    labels = np.array([True, False, True, False])
    scores = np.array([np.inf, 3, -np.inf, 2], np.float32)
    assert exact_areas(labels, scores) == exact_areas(labels, np.array([4, 3, 1, 2], np.float32))


def test_undefined_areas_are_nan() -> None:
    scores = np.arange(5, dtype=np.float32)
    assert np.isnan(exact_areas(np.zeros(5, bool), scores)).all()
    every = exact_areas(np.ones(5, bool), scores)
    assert every.average_precision == every.pr_auc_trapezoid == 1
    assert np.isnan(every.roc_auc)


def test_scores_that_do_not_fit_into_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regtrack.measures.exact.usable_memory", lambda: 120_000)
    check_exact(1_000, markers=8)  # 1,000 x (8 x 5 + 80) bytes
    with pytest.raises(OutOfMemoryError, match=r"1,001 bp of 8 markers .* leave out `exact`"):
        check_exact(1_001, markers=8)
