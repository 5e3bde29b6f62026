"""From strips to scores: the part of a sweep that runs the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, N, reverse_complement
from regtrack.inference import Scores, scores
from regtrack.models.network import TrackModel
from regtrack.sweep.plan import Strip, SweepPlan


@dataclass(frozen=True)
class Scorer:
    """A model and how it is run.

    Attributes:
        model: borrowed by whoever made this.
        rows: the markers to compute.
        device, precision: as `regtrack.inference.scores` takes them.
        both_strands: the mean of the scores of both strands, instead of the forward strand's.
    """

    model: TrackModel
    rows: Sequence[int]
    device: torch.device
    precision: str = "fp32"
    both_strands: bool = False

    def __call__(self, codes: Codes) -> Scores:
        """Scores (B, M, L) of codes (B, L), along the forward strand."""
        forward = self._scores(codes)
        if not self.both_strands:
            return forward
        reverse = self._scores(reverse_complement(codes))
        return (forward + reverse[..., ::-1]) * np.float32(0.5)

    def _scores(self, codes: Codes) -> Scores:
        return scores(
            self.model, codes, markers=self.rows, precision=self.precision, device=self.device
        )


@dataclass(frozen=True)
class Piece:
    """What became of a strip.

    Attributes:
        strip: where it lies.
        present: which of its bases get a value, shape (L,): asked for, and not N.
        scores: shape (M, L); None where no base gets a value, and nothing was computed.
    """

    strip: Strip
    present: npt.NDArray[np.bool_]
    scores: Scores | None


def predict(plan: SweepPlan, reference: Reference, score: Scorer) -> Iterator[Piece]:
    """Every strip of a plan, in its order, predicted where a base needs it."""
    for batch in plan.batches():
        codes = [reference.codes(s.chrom, s.read_start, s.read_end) for s in batch]
        present = [
            plan.mask(strip) & (read[strip.crop] != N)
            for strip, read in zip(batch, codes, strict=True)
        ]
        needed = [index for index, mask in enumerate(present) if mask.any()]
        found = iter(score(np.stack([codes[index] for index in needed])) if needed else ())
        for strip, mask in zip(batch, present, strict=True):
            yield Piece(strip, mask, next(found)[:, strip.crop] if mask.any() else None)
