"""Networks with another description than their own."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from regtrack.predict.description import NetworkDescription
from regtrack.predict.network import SequenceNetwork


class Redescribed(nn.Module):
    """A network with another description than its own.

    Args:
        network: which is not copied.
        description: what is said of it instead.
    """

    def __init__(self, network: SequenceNetwork, description: NetworkDescription) -> None:
        super().__init__()
        self.network = network
        self.description = description

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        """The network's values, floats (B, len(rows), bins), of codes (B, L)."""
        return self.network(codes, rows)
