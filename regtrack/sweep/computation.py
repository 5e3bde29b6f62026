"""What a sweep needs of whatever computes its values; it asks nothing else about them.

`regtrack.sweep.compute.Scorer` computes a network's scores. Other computations live with what they
compute: a sweep takes any of them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from regtrack.genome.sequence import Codes
from regtrack.models.network import TrackModel
from regtrack.predict.copies import to_host
from regtrack.predict.device import memory_errors
from regtrack.predict.network import Network
from regtrack.sweep.request import SweepRequest
from regtrack.tracks.kind import Kind

Shape = tuple[int, int]  # of codes: (B, L)


@dataclass(frozen=True, slots=True)
class ValueKind:
    """One number per base that a computation gives for each marker; each becomes a file.

    Attributes:
        name: what the number is, as sweep.json says of the file.
        suffix: what ends the file's name, before `.bw`.
    """

    name: Kind
    suffix: str = ""


class Computation(Protocol):
    """Values along a genome, from codes: what a sweep runs on every strip.

    It holds a network that whoever opened the sweep has lent to a device.
    """

    @property
    def model(self) -> Network:
        """The network."""

    @property
    def rows(self) -> Sequence[int]:
        """The rows of its last layer: the markers, in the order of the values."""

    @property
    def kinds(self) -> tuple[ValueKind, ...]:
        """What it gives for each marker."""

    @property
    def count(self) -> int:
        """Values per base: every kind of the first marker, then of the next."""

    @property
    def values(self) -> str:
        """What the values are, in words; two computations that differ say different things."""

    @property
    def device(self) -> torch.device:
        """Where it runs."""

    @property
    def precision(self) -> str:
        """`fp32` or `bf16`."""

    @property
    def both_strands(self) -> bool:
        """Whether it also reads the reverse complement, which needs aligned strips."""

    @property
    def flanks(self) -> int:
        """How many of the network's flanks have to be read on each side of a base."""

    @property
    def bytes_per_base(self) -> int:
        """Memory that the layers take per base that is read, at most."""

    @property
    def compiled(self) -> Shape | None:
        """Codes of this shape go through torch.compile; None where nothing is compiled."""

    @property
    def why_not_compiled(self) -> str:
        """Why it cannot be compiled, as the first half of a sentence; empty where it can."""

    def with_compiled(self, shape: Shape | None) -> Computation:
        """The same, compiled for codes of a shape, or not at all."""

    def __call__(self, codes: Codes) -> Tensor:
        """Values (B, count, L) of codes (B, L), float32, on the device."""


class MakeComputation(Protocol):
    """Makes a computation for what a user asks for, once its network is known.

    A cluster's workers get it pickled, and keep a sweep open for the next of an equal one.
    """

    def __call__(
        self,
        model: TrackModel,
        rows: Sequence[int],
        device: torch.device,
        request: SweepRequest,
    ) -> Computation:
        """The computation.

        Args:
            model: the network.
            rows: the markers to compute, rows of its last layer.
            device: where to run.
            request: what the user asks for.

        Raises:
            PlanError: the request asks for what this computation cannot give.
        """


def speed(computation: Computation, shape: Shape) -> float:
    """Bases per second for codes of a shape: the best of three passes after a warm-up.

    Raises:
        OutOfMemoryError: too little memory.
    """
    codes = np.zeros(shape, dtype=np.uint8)
    seconds = []
    with memory_errors(computation.device, shape):
        for _ in range(4):
            start = time.perf_counter()
            to_host(computation(codes))
            seconds.append(time.perf_counter() - start)
    if computation.device.type == "cuda":
        torch.cuda.empty_cache()  # what this thread's stream keeps, the sweep's cannot use
    return codes.size / min(seconds[1:])
