"""regtrack's own networks in the words of the contract for other people's."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from regtrack.checkpoint import Checkpoint
from regtrack.predict.description import NetworkDescription, OutputTrack


class DescribedModel(nn.Module):
    """A trained network as a `SequenceNetwork`, with a description.

    Args:
        checkpoint: the network, which is not copied, and its markers.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.model = checkpoint.model
        self.description = NetworkDescription(
            self.model.name,
            [OutputTrack(marker.name, marker.category) for marker in checkpoint.markers],
            values="logits",
            grid=self.model.stride,
            reach=self.model.reach,
            unknown="code",
        )

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        """Logits of some markers, floats (B, len(rows), L), of codes (B, L)."""
        return self.model.logits(codes, rows)


def described(checkpoint: Checkpoint) -> DescribedModel:
    """A checkpoint as other people's networks are."""
    return DescribedModel(checkpoint)
