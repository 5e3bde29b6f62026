"""A network under check, with the call that it is measured by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from regtrack.genome.sequence import Codes
from regtrack.genome.source import Source
from regtrack.model_check.caller import Caller
from regtrack.model_check.sequences import draw
from regtrack.predict.description import NetworkDescription
from regtrack.predict.redescribed import Redescribed

_OUTPUTS = 2_048  # bp of outputs of a call, at least
_LONGEST = 50_000  # bp of a call, if its outputs depend on no more
_MANY, _FEW = 4, 2  # sequences
_LONG = 50_000  # bp of a call from which fewer sequences are taken


@dataclass(frozen=True)
class Probe:
    """What to measure with.

    Attributes:
        call: the network.
        source: the reference to take sequences from; None: random ones alone.
        generator: draws them.
        outputs: bp of outputs of a call.
    """

    call: Caller
    source: Source | None
    generator: np.random.Generator
    outputs: int

    @classmethod
    def of(cls, call: Caller, source: Source | None, seed: int) -> Probe:
        """The probe for a network: calls of its length, or long enough for what it claims."""
        said = call.network.description
        if said.length is not None:
            outputs = said.length - sum(said.cropped)
        else:
            needed = 0 if said.reached is None else 3 * sum(said.reached) // 2
            outputs = _up(max(_OUTPUTS, 4 * said.period, min(needed, _LONGEST)), said.period)
        return cls(call, source, np.random.default_rng(seed), outputs)

    @property
    def said(self) -> NetworkDescription:
        """The network's description."""
        return self.call.network.description

    @property
    def length(self) -> int:
        """Bp of a call."""
        return self.outputs + sum(self.said.cropped)

    @property
    def bins(self) -> int:
        """Outputs of a call, per track."""
        return self.outputs // self.said.bin

    def described(self, said: NetworkDescription) -> Probe:
        """The same with another description of the network."""
        call = replace(self.call, network=Redescribed(self.call.network, said))
        found = Probe.of(call, self.source, 0)
        return replace(found, generator=self.generator)

    def longer(self) -> Probe:
        """The same with calls twice as long."""
        return replace(self, outputs=2 * self.outputs)

    def draw(self, length: int | None = None, count: int | None = None) -> Codes:
        """Sequences, uint8 (count, length): of a call, unless another length is asked for."""
        length = length or self.length
        few = _FEW if length > _LONG else _MANY
        return draw(count or few, length, self.source, self.generator)


def size_of(values: Tensor) -> float:
    """The largest absolute value of floats of any shape, or 1 if all are 0."""
    return float(values.abs().max()) or 1.0


def largest(one: Tensor, other: Tensor) -> float:
    """The largest absolute difference of two tensors of floats of one shape (B, M, bins)."""
    return float((one.double() - other.double()).abs().max())


def stored(values: Tensor, said: NetworkDescription) -> Tensor:
    """The values (B, M, bins) as a sweep stores them by default, float64."""
    return torch.sigmoid(values.double()) if said.values == "logits" else values.double()


def _up(value: int, step: int) -> int:
    return -(-value // step) * step
