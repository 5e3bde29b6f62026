"""The temperature and bias that make scores of logits probabilities.

A loss that weighs labelled bases more makes scores too high, and training for long makes them too
extreme. Both are undone by `sigmoid(logit / temperature + bias)`, which keeps the order of the
bases, so that precision at a recall and the areas under curves do not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.measures.curve import MIN_POSITIVES

Values = npt.NDArray[np.float64]

_STEPS = 100
_ENOUGH = 1e-9  # of a gradient per base, at which the search ends
_LEAST, _MOST = 0.01, 100.0  # temperatures
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Temperature:
    """What turns logits into calibrated ones: `logit / temperature + bias`."""

    temperature: float = 1.0
    bias: float = 0.0

    def scores(self, logits: Values) -> Values:
        """The calibrated scores of logits, float64 (L,)."""
        return sigmoid(logits / self.temperature + self.bias)


def fit_temperature(logits: Values, counts: npt.NDArray[np.integer[Any]]) -> Temperature:
    """The temperature and bias of one marker that maximise the likelihood of its labels.

    The log loss is convex in 1 / temperature and bias, and Newton's method with halved steps finds
    its minimum (Lin, Lin and Weng 2007, Machine Learning 68:267), with Platt's targets, which are
    not quite 0 and 1, so that the minimum is finite though scores separate the labels.

    Args:
        logits: the logit that stands for each value of a histogram, float64 (values,).
        counts: bases by label (0, 1) and value, integers (2, values).

    Returns:
        The temperature, 0.01 to 100, and bias. Where the best temperature is not in that range (a
        model worse than chance), it stays 1 and the bias is fitted alone. A marker with fewer than
        10 labelled or other bases keeps its scores.
    """
    others, labelled = counts.sum(axis=1).tolist()
    if min(others, labelled) < MIN_POSITIVES:
        return Temperature()
    there = np.flatnonzero(counts.sum(axis=0))
    x, found = logits[there], counts[:, there].astype(np.float64)
    bases = found.sum(axis=0)
    targets = found[1] * ((labelled + 1) / (labelled + 2)) + found[0] / (others + 2)
    slope, bias = _minimum(x, bases, targets, np.array([1.0, 0.0]), free=2)
    if not 1 / _MOST <= slope <= 1 / _LEAST:
        slope, bias = _minimum(x, bases, targets, np.array([1.0, 0.0]), free=1)
    return Temperature(float(1 / slope), float(bias))


def log_loss(logits: Values, counts: npt.NDArray[np.integer[Any]]) -> float:
    """The mean negative log likelihood of the labels (nats per base); NaN without bases.

    Args:
        logits: as in `fit_temperature`, float64 (values,).
        counts: as in `fit_temperature`, integers (2, values).
    """
    bases = counts.sum(axis=0)
    if not bases.any():
        return float("nan")
    return float(_loss(logits, bases, counts[1].astype(np.float64)) / bases.sum())


def sigmoid(logits: Values) -> Values:
    """The sigmoid of float64 of any shape, without overflow."""
    found: Values = 0.5 * (1 + np.tanh(0.5 * logits))
    return found


def _loss(z: Values, bases: npt.NDArray[Any], targets: Values) -> float:
    return float((bases * np.logaddexp(0, z) - targets * z).sum())


def _minimum(x: Values, bases: Values, targets: Values, start: Values, *, free: int) -> Values:
    """Slope and bias at the least loss; with one free number, that is the bias."""
    moved = slice(2 - free, 2)
    design = np.stack([x, np.ones_like(x)])
    at, total = start.copy(), bases.sum()
    loss = _loss(at @ design, bases, targets)
    for _ in range(_STEPS):
        p = sigmoid(at @ design)
        gradient = (design * (bases * p - targets)).sum(axis=1)[moved]
        if abs(gradient).max() < _ENOUGH * total:
            break
        curvature = (design[:, None] * design[None] * (bases * p * (1 - p))).sum(axis=2)
        curvature += np.eye(2) * (1e-12 * total)
        step = np.linalg.solve(curvature[moved, moved], gradient)
        for halved in range(_HALVINGS):
            tried = at.copy()
            tried[moved] -= step * 0.5**halved
            now = _loss(tried @ design, bases, targets)
            if now < loss:
                break
        else:
            break  # no step makes it less: rounding
        at, loss = tried, now
    return at
