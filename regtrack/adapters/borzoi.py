"""Borzoi (Linder et al. 2025), from borzoi-pytorch: 524,288 bp in, 6,144 bins of 32 bp out."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from regtrack.adapters.weights import Tracks, channels_of, load_weights
from regtrack.predict.plain import PlainNetwork, as_network

_LENGTH, _BIN, _HUMAN = 524_288, 32, 7_611


def borzoi(
    weights: str | None = None, tracks: Tracks | None = None, **settings: Any
) -> PlainNetwork:
    """A Borzoi with its human head.

    Args:
        weights: a state_dict; None: random weights.
        tracks: channels by name, or a name for each of the 7,611; None: numbered names.
        settings: of `BorzoiConfig`, such as `depth`.

    Raises:
        NetworkError: weights of another network, or another number of names.
    """
    package: Any = import_module("borzoi_pytorch")
    config = import_module("borzoi_pytorch.config_borzoi").BorzoiConfig(**settings)
    module = package.Borzoi(config)
    if weights is not None:
        load_weights(module, weights)
    names, channels = channels_of(tracks, _HUMAN, "human")
    return as_network(
        module, names, name="borzoi", length=_LENGTH, bin=_BIN,
        crop=(_LENGTH - config.bins_to_return * _BIN) // 2, channels=channels,
    )  # fmt: skip
