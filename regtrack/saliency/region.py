"""The saliency of a region: the effect of each base shown on the explained outputs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from regtrack.errors import MarkerError, SaliencyError
from regtrack.genome.interval import Interval, parse_region
from regtrack.genome.intervals import Intervals
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, N
from regtrack.genome.source import Source
from regtrack.labels.marker import Marker, select_markers
from regtrack.predict.device import pick_device
from regtrack.predict.network import Network, answered, traits_of
from regtrack.predict.opening import One, Single, check_place, open_one
from regtrack.predict.reading import Strip, codes_of
from regtrack.progress import SILENT, Progress
from regtrack.saliency.bins import once_per_bin, whole_bins
from regtrack.saliency.explained import check_gradients
from regtrack.saliency.method import GRADIENT_NORM, Method, find_method
from regtrack.saliency.outputs import check_known, row_of, scoring, scoring_outputs
from regtrack.saliency.steps import STEPS, Stretch
from regtrack.saliency.strips import at_once, strips_of
from regtrack.saliency.values import Completeness, Outputs, Saliency, Values


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
    checkpoint: One,
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
        checkpoint: a trained network, its file or its run's folder, or a network of your own; one
            that is passed in is left unchanged.
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
    loaded = open_one(checkpoint, device=place)
    with ExitStack() as stack:
        source = (
            stack.enter_context(Reference(reference))
            if isinstance(reference, str | Path)
            else reference
        )
        check_place(loaded, source.assembly, any_assembly=any_assembly)
        interval = parse_region(region, source.assembly)
        check_known(source, interval)
        check_gradients(loaded.model, place, chosen)
        found = find_marker(loaded.markers, marker)
        outputs, least = scoring_outputs(
            loaded, source, interval, found, threshold=threshold, device=place
        )
        question = Question(interval, found, outputs, scoring(least, loaded.model))
        return explain(loaded, source, question, method=chosen, device=place, progress=progress)


def explain(
    network: Single,
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
        network: it is returned unchanged.
        source: the sequence.
        question: what to explain.
        method: how.
        label: of the model in figures; default: the title of its network.
        device: where to compute; default: the CPU.
        progress: shows the bp that are done.

    Raises:
        MarkerError: the network does not predict the marker.
        SaliencyError: more bases than the method accepts, or a network without gradients.
        NetworkError: a network of the user's own that raises.
        OutOfMemoryError: too little memory.
    """
    interval, model = question.interval, network.model
    if method.most_bases is not None and len(interval) > method.most_bases:
        raise SaliencyError(
            f"{interval} has {len(interval):,} bp; {method.name} takes at most "
            f"{method.most_bases:,}: choose a smaller `region`, or another `method`"
        )
    codes = source.codes(interval.chrom, interval.start, interval.end)
    device = device or torch.device("cpu")
    check_gradients(model, device, method)
    question = replace(question, outputs=whole_bins(question.outputs, traits_of(model).bin))
    total, completeness = _added_up(
        network, source, question, method=method, device=device, progress=progress
    )
    return Saliency(
        chrom=interval.chrom,
        start=interval.start,
        codes=codes,
        values=_values(method, total, codes, model.letters.detach().cpu()),
        outputs=question.outputs.mask(interval.start, interval.end) & (codes != N),
        method=method,
        marker=question.marker,
        model=label or network.title,
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
    network: Single,
    source: Source,
    question: Question,
    *,
    method: Method,
    device: torch.device,
    progress: Progress,
) -> tuple[Tensor, Completeness | None]:
    """The sum, over stretches of outputs, of what they give to each base, (L, C)."""
    model, shown = network.model, question.interval
    row, length = row_of(network, question.marker), source.assembly.length(shown.chrom)
    steps, letters, width = STEPS[method], model.letters, traits_of(model).bin
    total = torch.zeros(len(shown), steps.columns or letters.shape[1], dtype=letters.dtype)
    completeness = Completeness(0.0, 0.0) if method.complete else None
    size = max(1, at_once(device) // width) * width  # a bin is in one strip
    strips = list(strips_of(model, shown, question.outputs, length=length, size=size))
    with progress.task("Saliency", sum(s.end - s.start for s in strips), "bp") as task:
        for strip in strips:
            codes = codes_of(source, strip)
            outputs = _explained(model, question.outputs, strip, codes)
            start, end = max(shown.start, strip.read_start), min(shown.end, strip.read_end)
            here = slice(start - strip.read_start, end - strip.read_start)
            given, complete = steps.give(Stretch(model, row, codes, outputs, here, device))
            total[start - shown.start : end - shown.start] += given
            completeness = completeness and complete and completeness + complete
            task.advance(strip.end - strip.start)
    return total, completeness


def _explained(model: Network, wanted: Intervals, strip: Strip, codes: Codes) -> Outputs:
    """Which outputs of a strip's read are explained, bool, once per bin: those that have a value.

    Args:
        model: the network.
        wanted: the outputs.
        strip: what is read.
        codes: of what is read, uint8 (R,).
    """
    crop = traits_of(model).crop
    own = codes[crop : len(codes) - crop]
    found = wanted.mask(strip.read_start + crop, strip.read_end - crop) & (own != N)
    some = answered(model, codes, slice(None), both_strands=False)
    if some is not None:
        found &= some
    found[: strip.kept.start] = found[strip.kept.stop :] = False
    once: Outputs = once_per_bin(torch.as_tensor(found), traits_of(model).bin).numpy()
    return once


def _values(method: Method, total: Tensor, codes: Codes, embedding: Tensor) -> Values:
    """The sums as the values of the method."""
    values: Values = STEPS[method].finish(total, torch.as_tensor(codes), embedding).float().numpy()
    return values
