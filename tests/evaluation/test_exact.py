"""Curves that keep every logit: batches, masks and NaN."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

from regtrack.errors import CheckpointError
from regtrack.evaluation.exact import ExactCurves


def test_batches_with_masks_score_as_all_known_positions_at_once() -> None:
    random = np.random.default_rng(0)
    labels = (random.random((4, 3, 500)) < 0.1).astype(np.uint8)
    labels[:, 2] = 0
    labels[0, 2, :9] = 1  # one too few for a score
    logits = (random.normal(size=labels.shape) + labels).astype(np.float32)
    mask = random.random((4, 500)) < 0.8
    mask[0, :9] = True
    curves = ExactCurves()
    for batch in (slice(0, 1), slice(1, 4)):
        curves.update(*(torch.from_numpy(array[batch]) for array in (logits, labels, mask)))
    known_labels, known_logits = (np.moveaxis(array, 1, 0)[:, mask] for array in (labels, logits))
    assert curves.positives().tolist() == known_labels.sum(1).tolist()
    for marker in (0, 1):
        pair = (known_labels[marker], known_logits[marker])
        expected = (average_precision_score(*pair), roc_auc_score(*pair), pair[0].mean())
        areas = (curves.average_precision(), curves.roc_auc(), curves.base_rate())
        assert [area[marker] for area in areas] == pytest.approx(expected, abs=1e-12)
    for area in (curves.average_precision(), curves.pr_auc_trapezoid(), curves.base_rate()):
        assert np.isnan(area).tolist() == [False, False, True]


def test_nan_logits_are_refused() -> None:
    logits = torch.zeros(1, 2, 30)
    logits[0, 1, 7] = torch.nan
    with pytest.raises(CheckpointError, match="NaN"):
        ExactCurves().update(logits, torch.ones(1, 2, 30, dtype=torch.uint8))
