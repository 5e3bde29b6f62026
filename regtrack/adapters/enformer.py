"""Enformer (Avsec et al. 2021), from enformer-pytorch: 196,608 bp in, 896 bins of 128 bp out."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import Tensor, nn

from regtrack.adapters.weights import Tracks, channels_of, load_weights
from regtrack.predict.plain import PlainNetwork, as_network

_LENGTH, _BIN = 196_608, 128


class _Head(nn.Module):
    def __init__(self, module: nn.Module, head: str) -> None:
        super().__init__()
        self.module, self.head = module, head

    def forward(self, one_hot: Tensor) -> Tensor:
        """The values of one head, floats (B, bins, M), of one-hot sequence (B, L, 4)."""
        found: Tensor = self.module(one_hot)[self.head]
        return found


def enformer(
    weights: str | None = None, tracks: Tracks | None = None, head: str = "human", **settings: Any
) -> PlainNetwork:
    """An Enformer with one of its heads.

    Args:
        weights: a state_dict; None: random weights.
        tracks: channels by name, or a name for each; None: numbered names.
        head: `human` or `mouse`.
        settings: of `EnformerConfig`, such as `depth`.

    Raises:
        NetworkError: weights of another network, or another number of names.
    """
    module: Any = import_module("enformer_pytorch").Enformer.from_hparams(**settings)
    if weights is not None:
        load_weights(module, weights)
    names, channels = channels_of(tracks, module.config.output_heads[head], head)
    spare = _LENGTH - module.config.target_length * _BIN
    return as_network(
        _Head(module, head), names, name="enformer", layout="NLC", length=_LENGTH, bin=_BIN,
        crop=spare // 2, channels=channels,
    )  # fmt: skip
