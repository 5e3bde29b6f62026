"""Read batches and run the model on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from regtrack.errors import FastaError
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, N
from regtrack.predict.capacity import BYTES_PER_BASE
from regtrack.predict.copies import Scores
from regtrack.predict.device import memory_errors
from regtrack.predict.forward import values_of_codes
from regtrack.predict.network import Network
from regtrack.predict.reading import Strip
from regtrack.sweep.computation import Computation, Shape, ValueKind
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.request import SweepRequest

Present = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scorer:
    """The scores or logits of a network: what `predict-genome` computes.

    Attributes:
        model: the network, on the device.
        rows: the markers to compute, as rows of its last layer.
        device, precision: as in `regtrack.predict.forward.values_of_codes`.
        both_strands: average both strands instead of using the forward strand alone.
        logits: compute logits instead of scores.
        compiled: shape (B, L) of the codes that use the compiled network; None: not compiled.
    """

    model: Network
    rows: Sequence[int]
    device: torch.device
    precision: str = "fp32"
    both_strands: bool = False
    logits: bool = False
    compiled: Shape | None = None

    flanks: ClassVar[int] = 1
    bytes_per_base: ClassVar[int] = BYTES_PER_BASE
    why_not_compiled: ClassVar[str] = ""

    @property
    def kinds(self) -> tuple[ValueKind, ...]:
        """One file per marker."""
        return (ValueKind(self.values),)

    @property
    def count(self) -> int:
        """Values per base: one per marker."""
        return len(self.rows)

    @property
    def values(self) -> Literal["scores", "logits"]:
        """`logits` or `scores`."""
        return "logits" if self.logits else "scores"

    def with_compiled(self, shape: Shape | None) -> Scorer:
        """The same computation, compiled for codes of a shape (B, L); None: not compiled."""
        return replace(self, compiled=shape)

    def __call__(self, codes: Codes) -> Tensor:
        """Values, float32 (B, count, L) along the forward strand on the device, of codes (B, L)."""
        return values_of_codes(
            self.model, codes,
            markers=self._rows, precision=self.precision, device=self.device,
            both_strands=self.both_strands, logits=self.logits,
            compiled=codes.shape == self.compiled,
        )  # fmt: skip

    @cached_property
    def _rows(self) -> Tensor:
        """The rows on the device, so that passes do not wait for a copy."""
        return torch.tensor(self.rows, dtype=torch.long, device=self.device)


def make_scorer(
    model: Network, rows: Sequence[int], device: torch.device, request: SweepRequest
) -> Scorer:
    """The scorer for a request; a `MakeComputation`."""
    return Scorer(
        model,
        rows,
        device,
        precision=request.compute.precision,
        both_strands=request.compute.reverse_complement,
        logits=request.storage.logits,
    )


@dataclass(frozen=True)
class Reading:
    """The sequence of a batch.

    Attributes:
        strips: the positions of its strips.
        codes: for each strip what the model reads, uint8 (read_end - read_start,).
        present: for each strip which bases get a value (requested and not N), bool (L,).
    """

    strips: tuple[Strip, ...]
    codes: list[Codes]
    present: list[Present]


@dataclass(frozen=True)
class Piece:
    """The values of a strip.

    Attributes:
        strip: its position.
        bases: the number of its bases that get a value (bp).
        values: as stored, float32 (count, L'), one row per file; None: no base gets a value, and
            nothing was computed.
    """

    strip: Strip
    bases: int
    values: Scores | None


class Finish(Protocol):
    """Turns a strip's values on the device into the values to encode."""

    def __call__(self, strip: Strip, present: Present, values: Tensor) -> Scores:
        """Values to store, float32 (count, L'), from values (count, L) where `present` (L,)."""


def read(plan: SweepPlan, reference: Reference, batch: tuple[Strip, ...]) -> Reading:
    """Read the sequence of a batch.

    Raises:
        FastaError: the file cannot be read.
    """
    try:
        codes = [reference.codes(s.chrom, s.read_start, s.read_end) for s in batch]
    except OSError as error:
        raise FastaError(
            f"{reference.path} cannot be read: {error.strerror or error}; run again later"
        ) from error
    present = [
        plan.mask(strip) & (read[strip.crop] != N) for strip, read in zip(batch, codes, strict=True)
    ]
    return Reading(batch, codes, present)


def predict(reading: Reading, compute: Computation, finish: Finish) -> list[Piece]:
    """Predict the strips of a batch, in order, except those where no base gets a value.

    Raises:
        OutOfMemoryError: too little memory.
    """
    needed = [
        codes for codes, mask in zip(reading.codes, reading.present, strict=True) if mask.any()
    ]
    if not needed:
        return [Piece(strip, 0, None) for strip in reading.strips]
    codes = np.stack(needed)
    with memory_errors(compute.device, codes.shape):
        found = iter(compute(codes))
        return [
            Piece(
                strip,
                int(mask.sum()),
                finish(strip, mask, next(found)[:, strip.crop]) if mask.any() else None,
            )
            for strip, mask in zip(reading.strips, reading.present, strict=True)
        ]
