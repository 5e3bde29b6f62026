"""The hybrid's blocks: context at a coarser resolution beside single bases, and their join.

They keep to the rules of `regtrack.models.blocks`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.models.blocks import (
    AfterConv,
    Block,
    Convolution,
    PassNorm,
    SamePadConv,
)
from regtrack.models.layout import as_image, as_sequence


class MaxDownsample(Block):
    """Max pooling whose width is its stride: every `width` positions become their largest."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stride = width

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """All positions that the outputs were computed from."""
        return first * self.stride, (last + 1) * self.stride - 1

    def forward(self, x: Tensor, index: int = 0) -> Tensor:  # noqa: ARG002
        """Floats (B, L, C) to (B, L / width, C); L is a multiple of the width."""
        size = (1, self.stride)
        return as_sequence(F.max_pool2d(as_image(x), size, size))


class Residual(Block):
    """What a narrow dilated convolution adds to its input: x + W conv(ReLU(norm(x))).

    Batch normalisation comes first (He et al. 2016, "Identity mappings in deep residual networks"),
    so that a sum of any size reaches the last layer unchanged.

    Args:
        channels: C, in and out; the convolution has half as many.
        width: positions that the convolution reads.
        after: what follows it.
        depth: how many such blocks follow each other; what they add starts with unit variance.
        dilation: of the convolution.
    """

    def __init__(
        self, channels: int, width: int, after: AfterConv, *, depth: int, dilation: int
    ) -> None:
        super().__init__()
        narrow = -(-channels // 2)
        self.norm = PassNorm(channels, after.momentum, after.passes)
        self.narrow = SamePadConv(channels, narrow, width, after, dilation=dilation)
        self.widen = nn.Linear(narrow, channels)
        nn.init.normal_(self.widen.weight, std=math.sqrt(2 / (narrow * depth)))
        nn.init.zeros_(self.widen.bias)

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """What the convolution reads."""
        return self.narrow.needs(first, last)

    def forward(self, x: Tensor, index: int = 0) -> Tensor:
        """Floats (B, L, C) to (B, L, C)."""
        return x + cast(Tensor, self.widen(self.narrow(self._normed(x, index), index)))

    def of_rows(self, x: Tensor, ends: Tensor, index: int = 0) -> Tensor:
        """As `Block.of_rows`, floats (B, L, C): past the ends the convolution reads zeros."""
        found = self.narrow.of_rows(self._normed(x, index), ends, index)
        return x + cast(Tensor, self.widen(found))

    def _normed(self, x: Tensor, index: int) -> Tensor:
        if self.training:
            return F.relu(self.norm(x, index))
        scale, shift = self.norm.affine(index)
        return F.relu_(torch.addcmul(shift, x, scale))


class Beside(Block):
    """Keeps its input next to what other blocks make of it at a coarser resolution.

    A position of the output holds the channels of `stride` positions of the input, in order, and
    then those of the coarse position that covers them: (B, L, C) becomes (B, L / stride,
    stride * C + C'). `Join` takes it apart again.

    Args:
        blocks: they lead to one position per `stride` input positions, and read those themselves.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.stride = math.prod(block.stride for block in blocks)

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """What the blocks read."""
        for block in reversed(self._blocks):
            first, last = block.needs(first, last)
        return first, last

    def forward(self, x: Tensor, index: int = 0) -> Tensor:
        """Floats (B, L, C) to (B, L / stride, stride * C + C')."""
        coarse = x
        for block in self._blocks:
            coarse = block(coarse, index)
        return self._beside(x, coarse)

    def of_rows(self, x: Tensor, ends: Tensor, index: int = 0) -> Tensor:
        """As `Block.of_rows`, floats (B, L, C): each block in turn."""
        coarse = x
        for block in self._blocks:
            coarse = block.of_rows(coarse, ends, index)
            ends = ends // block.stride
        return self._beside(x, coarse)

    @property
    def _blocks(self) -> list[Block]:
        return cast("list[Block]", list(self.blocks))

    def _beside(self, x: Tensor, coarse: Tensor) -> Tensor:
        fine = x.reshape(len(x), -1, self.stride * x.shape[2])  # (B, L / stride, stride * C)
        return torch.cat([fine, coarse], 2)


class Join(Convolution):
    """A dense layer over each base's own channels and those of the coarse position that covers it.

    Args:
        fine: C, channels of a base.
        coarse: C', channels of a coarse position.
        outputs: C".
        factor: bases that a coarse position covers.
        after: what follows.
    """

    local = True

    def __init__(self, fine: int, coarse: int, outputs: int, factor: int, after: AfterConv) -> None:
        super().__init__(fine + coarse, outputs, 1, fine + coarse, after)
        self.fine = fine
        self.factor = factor

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """The one position that each output was computed from."""
        return first // self.factor, last // self.factor

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """The output of `Beside`, floats (B, L / factor, factor * C + C'), to (B, L, C")."""
        dense = weight[:, :, 0]  # (C", C + C')
        own = self.factor * self.fine
        # one split instead of two slices, whose gradients would be padded with zeros and added
        bases, coarse = torch.split(x, [own, x.shape[2] - own], 2)
        shared = F.linear(coarse, dense[:, self.fine :], bias)
        # a product of one matrix; of a view with four dimensions, PyTorch makes one per position,
        # each with a copy of the weights
        rows = bases.reshape(-1, self.fine)  # (B * L, C)
        found = F.linear(rows, dense[:, : self.fine]).view(*shared.shape[:2], self.factor, -1)
        return found.add_(shared[:, :, None]).flatten(1, 2)  # (B, L, C")
