"""The interface between a sweep and what computes its values.

`regtrack.sweep.compute.Scorer` computes a network's scores; other computations
are defined in their own packages.
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
from regtrack.predict.copies import to_host
from regtrack.predict.device import memory_errors
from regtrack.predict.forward import Lengths
from regtrack.predict.network import Network
from regtrack.sweep.request import SweepRequest
from regtrack.tracks.kind import Kind

Shape = tuple[int, int]  # (B, L) of codes

_ENOUGH = 1.0  # seconds of timed passes


@dataclass(frozen=True, slots=True)
class ValueKind:
    """A kind of value per base; each marker gets one file per kind.

    Attributes:
        name: the kind, recorded in sweep.json.
        suffix: the end of the file's name, before `.bw`.
    """

    name: Kind
    suffix: str = ""


class Computation(Protocol):
    """Computes the values of a sweep from the codes of each strip.

    Its network is on the device while the sweep is open; `open_job` moves it there and back.
    """

    @property
    def model(self) -> Network:
        """The network."""

    @property
    def rows(self) -> Sequence[int]:
        """Rows of the network's last layer: the markers, in the order of the values."""

    @property
    def kinds(self) -> tuple[ValueKind, ...]:
        """The kinds of values for each marker."""

    @property
    def count(self) -> int:
        """Values per base: all kinds of the first marker, then of the second, and so on."""

    @property
    def values(self) -> str:
        """A description of the values, different for each kind of computation."""

    @property
    def device(self) -> torch.device:
        """Where the network runs."""

    @property
    def precision(self) -> str:
        """`fp32` or `bf16`."""

    @property
    def both_strands(self) -> bool:
        """Whether it also reads the reverse complement, for which strips must be aligned."""

    @property
    def flanks(self) -> int:
        """Context to read on each side of a base, in multiples of the network's flank."""

    @property
    def bytes_per_base(self) -> int:
        """Maximum memory of the layers per base read (bytes)."""

    @property
    def compiled(self) -> Shape | None:
        """The shape (B, L) of the codes that use the compiled network; None: not compiled."""

    @property
    def why_not_compiled(self) -> str:
        """Why it cannot be compiled, as the start of a sentence; empty if it can."""

    def with_compiled(self, shape: Shape | None) -> Computation:
        """The same computation, compiled for codes of a shape (B, L); None: not compiled."""

    def __call__(self, codes: Codes, lengths: Lengths | None = None) -> Tensor:
        """Values, float32 (B, count, L) on the device, of codes, uint8 (B, L).

        With lengths, int64 (B,) in bp, rows are padded with N to a common length. Each gets the
        values that it would get alone, and any beyond its end.
        """


class MakeComputation(Protocol):
    """Makes the computation for a request, once the network is loaded.

    It is pickled for a cluster's workers, which keep a job open for requests with an equal maker.
    If its `per_base` is true, bases that share an output of the network have values of their own.
    """

    def __call__(
        self,
        model: Network,
        rows: Sequence[int],
        device: torch.device,
        request: SweepRequest,
    ) -> Computation:
        """The computation.

        Args:
            model: the network.
            rows: the markers to compute, as rows of its last layer.
            device: where to run.
            request: what to compute.

        Raises:
            PlanError: this computation does not support the request.
        """


def speed(computation: Computation, shape: Shape) -> float:
    """Bases per second for codes of a shape (B, L): the best of three passes after a warm-up.

    Slow passes are repeated less often: none starts once passes have been timed for a second.

    Raises:
        OutOfMemoryError: too little memory.
    """
    codes = np.zeros(shape, dtype=np.uint8)
    seconds: list[float] = []
    with memory_errors(computation.device, shape):
        while len(seconds) < 2 or (len(seconds) < 4 and sum(seconds[1:]) < _ENOUGH):
            start = time.perf_counter()
            to_host(computation(codes))
            seconds.append(time.perf_counter() - start)
    if computation.device.type == "cuda":
        torch.cuda.empty_cache()  # the sweep's streams cannot use what this thread's stream keeps
    return codes.size / min(seconds[1:])
