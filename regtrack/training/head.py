"""The gradients of the dense head, a few positions at a time.

In bfloat16, matrix products take about 1.4 times as long if their inner length is not a multiple of
32. So the weights of the output layer get its bias and zeros as further columns, and its inputs
ones and zeros.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from regtrack.models.blocks import Head
from regtrack.models.rectify import Rectify
from regtrack.training.tiles import Tile

_EVEN = 32  # the inner length of matrix products is a multiple of it


class Layers(NamedTuple):
    """The weights of a head as matrix products are fastest with them, all of one type.

    Attributes:
        hidden: weight (H, C) and bias (H,) of the hidden layer.
        output: weight and bias of the output layer, `_widened`, (M, W).
        back: the derivative of the logits by the hidden layer's values where `rectify` lets them
            pass, (W, M).
        rectify: what follows the hidden layer.
    """

    hidden: tuple[Tensor, Tensor]
    output: Tensor
    back: Tensor
    rectify: Rectify

    @classmethod
    def of(cls, x: Tensor, head: Head, *layers: Tensor) -> Layers:
        """Those of a head for its input, floats (B, L, C), in the type of its matrix products."""
        device = x.device.type
        mixed = torch.is_autocast_enabled(device)
        dtype = torch.get_autocast_dtype(device) if mixed else x.dtype
        w1, b1, w2, b2 = (one.to(dtype) for one in layers)
        output = _widened(w2, b2[:, None])
        back = (output.T * head.rectify.scale).contiguous()
        return cls((w1, b1), output, back, head.rectify)

    def inputs(self, x: Tensor) -> Tensor:
        """What the output layer reads, floats `_widened` to (B, T, W), for the head's (B, T, C)."""
        hidden = self.rectify.without_gradient(F.linear(x, *self.hidden))
        return _widened(hidden, torch.ones_like(hidden[..., :1]))


class Gradients:
    """The gradients of a head and of its input, summed up tile by tile.

    Attributes:
        of: the input (B, L, C), and the weights and biases of both layers.
    """

    def __init__(self, x: Tensor, *layers: Tensor) -> None:
        self.of = (torch.empty_like(x), *(torch.zeros_like(one) for one in layers))

    def add(self, tile: Tile, x: Tensor, inputs: Tensor, slope: Tensor, layers: Layers) -> None:
        """Add those of a tile; all floats are of one type.

        Args:
            tile: it.
            x: the head's input, (B, T, C).
            inputs: of the output layer, (B, T, W).
            slope: of the loss by the logits, (B, M, T).
            layers: the head's.
        """
        d_x, d_w1, d_b1, d_w2, d_b2 = self.of
        units = len(d_b1)
        d_output = torch.einsum("bmt,btw->mw", slope, inputs)
        d_w2 += d_output[:, :units]
        d_b2 += d_output[:, units]
        towards = torch.matmul(layers.back, slope)[:, :units].mT.contiguous()  # (B, T, H)
        towards = torch.ops.aten.threshold_backward(towards, inputs[..., :units], 0)
        rows = towards.flatten(0, 1)
        d_w1 += rows.T @ x.flatten(0, 1)
        d_b1 += rows.sum(0, dtype=d_b1.dtype)
        d_x[tile.windows, tile.span] = torch.matmul(towards, layers.hidden[0])


def _widened(values: Tensor, one: Tensor) -> Tensor:
    """Floats (..., H), (..., 1) and zeros in one tensor (..., W); W is a multiple of `_EVEN`."""
    width = values.shape[-1] + 1
    return F.pad(torch.cat([values, one], -1), (0, -width % _EVEN))
