"""ReLU and dropout in one step, with masks that are cheap on CPUs.

PyTorch draws a float of random bits per value, keeps a float mask for the gradient, and takes two
steps back. A value that was dropped and one that was negative are both zero afterwards, so the
result itself is mask enough.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

_STEPS = 1 << 16  # a CPU draws 16 bits per value


class Rectify(nn.Module):
    """ReLU, then dropout in training: a fraction is dropped, and the others are scaled up for it.

    Args:
        dropout: fraction of values that are dropped, 0 to below 1; on CPUs in steps of 1/65,536.
    """

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self._dropped = min(round(dropout * _STEPS), _STEPS - 1)

    @property
    def scale(self) -> float:
        """The factor of the values that are kept."""
        return _STEPS / (_STEPS - self._dropped) if self.training else 1.0

    def forward(self, x: Tensor) -> Tensor:
        """Floats of any shape to the same shape; in evaluation in place."""
        if not self.training:
            return F.relu_(x)
        return cast(Tensor, _Rectified.apply(x, self))  # type: ignore[no-untyped-call]

    def without_gradient(self, x: Tensor) -> Tensor:
        """The same, floats of any shape, for a caller that computes the gradient.

        It is `scale` where the result is more than zero, and zero elsewhere.
        """
        if not (self.training and self._dropped):
            return F.relu(x)
        if x.device.type != "cpu":
            return F.dropout(F.relu(x), self._dropped / _STEPS)
        return F.relu_(x * self._kept(x)).mul_(self.scale)

    def _kept(self, x: Tensor) -> Tensor:
        """1 where a value is kept, else 0: uint8 of the shape of x."""
        words = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        bits = words.view(torch.int16)[: x.numel()].view(x.shape)
        kept = bits >= self._dropped - _STEPS // 2
        return kept.view(torch.uint8)  # a product with bytes takes a third of one with bools


class _Rectified(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor, rectify: Rectify) -> Tensor:
        found = rectify.without_gradient(x)
        context.save_for_backward(found)
        context.scale = rectify.scale
        return found

    @staticmethod
    @once_differentiable
    def backward(context: Any, upstream: Tensor) -> tuple[Tensor, None]:
        (found,) = context.saved_tensors
        return torch.ops.aten.threshold_backward(upstream, found, 0).mul_(context.scale), None
