"""Networks that give a profile and its total: bpnet-lite's BPNet, and Cherimoya.

The values are expected counts per base: the softmax of the profile times the total, which these
networks give as log(1 + total). They depend on all of a call, through the softmax.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from regtrack.adapters.weights import load_weights
from regtrack.predict.plain import PlainNetwork, as_network

_LENGTH = 2_114  # bp of a call; 1,000 are emitted with 557 bp trimmed at each end


class ExpectedCounts(nn.Module):
    """Counts per base and track, from a module that gives a profile and a total per group.

    Args:
        module: one-hot (B, 4, L) to profile logits (B, M, L') and log(1 + total) (B, groups).
        groups: the number of tracks with a common total, for each group.
    """

    def __init__(self, module: nn.Module, groups: Sequence[int]) -> None:
        super().__init__()
        self.module, self.groups = module, list(groups)

    def forward(self, one_hot: Tensor) -> Tensor:
        """Expected counts, floats (B, M, L'), of one-hot sequence (B, 4, L)."""
        profile, total = self.module(one_hot)
        parts = []
        for number, part in enumerate(profile.split(self.groups, dim=1)):
            share = part.flatten(1).softmax(1).view_as(part)
            parts.append(share * total[:, number, None, None].expm1().clamp(min=0))
        return torch.cat(parts, dim=1)


def bpnet(
    tracks: Sequence[str], weights: str | None = None, length: int = _LENGTH, **settings: Any
) -> PlainNetwork:
    """A BPNet of bpnet-lite without control tracks.

    Args:
        tracks: a name per strand or output.
        weights: a state_dict; None: random weights.
        length: bp of a call.
        settings: of `bpnetlite.BPNet`, such as `n_filters`.

    Raises:
        NetworkError: weights of another network.
    """
    made = import_module("bpnetlite").BPNet(
        n_outputs=len(tracks), n_control_tracks=0, verbose=False, **settings
    )
    return _network(made, [len(tracks)], tracks, weights=weights, length=length, name="bpnet")


def cherimoya(
    tracks: Sequence[str], weights: str | None = None, length: int = _LENGTH,
    signal_groups: Sequence[int] | None = None, **settings: Any,
) -> PlainNetwork:  # fmt: skip
    """A Cherimoya without control tracks; arguments as `bpnet`, and the tracks of each group."""
    groups = [len(tracks)] if signal_groups is None else list(signal_groups)
    made = import_module("cherimoya").Cherimoya(
        signal_groups=groups, compile=False, verbose=False, **settings
    )
    return _network(made, groups, tracks, weights=weights, length=length, name="cherimoya")


def _network(
    module: nn.Module, groups: Sequence[int], tracks: Sequence[str], *, weights: str | None,
    length: int, name: str,
) -> PlainNetwork:  # fmt: skip
    if weights is not None:
        load_weights(module, weights)
    trimmed: Any = module.trimming
    return as_network(
        ExpectedCounts(module, groups), tracks, name=name, length=length, crop=int(trimmed)
    )
