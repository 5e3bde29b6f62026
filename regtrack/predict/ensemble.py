"""Several networks as one: the mean of their logits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from regtrack.checkpoint import Checkpoint
from regtrack.errors import MarkerError
from regtrack.labels.marker import Marker
from regtrack.predict.network import Network, TrainedNetwork, Traits, traits_of

SEVERAL = "several networks are one pass"  # why they are not compiled


class Ensemble(nn.Module):
    """The mean of the logits of several networks, a `Network` itself.

    Args:
        networks: the members, which are `torch.nn.Module`.
        rows: for each member, its rows of the markers of the ensemble, in their order.
    """

    name = "ensemble"

    def __init__(self, networks: Sequence[Network], rows: Sequence[Sequence[int]]) -> None:
        super().__init__()
        if len({len(of_one) for of_one in rows}) != 1 or len(rows) != len(networks):
            raise ValueError("expected one list of rows per member, all of the same length")
        self.members = nn.ModuleList(cast("Sequence[nn.Module]", networks))
        self.rows = [list(of_one) for of_one in rows]

    @property
    def _networks(self) -> list[Network]:
        return cast("list[Network]", list(self.members))

    @property
    def marker_count(self) -> int:
        """The number of markers that all members predict."""
        return len(self.rows[0])

    @property
    def stride(self) -> int:
        """The period of all members' positions (bp)."""
        return math.lcm(*(one.stride for one in self._networks))

    @property
    def flank(self) -> int | None:
        """The widest flank of a member, as a multiple of the stride (bp); None: unbounded."""
        flanks = [one.flank for one in self._networks]
        enough = [flank for flank in flanks if flank is not None]
        if len(enough) < len(flanks):
            return None
        return -(-max(enough) // self.stride) * self.stride

    @property
    def reach(self) -> tuple[int, int] | None:
        """The largest reach of a member to either side (bp); None: unbounded."""
        reaches = [one.reach for one in self._networks]
        bounded = [reach for reach in reaches if reach is not None]
        if len(bounded) < len(reaches):
            return None
        return max(left for left, _ in bounded), max(right for _, right in bounded)

    @property
    def receptive_field(self) -> int | None:
        """The span of a base and all that a member sees around it (bp); None: unbounded."""
        return None if self.reach is None else sum(self.reach) + 1

    @property
    def traits(self) -> Traits:
        """Those of the plain case, or with the bins that all members share.

        Besides a network without a sufficient flank, others need one.

        A Bi-LSTM's windows are then read with the flank of the widest of the others, if that is
        more than a Bi-LSTM's own.
        """
        least = max((one.flank or 0) for one in self._networks)
        shared = {(traits.whole, traits.bin) for traits in map(traits_of, self._networks)}
        whole, size = shared.pop() if len(shared) == 1 else (False, 1)
        return Traits(whole=whole, bin=size, least=least, gradients=False)

    def logits(
        self,
        codes: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """As `Network.logits`: the members' logits, averaged, float32 (B, M, L)."""
        total: Tensor | None = None
        for found in self.apart(codes, markers, lengths):
            total = found if total is None else total.add_(found)
        assert total is not None
        return total.div_(len(self._networks))

    def labelled_logits(
        self, codes: Tensor, markers: Tensor | Sequence[int] | None = None
    ) -> Tensor:
        """The mean of the members' logits of training windows, floats (B, M, P)."""
        chosen = range(self.marker_count) if markers is None else torch.as_tensor(markers).tolist()
        members = cast("list[TrainedNetwork]", list(self.members))
        found = [
            one.labelled_logits(codes, [rows[marker] for marker in chosen]).float()
            for one, rows in zip(members, self.rows, strict=True)
        ]
        return torch.stack(found).mean(0)

    def apart(
        self,
        codes: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Iterator[Tensor]:
        """As `logits`, float32 (B, M, L), for one member after another."""
        chosen = None if markers is None else torch.as_tensor(markers).tolist()
        for network, rows in zip(self._networks, self.rows, strict=True):
            of_member = rows if chosen is None else [rows[marker] for marker in chosen]
            yield network.logits(codes, of_member, lengths).float()


@dataclass(frozen=True)
class NamedEnsemble:
    """An ensemble and the markers that all of its members predict; a `NamedNetwork`.

    Attributes:
        model: the ensemble.
        markers: of its rows, in the order of the first member.
        members: the checkpoints.
    """

    model: Ensemble
    markers: tuple[Marker, ...]
    members: tuple[Checkpoint, ...]

    @property
    def marker_names(self) -> tuple[str, ...]:
        """The names of the markers, in the order of the rows."""
        return tuple(marker.name for marker in self.markers)


def averaged(members: Sequence[Checkpoint]) -> NamedEnsemble:
    """Several checkpoints as one network: the mean of their logits, for the markers of all.

    Raises:
        MarkerError: no marker is predicted by all.
    """
    rows = [{marker.name: row for row, marker in enumerate(one.markers)} for one in members]
    shared = [one for one in members[0].markers if all(one.name in of_one for of_one in rows)]
    if not shared:
        raise MarkerError(
            f"no marker is predicted by all {len(members)} checkpoints; expected checkpoints that "
            "share some markers by name"
        )
    model = Ensemble(
        [one.model for one in members],
        [[of_one[marker.name] for marker in shared] for of_one in rows],
    )
    return NamedEnsemble(model, tuple(shared), tuple(members))
