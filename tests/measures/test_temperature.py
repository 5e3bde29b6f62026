"""Temperature and bias, against logistic regression by scikit-learn and by what was planted."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss as sklearn_log_loss

from regtrack.measures.temperature import Temperature, fit_temperature, log_loss, sigmoid


def drawn(slope: float, bias: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A histogram of logits whose labels have probability sigmoid(slope * logit + bias)."""
    random = np.random.default_rng(seed)
    logits = np.linspace(-6, 4, 201)
    bases = random.integers(200, 2_000, size=len(logits))
    labelled = random.binomial(bases, sigmoid(slope * logits + bias))
    return logits, np.stack([bases - labelled, labelled])


@pytest.mark.parametrize(("slope", "bias"), [(1.0, 0.0), (0.4, -2.0), (2.5, 1.0)])
def test_it_finds_what_scikit_learn_finds(slope: float, bias: float) -> None:
    logits, counts = drawn(slope, bias)
    found = fit_temperature(logits, counts)
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000)
    reference.fit(
        np.tile(logits, 2)[:, None], np.repeat([0, 1], len(logits)), sample_weight=counts.ravel()
    )
    # the targets are 1e-6 from 0 and 1, hence not to the last digit
    assert 1 / found.temperature == pytest.approx(reference.coef_[0, 0], rel=1e-3)
    assert found.bias == pytest.approx(reference.intercept_[0], abs=1e-3)
    assert 1 / found.temperature == pytest.approx(slope, rel=0.05)
    assert found.bias == pytest.approx(bias, abs=0.05)


def test_the_log_loss_is_that_of_scikit_learn_and_falls() -> None:
    logits, counts = drawn(0.5, -1.0)
    expected = sklearn_log_loss(
        np.repeat([0, 1], len(logits)), np.tile(sigmoid(logits), 2), sample_weight=counts.ravel()
    )
    assert log_loss(logits, counts) == pytest.approx(expected, rel=1e-9)
    found = fit_temperature(logits, counts)
    after = log_loss(logits / found.temperature + found.bias, counts)
    assert after < log_loss(logits, counts)
    assert np.isnan(log_loss(logits, np.zeros((2, len(logits)), dtype=np.int64)))


def test_separated_labels_give_a_finite_temperature() -> None:
    logits = np.linspace(-3, 3, 100)
    counts = np.stack([(logits < 0) * 50, (logits >= 0) * 50])
    found = fit_temperature(logits, counts)
    assert 0.01 <= found.temperature < 0.5
    assert np.isfinite(found.bias)


def test_a_model_worse_than_chance_keeps_its_order() -> None:
    logits, counts = drawn(-1.0, -2.0)
    found = fit_temperature(logits, counts)
    assert found.temperature == 1
    mean = (counts.sum(0) * found.scores(logits)).sum() / counts.sum()
    assert mean == pytest.approx(counts[1].sum() / counts.sum(), abs=1e-4)


@pytest.mark.parametrize("labelled", [0, 9])
def test_too_few_labels_change_nothing(labelled: int) -> None:
    counts = np.array([[1_000, 1_000], [0, labelled]])
    assert fit_temperature(np.array([-1.0, 1.0]), counts) == Temperature()


def test_the_sigmoid_neither_overflows_nor_warns() -> None:
    assert sigmoid(np.array([-np.inf, -800.0, 0.0, 800.0])).tolist() == [0, 0, 0.5, 1]
