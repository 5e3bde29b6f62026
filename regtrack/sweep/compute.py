"""From batches to values: the part of a sweep that runs the model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from regtrack.errors import FastaError
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, N, reverse_complement
from regtrack.models.network import TrackModel
from regtrack.predict.copies import Scores, to_host
from regtrack.predict.device import memory_errors
from regtrack.predict.forward import forward, sigmoid
from regtrack.sweep.batch import BYTES_PER_BASE
from regtrack.sweep.plan import Strip, SweepPlan

Present = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scorer:
    """A model and how it is run.

    Attributes:
        model: borrowed by whoever made this.
        rows: the markers to compute.
        device, precision: as `regtrack.predict.forward.scores_of_codes` takes them.
        both_strands: the mean of both strands, instead of the forward strand alone.
        logits: logits instead of scores.
        compiled: codes of this shape (B, L) go through the compiled network; None compiles nothing.
    """

    model: TrackModel
    rows: Sequence[int]
    device: torch.device
    precision: str = "fp32"
    both_strands: bool = False
    logits: bool = False
    compiled: tuple[int, int] | None = None

    kinds: ClassVar[tuple[str, ...]] = ("",)  # of values a marker: what ends their files' names
    flanks: ClassVar[int] = 1  # that a base needs on each side
    compilable: ClassVar[bool] = True
    bytes_per_base: ClassVar[int] = BYTES_PER_BASE  # that the layers take at most

    @property
    def count(self) -> int:
        """Values a base: every kind of each marker, one marker after the other."""
        return len(self.rows) * len(self.kinds)

    @property
    def values(self) -> str:
        """What they are, in words."""
        return "logits" if self.logits else "scores"

    def __call__(self, codes: Codes) -> Tensor:
        """Values (B, count, L) of codes (B, L), along the forward strand, on the device."""
        forward = self._run(codes)
        if not self.both_strands:
            return forward
        reverse = self._run(reverse_complement(codes))
        return (forward + reverse.flip(-1)) * 0.5

    def speed(self, shape: tuple[int, int]) -> float:
        """Bases a second of codes of a shape: the best of three passes after one that warms up."""
        codes = np.zeros(shape, dtype=np.uint8)
        seconds = []
        with memory_errors(self.device, shape):
            for _ in range(4):
                start = time.perf_counter()
                to_host(self(codes))
                seconds.append(time.perf_counter() - start)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()  # what this thread's stream keeps, the sweep's cannot use
        return codes.size / min(seconds[1:])

    @cached_property
    def _wanted(self) -> Tensor:
        """The rows on the device, where each pass would wait for them to be sent."""
        return torch.tensor(self.rows, dtype=torch.long, device=self.device)

    def _run(self, codes: Codes) -> Tensor:
        found = forward(
            self.model, codes,
            markers=self._wanted, precision=self.precision, device=self.device,
            compiled=codes.shape == self.compiled,
        )  # fmt: skip
        return found if self.logits else sigmoid(found)


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


def predict(reading: Reading, score: Scorer, finish: Finish) -> list[Piece]:
    """Every strip of a batch, in its order, predicted where a base needs it.

    Raises:
        PlanError: too little memory.
    """
    needed = [
        codes for codes, mask in zip(reading.codes, reading.present, strict=True) if mask.any()
    ]
    if not needed:
        return [Piece(strip, 0, None) for strip in reading.strips]
    codes = np.stack(needed)
    with memory_errors(score.device, codes.shape):
        found = iter(score(codes))
        return [
            Piece(
                strip,
                int(mask.sum()),
                finish(strip, mask, next(found)[:, strip.crop]) if mask.any() else None,
            )
            for strip, mask in zip(reading.strips, reading.present, strict=True)
        ]
