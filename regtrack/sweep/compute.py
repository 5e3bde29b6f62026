"""From batches to values: the part of a sweep that runs the model."""

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
        model: borrowed by whoever made this.
        rows: the markers to compute.
        device, precision: as `regtrack.predict.forward.scores_of_codes` takes them.
        both_strands: the mean of both strands, instead of the forward strand alone.
        logits: logits instead of scores.
        compiled: codes of this shape (B, L) go through the compiled network; None compiles nothing.
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
        """What they are."""
        return "logits" if self.logits else "scores"

    def with_compiled(self, shape: Shape | None) -> Scorer:
        """The same, compiled for codes of a shape, or not at all."""
        return replace(self, compiled=shape)

    def __call__(self, codes: Codes) -> Tensor:
        """Values (B, count, L) of codes (B, L), along the forward strand, on the device."""
        return values_of_codes(
            self.model, codes,
            markers=self._wanted, precision=self.precision, device=self.device,
            both_strands=self.both_strands, logits=self.logits,
            compiled=codes.shape == self.compiled,
        )  # fmt: skip

    @cached_property
    def _wanted(self) -> Tensor:
        """The rows on the device, where each pass would wait for them to be sent."""
        return torch.tensor(self.rows, dtype=torch.long, device=self.device)


def make_scorer(
    model: Network, rows: Sequence[int], device: torch.device, request: SweepRequest
) -> Scorer:
    """The scorer that a request asks for; a `MakeComputation`."""
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
    """A batch, read.

    Attributes:
        strips: where its parts lie.
        codes: of each strip what the model sees.
        present: which bases of each strip get a value, shape (L,): asked for, and not N.
    """

    strips: tuple[Strip, ...]
    codes: list[Codes]
    present: list[Present]


@dataclass(frozen=True)
class Piece:
    """What became of a strip.

    Attributes:
        strip: where it lies.
        bases: how many of its bases get a value.
        values: as the finish left them, a row each; None where no base gets a value, and nothing
            was computed.
    """

    strip: Strip
    bases: int
    values: Scores | None


class Finish(Protocol):
    """What becomes of a strip's values on their way from the device to the encoder."""

    def __call__(self, strip: Strip, present: Present, values: Tensor) -> Scores:
        """Rows of stored values from values (count, L), of which `present` (L,) counts."""


def read(plan: SweepPlan, reference: Reference, batch: tuple[Strip, ...]) -> Reading:
    """The sequence of a batch.

    Raises:
        FastaError: the file cannot be read.
    """
    try:
        codes = [reference.codes(s.chrom, s.read_start, s.read_end) for s in batch]
    except OSError as error:
        raise FastaError(
            f"{reference.path} cannot be read: {error.strerror or error}; run again when it can"
        ) from error
    present = [
        plan.mask(strip) & (read[strip.crop] != N) for strip, read in zip(batch, codes, strict=True)
    ]
    return Reading(batch, codes, present)


def predict(reading: Reading, compute: Computation, finish: Finish) -> list[Piece]:
    """Every strip of a batch, in its order, predicted where a base needs it.

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
