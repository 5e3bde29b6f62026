"""The convolution of few channels against PyTorch's own, in float64."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from regtrack.models import narrow
from regtrack.models.narrow import narrow_conv


@pytest.mark.parametrize(("windows", "length", "channels", "width"), [
    (1, 40, 4, 15), (3, 21, 1, 2), (2, 9, 8, 9), (2, 7, 4, 1),
])  # fmt: skip
def test_values_and_gradients_are_those_of_pytorch(
    windows: int, length: int, channels: int, width: int
) -> None:
    torch.manual_seed(width)
    shapes = (windows, length, channels), (6, channels, width), (6,)
    inputs = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    others = [one.detach().clone().requires_grad_() for one in inputs]
    found = narrow_conv(*inputs)
    x, weight, bias = others
    expected = F.conv1d(x.transpose(1, 2), weight, bias).transpose(1, 2)
    torch.testing.assert_close(found, expected)
    upstream = torch.randn_like(found)
    (found * upstream).sum().backward()
    (expected * upstream).sum().backward()
    for one, other in zip(inputs, others, strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_the_gradient_of_letters_that_are_not_learnt_is_not_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(2)
    shapes = (2, 30, 4), (6, 4, 5), (6,)
    x, *weights = (torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes)
    upstream = torch.randn(2, 26, 6, dtype=torch.float64)
    expected = torch.autograd.grad(narrow_conv(x, *weights), weights, upstream)
    monkeypatch.setattr(narrow, "_of_input", lambda *_: pytest.fail("computed"))
    found = torch.autograd.grad(narrow_conv(x.detach(), *weights), weights, upstream)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_mixed_precision_has_gradients_of_weights_in_full() -> None:
    torch.manual_seed(1)
    x, weight, bias = (
        torch.randn(shape, requires_grad=True) for shape in ((2, 30, 4), (8, 4, 5), (8,))
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = narrow_conv(x, weight, bias)
    assert found.dtype == torch.bfloat16
    found.float().square().sum().backward()
    assert weight.grad is not None
    assert {one.grad.dtype for one in (x, weight, bias) if one.grad is not None} == {torch.float32}
    exact = [one.detach().double().requires_grad_() for one in (x, weight, bias)]
    narrow_conv(*exact).square().sum().backward()
    assert exact[1].grad is not None
    assert (weight.grad - exact[1].grad).norm() < 0.02 * exact[1].grad.norm()
