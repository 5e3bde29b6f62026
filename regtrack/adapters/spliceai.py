"""SpliceAI (Jaganathan et al. 2019, figure 1), named as the tensors of OpenSpliceAI are.

Only the groups of units differ between its four sizes: 80, 400, 2,000 and 10,000 nt of context.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.adapters.weights import load_weights
from regtrack.predict.plain import as_network
from regtrack.predict.two_strands import TwoStrands, two_strands

_CHANNELS = 32
# by the nt of context: width and dilation of four units each
_GROUPS = {
    80: ((11, 1),),
    400: ((11, 1), (11, 4)),
    2_000: ((11, 1), (11, 4), (21, 10)),
    10_000: ((11, 1), (11, 4), (21, 10), (41, 25)),
}


class _Unit(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.batchnorm1, self.batchnorm2 = nn.BatchNorm1d(_CHANNELS), nn.BatchNorm1d(_CHANNELS)
        self.conv1, self.conv2 = (
            nn.Conv1d(_CHANNELS, _CHANNELS, width, dilation=dilation, padding="same")
            for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.leaky_relu(self.batchnorm1(x), 0.1))
        found: Tensor = x + self.conv2(F.leaky_relu(self.batchnorm2(y), 0.1))
        return found


class _Skip(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(_CHANNELS, _CHANNELS, 1)


class SpliceAI(nn.Module):
    """One-hot (B, 4, L + context) to (B, 3, L): neither, acceptor, donor, before the softmax.

    Args:
        context: nt of sequence around each output, on both sides together.
    """

    def __init__(self, context: int) -> None:
        super().__init__()
        self.crop = context // 2
        self.initial_conv = nn.Conv1d(4, _CHANNELS, 1)
        self.initial_skip = _Skip()
        groups = [[*(_Unit(*group) for _ in range(4)), _Skip()] for group in _GROUPS[context]]
        self.residual_units = nn.ModuleList(layer for group in groups for layer in group)
        self.final_conv = nn.Conv1d(_CHANNELS, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits, floats (B, 3, L), of one-hot sequence (B, 4, L + context)."""
        x = self.initial_conv(x)
        total = self.initial_skip.conv(x)
        for layer in self.residual_units:
            if isinstance(layer, _Skip):
                total = total + layer.conv(x)
            else:
                x = layer(x)
        found: Tensor = self.final_conv(total)[..., self.crop : x.shape[2] - self.crop]
        return found


def spliceai(weights: str | None = None, context: int = 400) -> TwoStrands:
    """Acceptors and donors of both strands.

    Args:
        weights: a state_dict, such as one of OpenSpliceAI; None: random weights.
        context: 80, 400, 2000 or 10000 nt.

    Raises:
        NetworkError: weights of another size.
    """
    module = SpliceAI(context)
    if weights is not None:
        load_weights(module, weights)
    return both_strands(module, "spliceai")


def both_strands(module: SpliceAI, name: str) -> TwoStrands:
    """A module's acceptors and donors of both strands, as a network of this name."""
    return two_strands(
        as_network(
            module, ["acceptor", "donor"], name=name,
            crop=module.crop, reach=module.crop, activation="softmax", channels=[1, 2],
        )
    )  # fmt: skip
