"""The loss and its gradient against PyTorch's own in float64."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings, strategies as st
from torch import Tensor

from regtrack.training.loss import cross_entropy


def case(seed: int, spread: float = 3.0) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (3, 4, 50), labels, and the known bases."""
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(3, 4, 50, generator=random) * spread
    labels = (torch.rand(3, 4, 50, generator=random) < 0.3).to(torch.uint8)
    known = torch.rand(3, 50, generator=random) < 0.8
    return logits, labels, known


def reference(
    logits: Tensor, labels: Tensor, known: Tensor, weight: float
) -> tuple[Tensor, Tensor]:
    """Loss and gradient, by PyTorch in float64."""
    x = logits.double().requires_grad_()
    losses = F.binary_cross_entropy_with_logits(
        x, labels.double(), pos_weight=torch.tensor(weight).double(), reduction="none"
    )
    loss = losses.transpose(1, 2)[known].mean()
    loss.backward()
    assert x.grad is not None
    return loss.detach(), x.grad


@given(st.integers(0, 1000), st.sampled_from([1.0, 0.5, 8.0]), st.sampled_from([0.1, 3, 60]))
@settings(deadline=None, max_examples=40)
def test_loss_and_gradient_are_those_of_pytorch(seed: int, weight: float, spread: float) -> None:
    logits, labels, known = case(seed, spread)
    logits.requires_grad_()
    loss = cross_entropy(logits, labels, known, weight)
    loss.backward()
    expected, slope = reference(logits.detach(), labels, known, weight)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad.double(), slope, rtol=1e-5, atol=1e-8)


def test_the_gradient_of_a_scaled_loss_is_scaled() -> None:
    logits, labels, known = case(0)
    logits.requires_grad_()
    (cross_entropy(logits, labels, known) / 3).backward()
    _, slope = reference(logits.detach(), labels, known, 1.0)
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad.double(), slope / 3, rtol=1e-5, atol=1e-8)


def test_half_precision_logits_have_a_gradient_of_their_own_type() -> None:
    logits, labels, known = case(1)
    half = logits.bfloat16().requires_grad_()
    loss = cross_entropy(half, labels, known)
    loss.backward()
    expected, slope = reference(half.detach(), labels, known, 1.0)
    assert half.grad is not None
    assert half.grad.dtype == torch.bfloat16
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    torch.testing.assert_close(half.grad.double(), slope, rtol=2**-8, atol=1e-9)


def test_without_a_gradient_the_loss_is_the_same() -> None:
    logits, labels, known = case(2)
    before = logits.clone()
    loss = cross_entropy(logits, labels, known)
    assert loss.item() == pytest.approx(reference(logits, labels, known, 1.0)[0].item(), rel=1e-5)
    assert not loss.requires_grad
    assert torch.equal(logits, before)


def test_a_batch_of_only_n_has_no_loss() -> None:
    logits, labels, known = case(3)
    logits.requires_grad_()
    loss = cross_entropy(logits, labels, torch.zeros_like(known))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_mixed_precision_leaves_the_loss_in_full() -> None:
    logits, labels, known = case(4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = cross_entropy(logits, labels, known)
    assert torch.equal(mixed, cross_entropy(logits, labels, known))
