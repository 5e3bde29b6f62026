"""The table of thresholds, against precision and recall of every threshold by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn.metrics import precision_recall_curve

from regtrack.errors import RecordError
from regtrack.measures.thresholds import ThresholdTable


def histogram(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores and labels of 4,000 bases, and their histogram."""
    random = np.random.default_rng(seed)
    scores = np.round(random.beta(0.5, 2.0, size=4_000), 2)
    labels = random.random(4_000) < scores**1.5
    values, at = np.unique(scores, return_inverse=True)
    counts = np.stack([np.bincount(at[labels == one], minlength=len(values)) for one in (0, 1)])
    return scores, labels, values, counts


@pytest.fixture
def table() -> ThresholdTable:
    return ThresholdTable.of_counts(*histogram()[2:])


def test_every_row_is_what_it_says(table: ThresholdTable) -> None:
    scores, labels, *_ = histogram()
    assert 50 < len(table) <= 202
    for score, precision, recall in zip(table.scores, table.precision, table.recall, strict=True):
        called = scores >= score
        assert precision == pytest.approx(labels[called].mean())
        assert recall == pytest.approx(labels[called].sum() / labels.sum())


@given(st.floats(0.05, 1))
def test_a_precision_is_reached_by_the_lowest_such_threshold_to_a_percent(wanted: float) -> None:
    scores, labels, values, counts = histogram()
    table = ThresholdTable.of_counts(values, counts)
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    enough = np.array([labels[scores >= one].sum() >= 10 for one in thresholds])
    reached = enough & (precision[:-1] >= wanted)
    found = table.reaching(wanted)
    assert (found is not None) or not (enough & (precision[:-1] >= wanted + 0.01)).any()
    if found is not None:
        assert found.precision >= wanted
        best = recall[:-1][reached].max()
        finer = recall[:-1][enough & (precision[:-1] >= min(wanted + 0.01, found.precision))].max()
        assert finer <= found.recall <= best


def test_q_values_are_the_least_rate_that_calls_a_score(table: ThresholdTable) -> None:
    scores = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
    for score, q in zip(scores, table.q_values(scores), strict=True):
        rates = [
            max(1 - precision, 1 / (labelled + others))
            for at, precision, labelled, others in zip(
                table.scores, table.precision, table.labelled, table.others, strict=True
            )
            if at <= score
        ]
        assert q == pytest.approx(min(rates, default=1))
    assert (np.diff(table.q_values(np.linspace(0, 1, 100))) <= 0).all()


def test_the_nearest_threshold_is_not_below_a_score(table: ThresholdTable) -> None:
    assert table.nearest(table.scores[3]) == table.row(3)
    found = table.nearest((table.scores[3] + table.scores[4]) / 2)
    assert found == table.row(4)
    assert table.nearest(2.0) == table.row(len(table) - 1)


def test_too_few_labels_have_no_threshold() -> None:
    few = ThresholdTable.of_counts(np.array([0.1, 0.9]), np.array([[50, 1], [2, 7]]))
    assert (len(few), few.positives, few.nearest(0.5), few.reaching(0.1)) == (0, 9, None, None)
    assert few.q_values(np.array([0.3, 1.0])).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("scores", "labelled", "others", "said"),
    [
        ((0.1, 0.2), (5, 3), (2,), "differ in number"),
        ((0.2, 0.1), (5, 3), (2, 1), "not in order"),
        ((0.1, 0.2), (3, 5), (2, 1), "not in order"),
        ((0.1, 0.2), (30, 5), (2, 1), "not in order"),
    ],
)
def test_a_damaged_table_is_refused(
    scores: tuple[float, ...], labelled: tuple[int, ...], others: tuple[int, ...], said: str
) -> None:
    with pytest.raises(RecordError, match=said):
        ThresholdTable(scores, labelled, others, positives=10)
