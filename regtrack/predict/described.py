"""regtrack's own networks in the words of the contract for other people's."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from regtrack.checkpoint import Checkpoint
from regtrack.predict.description import NetworkDescription, OutputTrack
from regtrack.predict.ensemble import NamedEnsemble
from regtrack.predict.foreign import ForeignNetwork
from regtrack.predict.network import SequenceNetwork
from regtrack.predict.opening import Opened


class DescribedModel(nn.Module):
    """A trained network as a `SequenceNetwork`, with a description.

    Args:
        trained: the network, which is not copied, and its markers; or several as one.
    """

    def __init__(self, trained: Checkpoint | NamedEnsemble) -> None:
        super().__init__()
        self.model = trained.model
        self.description = NetworkDescription(
            self.model.name,
            [OutputTrack(marker.name, marker.category) for marker in trained.markers],
            values="logits",
            grid=self.model.stride,
            reach=self.model.reach,
            unknown="code",
        )

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        """Logits of some markers, floats (B, len(rows), L), of codes (B, L)."""
        return self.model.logits(codes, rows)


def described(opened: Opened) -> SequenceNetwork:
    """What was opened, as other people's networks are."""
    return opened.model.network if isinstance(opened, ForeignNetwork) else DescribedModel(opened)
