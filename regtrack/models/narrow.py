"""The gradient of a convolution that reads few channels, such as the four of the embedding.

PyTorch's blocks of 16 channels are mostly empty then: on CPUs its gradient takes three times as
long as the matrix products below.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from regtrack.models.layout import as_image, as_sequence

_WIDEST = 8  # channels


def is_narrow(x: Tensor) -> bool:
    """Whether `narrow_conv` is the faster way for an input, floats (B, L, C): few channels, CPU."""
    return x.shape[2] <= _WIDEST and x.device.type == "cpu"


def narrow_conv(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A convolution at stride 1 without padding, floats (B, L + width - 1, C) to (B, L, C').

    Args:
        x: the input.
        weight: floats (C', C, width).
        bias: floats (C',).
    """
    return cast(Tensor, _NarrowConv.apply(x, weight, bias))  # type: ignore[no-untyped-call]


class _NarrowConv(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        context.save_for_backward(x, weight)
        return as_sequence(F.conv2d(as_image(x), weight[:, :, None], bias))

    @staticmethod
    @once_differentiable
    def backward(context: Any, upstream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = context.saved_tensors
        width, length = weight.shape[2], upstream.shape[1]
        rows = upstream.flatten(0, 1)  # (B * L, C')
        read = x.unfold(1, width, 1).flatten(0, 1).flatten(1)  # (B * L, C * width)
        of_weight = (rows.T @ read.to(rows.dtype)).view_as(weight)
        matrix = weight.transpose(1, 2).flatten(1).to(rows.dtype)  # (C', width * C)
        spread = (rows @ matrix).view(len(x), length, width, -1)
        of_x = torch.zeros_like(x)
        for position in range(width):
            of_x[:, position : position + length] += spread[:, :, position]
        return of_x, of_weight.to(weight.dtype), rows.sum(0, dtype=weight.dtype)
