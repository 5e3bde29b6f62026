"""One-hot sequence as the input of networks: what gradients are taken at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.errors import NetworkError
from regtrack.genome.sequence import N
from regtrack.predict.description import NetworkDescription, Unknown
from regtrack.predict.network import OneHotCall, SequenceNetwork


class OneHotNetwork(nn.Module):
    """A network of one-hot sequence, to be derived from: it can be swept and explained.

    Define `from_one_hot` and set `description`; calls with codes follow from them.

    Attributes:
        description: what the network says of itself.
    """

    description: NetworkDescription

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        """The values of some tracks, floats (B, len(rows), bins), of codes (B, L)."""
        return self.from_one_hot(one_hot(codes, self.description.unknown), rows)

    def from_one_hot(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        """The values of some tracks, floats (B, len(rows), bins), of one-hot sequence (B, L, 4).

        Args:
            sequence: floats, in the order A C G T; N as described. With `code` for N it has a fifth
                column, which is 1 there.
            rows: the tracks to return, by their index, in this order.
        """
        raise NotImplementedError(f"{type(self).__name__} has no from_one_hot")


class Wrapped(nn.Module):
    """A network around another one, which is called with what this one is: codes, or one-hot.

    Derived classes define `values`.

    Args:
        network: is not copied.
        description: what is said of the whole.
    """

    def __init__(self, network: SequenceNetwork, description: NetworkDescription) -> None:
        super().__init__()
        self.network = network
        self.description = description

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        """The values of some tracks, floats (B, len(rows), bins), of codes (B, L)."""
        return self.values(codes, rows)

    def from_one_hot(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        """The same of one-hot sequence, floats (B, L, 4); see `OneHotNetwork.from_one_hot`."""
        return self.values(sequence, rows)

    def values(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        """The values, floats (B, rows, bins), of codes (B, L) or one-hot sequence (B, L, 4)."""
        return called(self.network, sequence, rows)


def called(network: SequenceNetwork, sequence: Tensor, rows: Sequence[int]) -> Tensor:
    """The values of some tracks, floats (B, rows, bins), of codes (B, L) or one-hot (B, L, 4)."""
    if sequence.dim() == 2:
        return network(sequence, rows)
    return cast(OneHotCall, network).from_one_hot(sequence, rows)


def takes_one_hot(network: object) -> bool:
    """Whether a network takes one-hot sequence too, at which gradients can be taken."""
    while isinstance(network, Wrapped):
        network = network.network
    return callable(getattr(network, "from_one_hot", None))


def check_one_hot(network: SequenceNetwork, sequence: Tensor, expected: Tensor) -> None:
    """Refuse a network that says something else of one-hot sequence than of the same codes.

    Args:
        network: the network.
        sequence: the values of one-hot sequence, floats (B, M, bins).
        expected: those of codes.

    Raises:
        NetworkError: they differ by more than rounding.
    """
    scale = float(expected.abs().max()) or 1.0
    if sequence.shape != expected.shape or (sequence - expected).abs().max() > 0.02 * scale:
        raise NetworkError(
            f"{network.description.name} gives other values for one-hot sequence, by from_one_hot, "
            "than for the same sequence as codes; expected the same"
        )


def letter_rows(unknown: Unknown) -> Tensor:
    """The row of each letter in one-hot sequence, float32 (5, 4), or (5, 5) with a `code` for N."""
    if unknown == "code":
        return torch.eye(N + 1)
    last = torch.full((1, N), 0.25 if unknown == "quarter" else 0.0)
    return torch.cat([torch.eye(N), last])


def one_hot(codes: Tensor, unknown: Unknown) -> Tensor:
    """One-hot sequence, float32 (B, L, 4), of codes (B, L); see `letter_rows`."""
    return F.embedding(codes.int(), _rows_on(unknown, codes.device))


@lru_cache
def _rows_on(unknown: Unknown, device: torch.device) -> Tensor:
    with torch.inference_mode(mode=False):  # gradients may be taken later
        return letter_rows(unknown).to(device)


def complement(sequence: Tensor) -> Tensor:
    """The reverse complement of codes (B, L), or of one-hot sequence, floats (B, L, 4 or 5)."""
    if sequence.dim() == 2:
        return torch.where(sequence == N, sequence, 3 - sequence).flip(1)
    return sequence[..., [3, 2, 1, 0, *range(N, sequence.shape[-1])]].flip(1)
