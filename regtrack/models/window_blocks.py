"""The blocks of networks that read a window and give one value for its middle."""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.models.blocks import BiLstm, Block, PassNorm
from regtrack.models.layout import as_image, as_sequence
from regtrack.models.rectify import Rectify


class WindowConv(Block):
    """A convolution, batch normalisation if asked for, ReLU, max pooling, dropout.

    Args:
        inputs: C.
        outputs: C'.
        width: positions of the weight (C', C, width).
        pool: positions pooled into one; those left over at the end are dropped.
        dilation: distance between the positions that are read.
        padded: whether the output is as long as the input, before pooling; else each end loses what
            the width reaches beyond it.
        dropout: fraction of activations dropped in training.
        momentum: of the batch normalisation; None: there is none.
    """

    def __init__(
        self, inputs: int, outputs: int, width: int, *, pool: int = 1, dilation: int = 1,
        padded: bool = False, dropout: float, momentum: float | None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, width))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.norm = None if momentum is None else PassNorm(outputs, momentum, passes=1)
        self.rectify = Rectify(dropout)
        self.pool, self.dilation = pool, dilation
        reach = (width - 1) * dilation
        self.padding = (reach // 2, reach - reach // 2) if padded else (0, 0)
        nn.init.normal_(self.weight, std=math.sqrt(2 / (inputs * width)))

    def length(self, positions: int) -> int:
        """The positions that come out for so many."""
        reach = (self.weight.shape[2] - 1) * self.dilation
        return (positions + sum(self.padding) - reach) // self.pool

    def forward(self, x: Tensor, index: int = 0) -> Tensor:
        """Floats (B, L, C) to (B, L', C')."""
        weight: Tensor = self.weight
        bias: Tensor = self.bias
        if self.norm is not None and not self.training:
            weight, bias = self.norm.fold(weight, bias, index)
        x = F.pad(x, (0, 0, *self.padding)) if any(self.padding) else x
        image = F.conv2d(as_image(x), weight[:, :, None], bias, dilation=(1, self.dilation))
        if self.norm is not None and self.training:
            image = as_image(self.norm(as_sequence(image), index))
        if self.pool > 1:  # of larger values the ReLU is larger too, so the order makes no odds
            image = F.max_pool2d(image, (1, self.pool))
        return cast(Tensor, self.rectify(as_sequence(image)))


class WindowLstm(BiLstm):
    """A bidirectional LSTM with one bias per gate, and dropout after it.

    torch's LSTM adds two biases per gate, of which one does nothing. Here that one is a buffer of
    zeros, so that the parameters are those of Quang and Xie's network.

    Args:
        inputs: channels in.
        hidden: size of each direction; channels out are twice that.
        dropout: fraction of activations dropped in training.
    """

    def __init__(self, inputs: int, hidden: int, dropout: float) -> None:
        super().__init__(inputs, hidden)
        self.dropout = nn.Dropout(dropout)
        for name in ("bias_hh_l0", "bias_hh_l0_reverse"):
            zeros = torch.zeros_like(getattr(self.lstm, name).detach())
            del self.lstm._parameters[name]
            self.lstm.register_buffer(name, zeros)

    def length(self, positions: int) -> int:
        """The positions that come out for so many: as many."""
        return positions

    def forward(self, x: Tensor, index: int = 0) -> Tensor:
        """Floats (B, L, C) to (B, L, 2 * hidden)."""
        return cast(Tensor, self.dropout(super().forward(x, index)))
