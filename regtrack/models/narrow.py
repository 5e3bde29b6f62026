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
    def backward(context: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        x, weight = context.saved_tensors
        rows = upstream.flatten(0, 1)  # (B * L, C')
        read = x.unfold(1, weight.shape[2], 1).flatten(0, 1).flatten(1)  # (B * L, C * width)
        of_weight = (rows.T @ read.to(rows.dtype)).view_as(weight)
        of_bias = rows.T @ rows.new_ones(len(rows))  # a sum would convert all rows to float32
        # letters that are not learnt need no gradient
        of_input = _of_input(x, upstream, weight) if context.needs_input_grad[0] else None
        return of_input, of_weight.to(weight.dtype), of_bias.to(weight.dtype)


def _of_input(x: Tensor, upstream: Tensor, weight: Tensor) -> Tensor:
    """The gradient of the input, floats (B, L + width - 1, C).

    Channels come first while it is summed up, so that positions are contiguous.
    """
    length, width = upstream.shape[1], weight.shape[2]
    matrix = weight.permute(2, 1, 0).flatten(0, 1).to(upstream.dtype)  # (width * C, C')
    spread = (matrix @ upstream.mT).view(len(x), width, x.shape[2], length)
    found = x.new_zeros(len(x), x.shape[2], x.shape[1])
    for position in range(width):
        found[..., position : position + length] += spread[:, position]
    return found.mT
