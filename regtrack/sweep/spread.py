"""The mean of several networks and how far they lie apart: what a sweep with `spread` computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from regtrack.errors import PlanError
from regtrack.genome.sequence import Codes
from regtrack.predict.capacity import BYTES_PER_BASE, BYTES_PER_SCORE
from regtrack.predict.ensemble import SEVERAL, Ensemble
from regtrack.predict.forward import Lengths, values_of_codes
from regtrack.predict.members import WithMembers
from regtrack.predict.network import Network
from regtrack.sweep.computation import Shape, ValueKind
from regtrack.sweep.request import SweepRequest

SPREAD_SUFFIX = ".spread"


@dataclass(frozen=True)
class Spread:
    """The scores or logits of an ensemble, and their standard deviation over its members.

    The scores are those of the ensemble alone: of the mean of the logits. The deviation is that of
    the members' own scores or logits, with their number less one below the fraction.

    Attributes:
        model: the ensemble, on the device.
        rows: the markers to compute, as rows of its last layer.
        device, precision, both_strands, logits: as in `regtrack.sweep.compute.Scorer`.
    """

    model: Ensemble
    rows: Sequence[int]
    device: torch.device
    precision: str = "fp32"
    both_strands: bool = False
    logits: bool = False
    _members: WithMembers = field(init=False, repr=False, compare=False)

    flanks: ClassVar[int] = 1
    compiled: ClassVar[Shape | None] = None
    why_not_compiled: ClassVar[str] = SEVERAL

    def __post_init__(self) -> None:
        object.__setattr__(self, "_members", WithMembers(self.model))

    @property
    def kinds(self) -> tuple[ValueKind, ...]:
        """Two files per marker."""
        mean = ValueKind("logits" if self.logits else "scores")
        return (mean, ValueKind("spread", SPREAD_SUFFIX))

    @property
    def count(self) -> int:
        """Values per base: two per marker."""
        return 2 * len(self.rows)

    @property
    def values(self) -> str:
        """A description of the values."""
        return f"{self.kinds[0].name} and their spread"

    @property
    def bytes_per_base(self) -> int:
        """Memory per base: of one network's layers, and of every member's values."""
        return BYTES_PER_BASE + BYTES_PER_SCORE * len(self.rows) * self._members.per_marker

    def with_compiled(self, shape: Shape | None) -> Spread:
        """This object, which is never compiled.

        Raises:
            PlanError: a shape was given.
        """
        if shape is not None:
            raise PlanError(f"{self.why_not_compiled}, so nothing is compiled")
        return self

    def __call__(self, codes: Codes, lengths: Lengths | None = None) -> Tensor:
        """Values, float32 (B, count, L) on the device, of codes (B, L): mean, spread by marker.

        With lengths (B,) in bp, rows are padded with N and get what they would get alone.
        """
        found = values_of_codes(
            self._members, codes,
            markers=self._members.rows(self.rows), precision=self.precision, device=self.device,
            both_strands=self.both_strands, logits=self.logits, lengths=lengths,
        )  # fmt: skip
        apart = found.view(len(found), len(self.rows), self._members.per_marker, -1)
        with torch.inference_mode():
            spread = apart[:, :, 1:].std(2)
            return torch.stack([apart[:, :, 0], spread], dim=2).flatten(1, 2)


def make_spread(
    model: Network, rows: Sequence[int], device: torch.device, request: SweepRequest
) -> Spread:
    """The computation for a request; a `MakeComputation`.

    Raises:
        PlanError: one network alone, which has no spread.
    """
    if not isinstance(model, Ensemble):
        raise PlanError(
            f"`spread` is that of several checkpoints, and there is one, {model.name}; name more, "
            "or omit the option"
        )
    return Spread(
        model, rows, device,
        precision=request.compute.precision, both_strands=request.compute.reverse_complement,
        logits=request.storage.logits,
    )  # fmt: skip
