"""Saliency along a genome as bigWigs: a sweep that computes gradients instead of scores.

There are two files per marker: gradient x input, signed, for browsers that draw it as letters
(dynseq), and its absolute value, whose means are what a zoomed-out view should show, since signed
means cancel.

Two flanks make it seamless. A base has a gradient from the outputs within its reach, up to one
flank away, and each of those needs its own reach, another flank. So a strip is read with two flanks
and cropped by two. What a network crops counts like a flank. Outputs in the outer flank lack some
of their input, but none of them reaches a base that is emitted, so all outputs of the read may be
propagated at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ClassVar, cast

import torch
from torch import Tensor

from regtrack.errors import PlanError, SaliencyError, invalid
from regtrack.genome.sequence import Codes, N
from regtrack.predict.forward import Lengths
from regtrack.predict.network import Explainable, Network, answered, traits_of
from regtrack.predict.opening import Given
from regtrack.progress import SILENT, Progress
from regtrack.saliency.explained import check_gradients
from regtrack.saliency.gradient import (
    ErrorsOfLogits,
    differentiable,
    over_threshold,
    propagate,
    times_input,
)
from regtrack.saliency.method import GRADIENT_X_INPUT
from regtrack.saliency.unreached import Highest, note_unreached
from regtrack.sweep.computation import Shape, ValueKind
from regtrack.sweep.job import open_job
from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest, make_request
from regtrack.sweep.run import run_sweep
from regtrack.sweep.summary import Forecast, SweepSummary


@dataclass(frozen=True)
class TrackSaliency:
    """Gradient x input of all logits whose score reaches a threshold, and its absolute value.

    Attributes:
        model: lent by the caller.
        rows: the markers to explain.
        device, precision: see `regtrack.predict.forward.scores_of_codes`.
        threshold: minimum score of an explained output; 0: all.
        highest: takes note of the highest logits, if there is a threshold.
    """

    model: Explainable
    rows: Sequence[int]
    device: torch.device
    precision: str = "fp32"
    threshold: float = 0.0
    highest: Highest = field(default_factory=Highest, compare=False)

    kinds: ClassVar[tuple[ValueKind, ...]] = (
        ValueKind("saliency", ".saliency"),
        ValueKind("absolute saliency", ".saliency-abs"),
    )
    flanks: ClassVar[int] = 2
    # Tensors, including those of the backward pass, take 3,300 (CNN7, DILATED), 5,200 (BI-LSTM) or
    # 6,900 (the hybrid, of both strands) on the CPU, and the C library keeps some more.
    bytes_per_base: ClassVar[int] = 8_000
    both_strands: ClassVar[bool] = False
    compiled: ClassVar[Shape | None] = None
    why_not_compiled: ClassVar[str] = "saliency takes gradients"

    @property
    def count(self) -> int:
        """Values per base: two per marker."""
        return len(self.rows) * len(self.kinds)

    @property
    def values(self) -> str:
        """A description of the values."""
        which = f"of scores from {self.threshold:g}" if self.threshold else "of all outputs"
        return f"{GRADIENT_X_INPUT.name} {which}"

    def with_compiled(self, shape: Shape | None) -> TrackSaliency:
        """This object, which is never compiled.

        Raises:
            PlanError: a shape was given.
        """
        if shape is not None:
            raise PlanError(f"{self.why_not_compiled}, so nothing is compiled")
        return self

    def __call__(self, codes: Codes, lengths: Lengths | None = None) -> Tensor:
        """Values, floats (B, 2 M, L), of codes (B, L): signed and absolute, marker by marker.

        With lengths (B,) in bp, rows are padded with N, which gets no value.
        """
        traits = traits_of(self.model)
        kept = slice(traits.crop, codes.shape[1] - traits.crop)
        found = torch.empty((len(codes), self.count, kept.stop - kept.start), device=self.device)
        with differentiable(
            self.model, self.device, shape=codes.shape, precision=self.precision
        ) as model:
            bases = torch.as_tensor(codes, device=self.device)
            own = self._answered(bases, codes)[:, kept]
            choose = self._noting(over_threshold(self.threshold, own, traits.bin), own)
            ends = None if lengths is None else torch.as_tensor(lengths, device=self.device)
            for row, gradient in enumerate(propagate(model, bases, choose, self.rows, ends)):
                signed = times_input(gradient, bases, model.letters)
                found[:, 2 * row] = signed.detach()[:, kept]
        found[:, 1::2] = found[:, ::2].abs()
        return found

    def _answered(self, bases: Tensor, codes: Codes) -> Tensor:
        """Codes (B, L), with N also where the network gives no value because of N nearby."""
        if traits_of(self.model).answers is None:
            return bases
        crop, none = traits_of(self.model).crop, torch.zeros_like(bases, dtype=torch.bool)
        for row, read in enumerate(codes):
            some = answered(self.model, read, slice(None), both_strands=False)
            none[row, crop : len(read) - crop] = torch.as_tensor(some).logical_not()
        return bases.masked_fill(none, N)

    def _noting(self, choose: ErrorsOfLogits, bases: Tensor) -> ErrorsOfLogits:
        """The same choice, of logits that are noted; A alone is the pass that is timed."""
        if not self.threshold or not bases.any():
            return choose

        def noted(logits: Tensor) -> Tensor:
            self.highest.see(logits.masked_fill((bases == N)[:, None], -torch.inf))
            return choose(logits)

        return noted


@dataclass(frozen=True)
class MakeSaliency:
    """Makes the saliency that a request asks for; a `MakeComputation`.

    Attributes:
        threshold: minimum score of an explained output; 0: all.
        highest: filled by computations in this process.

    Raises:
        SaliencyError: a threshold outside the range of scores.
    """

    threshold: float = 0.0
    highest: Highest = field(default_factory=Highest, compare=False)

    per_base: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 <= self.threshold < 1:
            raise SaliencyError(invalid("threshold", self.threshold, "a score from 0 to below 1"))

    def __call__(
        self, model: Network, rows: Sequence[int], device: torch.device, request: SweepRequest
    ) -> TrackSaliency:
        """The computation.

        Raises:
            SaliencyError: a network without gradients, or a threshold for one without scores.
            PlanError: the request asks for both strands or for logits.
        """
        check_gradients(model, device)
        if self.threshold and traits_of(model).values == "signal":
            raise SaliencyError(
                f"`threshold` is a score, and {model.name} gives a signal; omit the option"
            )
        if request.compute.reverse_complement or request.storage.logits:
            raise PlanError("saliency explains logits of the forward strand; request neither")
        return TrackSaliency(
            cast(Explainable, model),
            rows,
            device,
            request.compute.precision,
            self.threshold,
            self.highest,
        )

    def note(self, summary: SweepSummary) -> None:
        """Warn about tracks of a finished sweep that are 0 everywhere; see `note_unreached`."""
        note_unreached(summary, threshold=self.threshold, highest=self.highest)


def saliency_tracks(
    checkpoint: Given,
    reference: str | Path,
    out: str | Path,
    *,
    markers: Sequence[str] = (),
    chroms: Sequence[str] = (),
    threshold: float = 0.0,
    selection: Selection | None = None,
    compute: Compute | None = None,
    storage: Storage | None = None,
    any_assembly: bool = False,
    progress: Progress = SILENT,
    announce: Callable[[Forecast], None] = lambda _: None,
    overwrite: bool = False,
) -> SweepSummary:
    """Write gradient x input along a genome: two bigWigs per marker, and sweep.json.

    With a convolutional network each value equals that of one backward pass over the whole
    chromosome, up to float rounding and the bits kept. Everything else is as in
    `regtrack.sweep.run.predict_genome`.

    Args:
        checkpoint: the trained network, or a network of your own; an object is not changed.
        reference: the FASTA.
        out: the folder to write; created only on success.
        markers: globs of marker names, or `category:NAME`, as a list or one string; default: all.
        chroms: chromosomes to cover, as a list or one string; default: all.
        threshold: the least score of an output that is explained; 0 takes all.
        selection: which markers and bases, instead of `markers` and `chroms`; also takes a region
            or BED files.
        compute: windows, batches, precision, device. Nothing is compiled, and strands are not
            averaged.
        storage: bits and resolution.
        any_assembly: accept an assembly other than the training's.
        progress: shows the bases computed and the files finished.
        announce: called once before the work starts, with what will be written.
        overwrite: replace tracks of an earlier run, and unfinished work with another plan.

    Raises:
        SaliencyError: a threshold that is no score.
        PlanError: both strands, logits, or as `predict_genome`.
        RegtrackError: as `predict_genome`.
    """
    make = MakeSaliency(threshold)
    request = make_request(
        checkpoint, reference, out, markers=markers, chroms=chroms, selection=selection,
        compute=compute, storage=storage, any_assembly=any_assembly,
    )  # fmt: skip
    summary = run_sweep(
        request, runner=partial(open_job, make=make), progress=progress, announce=announce,
        overwrite=overwrite,
    )  # fmt: skip
    make.note(summary)
    return summary
