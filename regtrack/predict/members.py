"""An ensemble that shows what its members say, beside their mean."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from regtrack.predict.ensemble import Ensemble
from regtrack.predict.network import Traits


class WithMembers(nn.Module):
    """An ensemble with a row per member: for each marker the mean, then each member.

    Args:
        ensemble: which is not copied.

    Attributes:
        traits: those of the ensemble.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        super().__init__()
        self.ensemble = ensemble
        self.name = ensemble.name
        self.stride, self.flank, self.reach = ensemble.stride, ensemble.flank, ensemble.reach
        self.receptive_field = ensemble.receptive_field
        self.per_marker = 1 + len(ensemble.members)
        self.marker_count = ensemble.marker_count * self.per_marker
        self.traits: Traits = ensemble.traits

    def rows(self, markers: Sequence[int]) -> list[int]:
        """The rows of some markers: each one's mean, then its members."""
        width = self.per_marker
        return [row for marker in markers for row in range(marker * width, (marker + 1) * width)]

    def logits(
        self,
        codes: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """As `Network.logits`: float32 (B, rows, L), of rows as `rows` gives them."""
        every = range(self.marker_count)
        rows = list(every) if markers is None else torch.as_tensor(markers).tolist()
        asked = sorted({row // self.per_marker for row in rows})
        apart = list(self.ensemble.apart(codes, asked, lengths))
        mean = sum(apart[1:], start=apart[0]) / len(apart)  # rounds as the ensemble's own
        found = torch.stack([mean, *apart], dim=2)  # (B, asked, 1 + K, L)
        place = {marker: number for number, marker in enumerate(asked)}
        chosen = [
            place[row // self.per_marker] * self.per_marker + row % self.per_marker for row in rows
        ]
        return found.flatten(1, 2)[:, chosen]
