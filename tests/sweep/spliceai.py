"""SpliceAI (Jaganathan et al. 2019, figure 1), to be loaded with the weights of OpenSpliceAI.

Its layers are called as its tensors are.
"""

from __future__ import annotations

from pathlib import Path

import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

import regtrack
from regtrack.predict.two_strands import TwoStrands

CONTEXT = 400
GROUPS = ((11, 1), (11, 4))  # width and dilation of four units each
CHANNELS = 32


class Unit(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.batchnorm1, self.batchnorm2 = nn.BatchNorm1d(CHANNELS), nn.BatchNorm1d(CHANNELS)
        self.conv1, self.conv2 = (
            nn.Conv1d(CHANNELS, CHANNELS, width, dilation=dilation, padding="same")
            for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.leaky_relu(self.batchnorm1(x), 0.1))
        return x + self.conv2(F.leaky_relu(self.batchnorm2(y), 0.1))


class Skip(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(CHANNELS, CHANNELS, 1)


class SpliceAI(nn.Module):
    """One-hot (B, 4, L + 400) to (B, 3, L): neither, acceptor, donor, before the softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.initial_conv = nn.Conv1d(4, CHANNELS, 1)
        self.initial_skip = Skip()
        groups = [[*(Unit(*group) for _ in range(4)), Skip()] for group in GROUPS]
        self.residual_units = nn.ModuleList(layer for group in groups for layer in group)
        self.final_conv = nn.Conv1d(CHANNELS, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.initial_conv(x)
        total = self.initial_skip.conv(x)
        for layer in self.residual_units:
            if isinstance(layer, Skip):
                total = total + layer.conv(x)
            else:
                x = layer(x)
        return self.final_conv(total)[..., CONTEXT // 2 : -CONTEXT // 2]


def load_spliceai(weights: Path) -> SpliceAI:
    module = SpliceAI()
    module.load_state_dict(load_file(weights))
    return module.eval()


def splice_sites(module: SpliceAI) -> TwoStrands:
    """Acceptors and donors of both strands."""
    one_strand = regtrack.as_network(
        module, ["acceptor", "donor"], name="openspliceai",
        crop=CONTEXT // 2, reach=CONTEXT // 2, activation="softmax", channels=[1, 2],
    )  # fmt: skip
    return regtrack.two_strands(one_strand)
