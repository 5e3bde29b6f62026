"""regtrack's own networks in the words of the contract for other people's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn

from regtrack.checkpoint import Checkpoint
from regtrack.predict.description import NetworkDescription, OutputTrack
from regtrack.predict.ensemble import NamedEnsemble
from regtrack.predict.foreign import ForeignNetwork
from regtrack.predict.network import Explainable, SequenceNetwork, traits_of
from regtrack.predict.opening import Opened


class DescribedModel(nn.Module):
    """A trained network as a `SequenceNetwork`, with a description.

    Args:
        trained: the network, which is not copied, and its markers; or several as one.
    """

    def __init__(self, trained: Checkpoint | NamedEnsemble) -> None:
        super().__init__()
        self.model = trained.model
        traits = traits_of(self.model)
        reach = self.model.reach
        self.description = NetworkDescription(
            self.model.name,
            [OutputTrack(marker.name, marker.category) for marker in trained.markers],
            values="logits",
            grid=self.model.stride,
            bin=traits.bin,
            # of a bin's bases the one at its end sees furthest
            reach=reach and (reach[0] - traits.bin + 1, reach[1] - traits.bin + 1),
            unknown="code" if traits.bin == 1 else "zeros",
        )

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        """Logits of some markers, floats (B, len(rows), bins), of codes (B, L)."""
        return self.model.logits(codes, rows)[..., :: self.description.bin]

    def from_one_hot(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        """The same of one-hot sequence, floats (B, L, C); see `OneHotNetwork`.

        Only of a single network: the members of several have embeddings of their own.
        """
        model = cast(Explainable, self.model)
        letters = model.letters[: sequence.shape[-1]]
        embedded = sequence.to(letters.dtype) @ letters
        return model.logits_from_embedded(embedded, rows)[..., :: self.description.bin]


def described(opened: Opened) -> SequenceNetwork:
    """What was opened, as other people's networks are."""
    return opened.model.network if isinstance(opened, ForeignNetwork) else DescribedModel(opened)
