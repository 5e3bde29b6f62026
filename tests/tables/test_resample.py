"""Resampling, against scikit-learn on the bases that a resample holds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import auc, average_precision_score, precision_recall_curve

from regtrack.evaluation.blocks import MOST_BLOCKS, BlockCurves
from regtrack.evaluation.metrics import StreamingCurves
from regtrack.tables.resample import draw, interval, sample_scores

WINDOWS, MARKERS, LENGTH = 6, 2, 300


@pytest.fixture
def bases() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and labels, (WINDOWS, MARKERS, LENGTH); few different logits, one per coarse bin."""
    random = np.random.default_rng(0)
    labels = random.random((WINDOWS, MARKERS, LENGTH)) < 0.1
    steps = random.integers(-6, 7, labels.shape) + 3 * labels
    return torch.tensor(steps * 0.5, dtype=torch.float32), torch.tensor(labels, dtype=torch.uint8)


def counted(logits: torch.Tensor, labels: torch.Tensor) -> BlockCurves:
    curves = BlockCurves(torch.zeros(MARKERS), WINDOWS)
    for batch in (slice(0, 4), slice(4, 6)):
        curves.update(logits[batch], labels[batch])
    return curves


def test_a_resample_scores_the_bases_of_its_windows(
    bases: tuple[torch.Tensor, torch.Tensor],
) -> None:
    logits, labels = bases
    drawn = draw(WINDOWS, resamples=5, seed=3)
    steps, trapezoids = sample_scores(counted(logits, labels).blocks, drawn)
    assert (drawn[0] == 1).all() and (drawn.sum(1) == WINDOWS).all()
    assert (drawn[1:] != 1).any()
    for sample, times in enumerate(drawn):
        windows = np.repeat(np.arange(WINDOWS), times)
        for marker in range(MARKERS):
            scores = logits[windows, marker].flatten().numpy()
            truth = labels[windows, marker].flatten().numpy()
            precision, recall, _ = precision_recall_curve(truth, scores)
            assert steps[sample, marker] == pytest.approx(average_precision_score(truth, scores))
            assert trapezoids[sample, marker] == pytest.approx(auc(recall, precision))


def test_blocks_leave_the_curves_as_they_are(bases: tuple[torch.Tensor, torch.Tensor]) -> None:
    whole = StreamingCurves(torch.zeros(MARKERS))
    whole.update(*bases)
    curves = counted(*bases)
    assert torch.equal(curves.counts, whole.counts)
    assert curves.blocks.sum((0, 3)).tolist() == whole.counts.sum(-1).tolist()


def test_bases_that_are_left_out_are_in_no_block(bases: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, labels = bases
    mask = torch.zeros(WINDOWS, LENGTH, dtype=torch.bool)
    mask[2, :100] = True
    curves = BlockCurves(torch.zeros(MARKERS), WINDOWS)
    curves.update(logits, labels, mask)
    assert curves.blocks.sum((1, 2, 3)).tolist() == [0, 0, 100 * MARKERS, 0, 0, 0]


def test_many_windows_share_blocks() -> None:
    count = 250
    curves = BlockCurves(torch.zeros(1), count)
    for _ in range(count):
        curves.update(torch.zeros(1, 1, 4), torch.zeros(1, 1, 4, dtype=torch.uint8))
    held = curves.blocks.sum((1, 2, 3)) // 4
    assert len(held) == MOST_BLOCKS
    assert set(held.tolist()) == {2, 3}
    assert held.sum() == count


def test_an_interval_is_the_middle_of_the_samples() -> None:
    samples = np.concatenate([[0.5], np.arange(1_001) / 1_000])
    assert interval(0.52, samples) == pytest.approx((0.52 - 0.475, 0.52 + 0.475))
