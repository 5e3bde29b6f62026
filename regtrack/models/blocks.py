"""The shared blocks: convolution, pooling, upsampling, LSTM and the dense head.

Every block of a trunk maps (B, L, C) to (B, L', C') and declares which inputs an output depends on
(`needs`), so that the stride and receptive field of a network are counted while it is built.
Channels come last because strided, transposed and dense layers are then plain matrix products of
views.

A block is called with the index of the current pass: ID-CNN runs one set of blocks three times,
every other network once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.models.layout import as_image, as_sequence
from regtrack.models.narrow import is_narrow, narrow_conv
from regtrack.models.rectify import Rectify


@dataclass(frozen=True)
class AfterConv:
    """What follows every convolution: batch normalisation, ReLU, dropout.

    Attributes:
        dropout: fraction of activations dropped in training.
        momentum: the weight of the newest batch in the running statistics (torch's convention).
        passes: how many times a block runs in one forward pass.
    """

    dropout: float
    momentum: float
    passes: int = 1


class Block(nn.Module):
    """A part of a trunk that declares which positions it reads; pointwise by default.

    Attributes:
        stride: input positions that one output position steps over.
        factor: output positions per input position.
        bounded: whether an output depends on a limited span of inputs.
        local: whether an output depends only on the input position it was computed from.
        beyond: the value that it reads beyond the ends of a sequence; None: it reads nothing there.
    """

    stride: int = 1
    factor: int = 1
    bounded: bool = True
    local: bool = False
    beyond: float | None = None

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """The first and last input position on which outputs first..last depend."""
        return first, last

    def of_rows(self, x: Tensor, ends: Tensor, index: int = 0) -> Tensor:
        """What the block gives for each row of a batch alone, (B, L, C) to (B, L', C').

        Args:
            x: rows of different lengths, floats (B, L, C); what is past their ends is ignored.
            ends: the number of positions of each row, a multiple of the stride, int64 (B,).
            index: the pass.
        """
        if self.beyond is not None:
            x = x.masked_fill(past(ends, x.shape[1])[..., None], self.beyond)
        return cast(Tensor, self(x, index))


def past(ends: Tensor, length: int) -> Tensor:
    """Which of `length` positions are past the end of their row, bool (B, L), of ends (B,)."""
    return torch.arange(length, device=ends.device) >= ends[:, None]


class PassNorm(nn.Module):
    """Batch normalisation with one scale and shift, and separate statistics for each pass.

    In training each pass is normalised by its own batch. Running statistics shared by all passes
    would fit none of them in evaluation.
    """

    running_mean: Tensor
    running_var: Tensor
    eps = 1e-5

    def __init__(self, channels: int, momentum: float, passes: int) -> None:
        super().__init__()
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(passes, channels))
        self.register_buffer("running_var", torch.ones(passes, channels))

    def forward(self, x: Tensor, index: int) -> Tensor:
        """Normalise floats (B, L, C) by the statistics of their pass, which training updates."""
        normed = F.batch_norm(
            x.flatten(0, 1),  # as rows: the gradient of an image takes ten times as long on CPUs
            self.running_mean[index],  # a view: updated in place
            self.running_var[index],
            self.weight,
            self.bias,
            training=True,
            momentum=self.momentum,
            eps=self.eps,
        )
        return normed.view_as(x)

    def fold(self, weight: Tensor, bias: Tensor, index: int) -> tuple[Tensor, Tensor]:
        """The weight and bias of the convolution with the normalisation of pass `index` folded in.

        Args:
            weight: of the convolution, floats (C', C, width).
            bias: of the convolution, (C',).
            index: the pass.
        """
        scale, shift = self.affine(index)
        return weight * scale[:, None, None], bias * scale + shift

    def affine(self, index: int) -> tuple[Tensor, Tensor]:
        """The scale and shift, floats (C,), that the statistics of pass `index` stand for."""
        scale = self.weight * torch.rsqrt(self.running_var[index] + self.eps)
        return scale, self.bias - self.running_mean[index] * scale


class Convolution(Block):
    """A convolution and what follows it.

    Args:
        inputs: C.
        outputs: C'.
        width: positions of the weight (C', C, width).
        fan_in: number of terms summed in one output.
        after: what follows.
    """

    def __init__(
        self, inputs: int, outputs: int, width: int, fan_in: int, after: AfterConv
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, width))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.norm = PassNorm(outputs, after.momentum, after.passes)
        self.rectify = Rectify(after.dropout)
        nn.init.normal_(self.weight, std=math.sqrt(2 / fan_in))  # He et al. 2015, equation 10

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """The convolution alone, floats (B, L, C) to (B, L * factor / stride, C')."""
        raise NotImplementedError

    def forward(self, x: Tensor, index: int = 0) -> Tensor:
        """Convolution, batch normalisation, ReLU, dropout; floats (B, L, C) to (B, L', C')."""
        if self.training:
            x = self.norm(self.convolve(x, self.weight, self.bias), index)
        else:
            x = self.convolve(x, *self.norm.fold(self.weight, self.bias, index))
        return cast(Tensor, self.rectify(x))


class SamePadConv(Convolution):
    """A convolution at stride 1 whose output is as long as its input, padded with zeros.

    The padding is (width - 1) * dilation zeros, of which the smaller half goes to the left.
    """

    beyond = 0.0

    def __init__(
        self, inputs: int, outputs: int, width: int, after: AfterConv, *, dilation: int = 1
    ) -> None:
        super().__init__(inputs, outputs, width, inputs * width, after)
        self.dilation = dilation
        reach = (width - 1) * dilation
        self.left = reach // 2
        self.right = reach - self.left

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """An output reads `left` positions before it and `right` after it."""
        return first - self.left, last + self.right

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Floats (B, L, C) to (B, L, C')."""
        x = F.pad(x, (0, 0, self.left, self.right))
        if self.training and self.dilation == 1 and is_narrow(x):
            return narrow_conv(x, weight, bias)
        # as an image of height 1: conv1d would copy channels-last memory
        return as_sequence(
            F.conv2d(as_image(x), weight[:, :, None], bias, dilation=(1, self.dilation))
        )


class Downsample(Convolution):
    """A convolution whose width is its stride: every `width` positions become one."""

    def __init__(self, inputs: int, outputs: int, width: int, after: AfterConv) -> None:
        super().__init__(inputs, outputs, width, inputs * width, after)
        self.stride = width

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """All positions that the outputs were computed from."""
        return first * self.stride, (last + 1) * self.stride - 1

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Floats (B, L, C) to (B, L / width, C'); L is a multiple of the width."""
        rows = x.reshape(len(x), -1, self.stride * x.shape[2])  # (B, L / width, width * C)
        matrix = weight.transpose(1, 2).flatten(1)  # (C', C, width) to (C', width * C)
        return F.linear(rows, matrix, bias)


class Upsample(Convolution):
    """A transposed convolution whose width is its stride: each position becomes `width`."""

    local = True

    def __init__(self, inputs: int, outputs: int, width: int, after: AfterConv) -> None:
        super().__init__(inputs, outputs, width, inputs, after)
        self.factor = width

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """The one position that each output was computed from."""
        return first // self.factor, last // self.factor

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Floats (B, L, C) to (B, L * width, C')."""
        matrix = weight.permute(2, 0, 1).flatten(0, 1)  # (C', C, width) to (width * C', C)
        rows = F.linear(x, matrix, bias.repeat(self.factor))  # (B, L, width * C')
        return rows.view(len(x), -1, len(bias))  # (B, L * width, C')


class SamePool(Block):
    """Max pooling at stride 1 whose output is as long as its input; padded with minus infinity.

    Args:
        width: positions pooled; odd, so that they are centred on the output.
        dilation: the distance between them.
    """

    beyond = -math.inf

    def __init__(self, width: int, *, dilation: int = 1) -> None:
        super().__init__()
        if width % 2 == 0:
            raise ValueError(f"a pooling width must be odd; found {width}")
        self.width = width
        self.dilation = dilation
        self.side = (width - 1) // 2 * dilation

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """The same number of positions on either side."""
        return first - self.side, last + self.side

    def forward(self, x: Tensor, index: int = 0) -> Tensor:  # noqa: ARG002
        """Floats (B, L, C) to (B, L, C)."""
        # torch limits padding to half the undilated width
        x = F.pad(x, (0, 0, self.side, self.side), value=-math.inf)
        return as_sequence(
            F.max_pool2d(as_image(x), (1, self.width), 1, dilation=(1, self.dilation))
        )


class BiLstm(Block):
    """One bidirectional LSTM: every output depends on the whole sequence.

    Args:
        inputs: channels in.
        hidden: size of each direction; channels out are twice that.
    """

    bounded = False

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True, bidirectional=True)
        # start by remembering (Jozefowicz et al. 2015); torch's gates: input, forget, cell, output
        with torch.no_grad():
            for name, bias in self.lstm.named_parameters():
                if name.startswith("bias"):
                    bias.zero_()
                if name.startswith("bias_ih"):
                    bias[hidden : 2 * hidden] = 1

    def forward(self, x: Tensor, index: int = 0) -> Tensor:  # noqa: ARG002
        """Floats (B, L, C) to (B, L, 2 * hidden)."""
        states, _ = self.lstm(x)
        return cast(Tensor, states)

    def of_rows(self, x: Tensor, ends: Tensor, index: int = 0) -> Tensor:  # noqa: ARG002
        """As `Block.of_rows`, floats (B, L, C): each direction begins at its own end of a row."""
        if torch.is_grad_enabled():  # the gradient of a packed sequence costs its length squared
            states = x.new_zeros(*x.shape[:2], 2 * self.lstm.hidden_size)
            for length in sorted(set(ends.tolist())):
                rows = (ends == length).nonzero()[:, 0]
                states[rows, :length] = self.lstm(x[rows, :length])[0]
            return states
        packed = nn.utils.rnn.pack_padded_sequence(
            x, ends.cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, total_length=x.shape[1]
        )
        return states


class OneHot(nn.Module):
    """The letters A C G T as rows of the unit matrix, and N as zeros; nothing is learnt.

    Attributes:
        weight: one row per letter, floats (5, 4), a buffer.
    """

    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weight", torch.eye(5, 4))

    def forward(self, codes: Tensor) -> Tensor:
        """Floats (B, L, 4) of whole numbers 0 to 4 (B, L)."""
        return F.embedding(codes, self.weight)


class Head(nn.Module):
    """The dense layers at every base: hidden with ReLU and dropout, then one logit per marker."""

    def __init__(self, inputs: int, hidden: int, marker_count: int, dropout: float) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden)
        self.output = nn.Linear(hidden, marker_count)
        self.rectify = Rectify(dropout)
        nn.init.normal_(self.hidden.weight, std=math.sqrt(2 / inputs))
        # small, so that the first loss is that of the biases alone (Lin et al. 2017, section 4.1)
        nn.init.normal_(self.output.weight, std=0.01)
        nn.init.zeros_(self.hidden.bias)
        nn.init.zeros_(self.output.bias)

    def forward(self, x: Tensor, markers: Tensor | Sequence[int] | None = None) -> Tensor:
        """Floats (B, L, C) to logits (B, M, L), for the chosen markers only."""
        return self.logits(self.units(x), markers)

    def units(self, x: Tensor) -> Tensor:
        """The hidden layer alone, floats (B, L, C) to (B, L, hidden)."""
        return cast(Tensor, self.rectify(self.hidden(x)))

    def logits(self, units: Tensor, markers: Tensor | Sequence[int] | None = None) -> Tensor:
        """The output layer alone, floats (B, L, hidden) to logits (B, M, L) of chosen markers."""
        weight: Tensor = self.output.weight
        bias: Tensor = self.output.bias
        if markers is not None:
            rows = torch.as_tensor(markers, dtype=torch.long, device=weight.device)
            weight, bias = weight[rows], bias[rows]
        # (M, hidden) times (B, hidden, L): the positions of a marker are contiguous
        return torch.baddbmm(bias[None, :, None], weight.expand(len(units), -1, -1), units.mT)
