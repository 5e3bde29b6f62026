"""The saliency of a region: the effect of each base shown on the explained outputs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from regtrack.checkpoint import Checkpoint, check_assembly, load_checkpoint
from regtrack.errors import MarkerError, SaliencyError
from regtrack.genome.interval import Interval, parse_region
from regtrack.genome.intervals import Intervals
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, N
from regtrack.genome.source import Source
from regtrack.labels.marker import Marker, select_markers
from regtrack.model_style import style_of
from regtrack.predict.device import pick_device
from regtrack.predict.reading import codes_of
from regtrack.progress import SILENT, Progress
from regtrack.saliency.bins import once_per_bin, whole_bins
from regtrack.saliency.method import GRADIENT_NORM, Method, find_method
from regtrack.saliency.outputs import check_known, row_of, scoring, scoring_outputs
from regtrack.saliency.steps import STEPS, Stretch
from regtrack.saliency.strips import at_once, strips_of
from regtrack.saliency.values import Completeness, Saliency, Values


@dataclass(frozen=True, eq=False)
class Question:
    """A question to a model: what do the bases of an interval do to outputs of a marker?

    Attributes:
        interval: the bases shown.
        marker: what is predicted.
        outputs: the explained positions, on the same chromosome, possibly outside the
            interval.
        rule: what selected them, for a legend.
    """

    interval: Interval
    marker: Marker
    outputs: Intervals
    rule: str = ""


def saliency_of_region(
    checkpoint: Checkpoint | str | Path,
    reference: Source | str | Path,
    region: Interval | str,
    marker: str,
    *,
    method: str = GRADIENT_NORM.name,
    threshold: float | None = None,
    device: str = "auto",
    any_assembly: bool = False,
    progress: Progress = SILENT,
) -> Saliency:
    """The saliency of a region for those of its own positions whose score reaches a threshold.

    The flanks that the outputs depend on are read as well.

    Args:
        checkpoint: a trained network, its file or its run's folder; a network that is passed in
            is left unchanged.
        reference: a FASTA, or an open `Reference` or `Dataset`.
        region: such as `chr1:1,000,001-1,025,000` (1-based) or an `Interval` (0-based).
        marker: a name, or a glob that matches one marker of the checkpoint.
        method: a key of `regtrack.saliency.method.METHODS`.
        threshold: the lowest score of a position that is explained; None: 0.5, or half of the
            highest where no score reaches 0.5.
        device: `auto`, `cpu`, `cuda`, ...
        any_assembly: accept a reference whose chromosomes have other lengths than in training.
        progress: shows the bp of outputs done.

    Raises:
        CheckpointError, FastaError, AssemblyError, RegionError, MarkerError: invalid input.
        SaliencyError: no position reaches the threshold, or an unknown method.
        OutOfMemoryError: too little memory.
    """
    chosen, place = find_method(method), pick_device(device)
    loaded = checkpoint if isinstance(checkpoint, Checkpoint) else load_checkpoint(checkpoint)
    with ExitStack() as stack:
        source = (
            stack.enter_context(Reference(reference))
            if isinstance(reference, str | Path)
            else reference
        )
        check_assembly(loaded, source.assembly, any_assembly=any_assembly)
        interval = parse_region(region, source.assembly)
        check_known(source, interval)
        found = find_marker(loaded.markers, marker)
        outputs, least = scoring_outputs(
            loaded, source, interval, found, threshold=threshold, device=place
        )
        question = Question(interval, found, outputs, scoring(least))
        return explain(loaded, source, question, method=chosen, device=place, progress=progress)


def explain(
    checkpoint: Checkpoint,
    source: Source,
    question: Question,
    *,
    method: Method,
    label: str = "",
    device: torch.device | None = None,
    progress: Progress = SILENT,
) -> Saliency:
    """The saliency of an interval for selected outputs.

    Args:
        checkpoint: a network, returned unchanged.
        source: the sequence.
        question: what to explain.
        method: how.
        label: of the model in figures; default: the title of its network.
        device: where to compute; default: the CPU.
        progress: shows the bp that are done.

    Raises:
        MarkerError: the checkpoint does not predict the marker.
        SaliencyError: more bases than the method accepts.
        OutOfMemoryError: too little memory.
    """
    interval, model = question.interval, checkpoint.model
    if method.most_bases is not None and len(interval) > method.most_bases:
        raise SaliencyError(
            f"{interval} has {len(interval):,} bp; {method.name} takes at most "
            f"{method.most_bases:,}: choose a smaller `region`, or another `method`"
        )
    codes = source.codes(interval.chrom, interval.start, interval.end)
    question = replace(question, outputs=whole_bins(question.outputs, model.step))
    total, completeness = _added_up(
        checkpoint, source, question,
        method=method, device=device or torch.device("cpu"), progress=progress,
    )  # fmt: skip
    return Saliency(
        chrom=interval.chrom,
        start=interval.start,
        codes=codes,
        values=_values(method, total, codes, model.embed.weight.detach().cpu()),
        outputs=question.outputs.mask(interval.start, interval.end) & (codes != N),
        method=method,
        marker=question.marker,
        model=label or style_of(model.name, model.config).title,
        receptive_field=model.receptive_field,
        rule=question.rule,
        completeness=completeness,
    )


def find_marker(markers: Sequence[Marker], glob: str) -> Marker:
    """The one marker that a name or glob matches.

    Raises:
        MarkerError: none matches, or several do.
    """
    found = [markers[row] for row in select_markers(markers, [glob])]
    exact = [marker for marker in found if marker.name == glob]
    if len(found) > 1 and not exact:
        names = ", ".join(marker.name for marker in found[:3])
        raise MarkerError(
            f'"{glob}" matches {len(found)} markers, such as {names}; name one of them'
        )
    return (exact or found)[0]


def _added_up(
    checkpoint: Checkpoint,
    source: Source,
    question: Question,
    *,
    method: Method,
    device: torch.device,
    progress: Progress,
) -> tuple[Tensor, Completeness | None]:
    """The sum, over stretches of outputs, of what they give to each base, (L, C)."""
    model, shown = checkpoint.model, question.interval
    row, length = row_of(checkpoint, question.marker), source.assembly.length(shown.chrom)
    steps = STEPS[method]
    total = torch.zeros(len(shown), steps.columns, dtype=model.embed.weight.dtype)
    completeness = Completeness(0.0, 0.0) if method.complete else None
    size = at_once(device) // model.step * model.step  # a bin is in one strip
    strips = list(strips_of(model, shown, question.outputs, length=length, size=size))
    with progress.task("Saliency", sum(s.end - s.start for s in strips), "bp") as task:
        for strip in strips:
            codes = codes_of(source, strip)
            outputs = question.outputs.mask(strip.read_start, strip.read_end) & (codes != N)
            outputs[: strip.crop.start] = outputs[strip.crop.stop :] = False
            outputs = once_per_bin(torch.as_tensor(outputs), model.step).numpy()
            start, end = max(shown.start, strip.read_start), min(shown.end, strip.read_end)
            here = slice(start - strip.read_start, end - strip.read_start)
            given, complete = steps.give(Stretch(model, row, codes, outputs, here, device))
            total[start - shown.start : end - shown.start] += given
            completeness = completeness and complete and completeness + complete
            task.advance(strip.end - strip.start)
    return total, completeness


def _values(method: Method, total: Tensor, codes: Codes, embedding: Tensor) -> Values:
    """The sums as the values of the method."""
    values: Values = STEPS[method].finish(total, torch.as_tensor(codes), embedding).float().numpy()
    return values
