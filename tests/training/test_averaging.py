"""The running mean of weights, and which weights decay."""

from __future__ import annotations

from copy import deepcopy

import torch

from regtrack.models.registry import build_model
from regtrack.training.averaging import follow
from regtrack.training.module import decay_groups


def test_the_mean_weighs_steps_by_its_decay_and_early_ones_less() -> None:
    model = build_model("cnn1", 2, channels=[3], hidden=4)
    start, average = deepcopy(model), deepcopy(model)
    for step, value in enumerate((5.0, 9.0, 2.0), 1):
        for weights in [*model.parameters(), *model.buffers()]:
            weights.data.fill_(value)
        follow(average, model, 0.24, step)
    # the decays are 2 / 11, then 0.24 twice, since 3 / 12 and 4 / 13 are more
    for weights, begun in zip(average.parameters(), start.parameters(), strict=True):
        first = begun * 2 / 11 + 5 * 9 / 11
        expected = (first * 0.24 + 9 * 0.76) * 0.24 + 2 * 0.76
        torch.testing.assert_close(weights, expected)
    assert all(buffer.unique().numel() == 1 for buffer in average.buffers())


def test_matrices_decay_and_biases_and_norms_do_not() -> None:
    model = build_model("hybrid", 2, channels=[6, 8, 5], dilations=[1], hidden=4)
    before = {name: weights.detach().clone() for name, weights in model.named_parameters()}
    optimizer = torch.optim.AdamW(decay_groups(model, 0.5), lr=0.1)
    for weights in model.parameters():
        weights.grad = torch.zeros_like(weights)
    optimizer.step()
    for name, weights in model.named_parameters():
        kept = 1.0 if name.endswith(("bias", "norm.weight")) else 1 - 0.1 * 0.5
        torch.testing.assert_close(weights.detach(), kept * before[name])
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(before)
