"""ReLU and dropout in one step, and its gradient."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from regtrack.models.rectify import Rectify


def rectified(fraction: float, x: Tensor) -> tuple[Tensor, Tensor]:
    """What comes out in training, and the gradient of its sum."""
    x = x.clone().requires_grad_()
    y = Rectify(fraction).train()(x)
    y.sum().backward()
    assert x.grad is not None
    return y.detach(), x.grad


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5, 0.9])
def test_the_fraction_is_dropped_and_the_mean_stays(fraction: float) -> None:
    torch.manual_seed(1)
    y, _ = rectified(fraction, torch.ones(1_000, 401))  # no multiple of the bits drawn at once
    kept = y != 0
    assert kept.float().mean().item() == pytest.approx(1 - fraction, abs=0.005)
    assert y[kept].unique().numel() == 1
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    # no neighbours fall together
    together = (kept[:, 1:] & kept[:, :-1]).float().mean().item()
    assert together == pytest.approx((1 - fraction) ** 2, abs=0.005)


@pytest.mark.parametrize("fraction", [0.0, 0.3])
def test_the_gradient_is_that_of_what_was_kept(fraction: float) -> None:
    torch.manual_seed(2)
    x = torch.randn(50, 30)
    y, slope = rectified(fraction, x)
    kept = y != 0
    scale = y[kept] / x[kept]
    torch.testing.assert_close(scale, torch.full_like(scale, 1 / (1 - fraction)), rtol=1e-4, atol=0)
    assert not kept[x < 0].any()
    assert torch.equal(slope != 0, kept)
    torch.testing.assert_close(slope[kept], scale)


def test_a_seed_draws_the_same_values_again_and_another_draws_others() -> None:
    x = torch.ones(40, 50)
    drawn = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        drawn.append(rectified(0.5, x)[0])
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_without_training_nothing_is_dropped() -> None:
    x = torch.randn(20, 10)
    assert torch.equal(Rectify(0.5).eval()(x.clone()), x.clamp(min=0))


def test_the_layout_of_memory_makes_no_difference() -> None:
    x = torch.randn(6, 5, 4)
    drawn = []
    for one in (x, x.transpose(0, 2).contiguous().transpose(0, 2)):
        torch.manual_seed(7)
        drawn.append(rectified(0.4, one))
    assert torch.equal(drawn[0][0], drawn[1][0])
    assert torch.equal(drawn[0][1], drawn[1][1])


def test_nearly_everything_can_be_dropped() -> None:
    y, _ = rectified(0.999_999, torch.ones(2_000, 500))
    assert y.isfinite().all()
    assert 0 < (y != 0).sum() < 100
