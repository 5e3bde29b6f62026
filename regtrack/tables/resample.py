"""Scores of resampled windows: how much they depend on which windows the split happens to have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from regtrack.measures.curve import Curve, Values

RESAMPLES = 1_000
LEVEL = 0.95


def draw(blocks: int, resamples: int = RESAMPLES, seed: int = 0) -> npt.NDArray[np.int64]:
    """How often each block is drawn, with replacement: the same for all models of a split.

    Returns:
        int64 (1 + resamples, blocks); the first row is the split itself.
    """
    drawn = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), resamples)
    return np.concatenate([np.ones((1, blocks), np.int64), drawn])


def sample_scores(
    blocks: npt.NDArray[np.int32], drawn: npt.NDArray[np.int64]
) -> tuple[Values, Values]:
    """The PR AUC of every marker in every resample.

    Args:
        blocks: positions by block, marker, label and bin of the logit, (blocks, M, 2, bins).
        drawn: see `draw`, (R, blocks).

    Returns:
        By steps and by trapezoids, float64 (R, M); NaN where no labelled base was drawn.
    """
    steps, trapezoids = [], []
    for marker in range(blocks.shape[1]):
        counts = blocks[:, marker].astype(np.float64)
        counts = counts[:, :, counts.any((0, 1))]
        summed = (drawn.astype(np.float64) @ counts.reshape(len(counts), -1)).astype(np.int64)
        curve = Curve.of_counts(summed.reshape(len(drawn), *counts.shape[1:]))
        steps.append(curve.average_precision())
        trapezoids.append(curve.pr_auc_trapezoid())
    return np.stack(steps, axis=1), np.stack(trapezoids, axis=1)


def interval(value: float, samples: Values) -> tuple[float, float]:
    """The middle 95 % of the samples, around a value.

    Args:
        value: of the split, from fine bins.
        samples: float64 (R,), from coarse bins; the first is the split's.
    """
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(samples[1:], [tail, 1 - tail])
    return value + float(low - samples[0]), value + float(high - samples[0])
