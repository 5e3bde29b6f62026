"""Saliency of several models in the same region, from paths and plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from regtrack.checkpoint import style_checkpoints
from regtrack.dataset.store import Dataset
from regtrack.errors import SaliencyError, check_seed, invalid
from regtrack.frozen import take_names, take_paths
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval, parse_region
from regtrack.genome.intervals import Intervals
from regtrack.genome.reference import Reference
from regtrack.genome.source import Source
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle
from regtrack.predict.device import pick_device
from regtrack.predict.network import traits_of
from regtrack.predict.opening import One, Single, check_place, open_one
from regtrack.progress import SILENT, Progress
from regtrack.saliency.explained import check_gradients
from regtrack.saliency.method import GRADIENT_NORM, find_method
from regtrack.saliency.outputs import (
    THRESHOLD,
    check_known,
    check_reached,
    dataset_outputs,
    labelled_outputs,
    marker_row,
    named_outputs,
    random_windows,
    row_of,
    scoring,
    scoring_outputs,
)
from regtrack.saliency.region import Question, explain, find_marker
from regtrack.saliency.values import Outputs, Saliency

LEAST_SHOWN, MOST_SHOWN = 1_000, 25_000  # bp around named positions


@dataclass(frozen=True)
class SaliencyRequest:
    """The user's request, in plain values.

    The explained outputs are those named by `at`; otherwise those with a score of at least
    `threshold`, by each model; otherwise the labelled ones, of `labels` or of the dataset;
    otherwise those with a score of at least 0.5.

    Attributes:
        checkpoints: the models, one per panel: files, or networks of your own.
        marker: a name, or a glob that matches one marker.
        reference: the FASTA; None: the dataset's sequence is read.
        dataset: for labels, and for windows if no region is named.
        region: what is shown, such as `chr1:1,000-26,000`; if empty, what the widest model sees
            around `at`, from 1 kb to 25 kb, or windows of the dataset.
        split: of the windows.
        windows: number of labelled windows to sample.
        seed: of the sample.
        labels: BED or peak file with the labels of the marker.
        at: positions or regions whose outputs are explained, such as `chr1:1,234`.
        threshold: minimum score of an explained output.
        method: a key of `regtrack.saliency.method.METHODS`.
        device: `auto`, `cpu`, `cuda`, ...
        any_assembly: accept a sequence of an assembly other than the training's.

    Raises:
        SaliencyError: too little or too much was given, or the method does not exist.
    """

    checkpoints: tuple[One, ...]
    marker: str
    reference: Path | None = None
    dataset: Path | None = None
    region: str = ""
    split: str = "valid"
    windows: int = 1
    seed: int = 0
    labels: Path | None = None
    at: tuple[str, ...] = ()
    threshold: float | None = None
    method: str = GRADIENT_NORM.name
    device: str = "auto"
    any_assembly: bool = False

    def __post_init__(self) -> None:
        take_names(self, "at")
        take_paths(self, "reference", "dataset", "labels")
        find_method(self.method)
        if self.reference is None and self.dataset is None:
            raise SaliencyError("no sequence to read: name a `reference` or a `dataset`")
        if not (self.region or self.at or self.dataset):
            raise SaliencyError(
                "no region: name a `region`, `at`, or a `dataset` to sample windows from"
            )
        if self.windows < 1:
            raise SaliencyError(invalid("windows", self.windows, "at least 1"))
        check_seed(self.seed, SaliencyError)
        if self.at and self.threshold is not None:
            raise SaliencyError("`at` and `threshold` both select the outputs; give one of them")


@dataclass(frozen=True, eq=False)
class Panels:
    """What models look at in one region.

    Attributes:
        saliencies: one per model.
        marks: labels that are not the outputs themselves, by name, bool (L,) each.
        assembly: of the sequence.
    """

    saliencies: tuple[Saliency, ...]
    marks: Mapping[str, Outputs]
    assembly: Assembly


def compare_saliency(request: SaliencyRequest, *, progress: Progress = SILENT) -> list[Panels]:
    """What models look at: in a region, or in windows sampled from a dataset.

    Args:
        request: what to compare.
        progress: shows the bp of outputs that are done.

    Raises:
        CheckpointError, FastaError, AssemblyError, RegionError, MarkerError, PeakFileError,
            DatasetError: bad input.
        SaliencyError: no output to explain, or a network without gradients.
        NetworkError: a network of the user's own that raises, or that is not as described.
        OutOfMemoryError: too little memory.
    """
    with open_saliency(request) as comparison:
        return comparison.panels(progress)


@contextmanager
def open_saliency(request: SaliencyRequest) -> Iterator[SaliencyComparison]:
    """What a request names, opened and checked, before anything is computed.

    Raises:
        CheckpointError, FastaError, AssemblyError, RegionError, MarkerError, DatasetError: bad
            input, such as fewer labelled windows than requested.
        SaliencyError: a network without gradients.
    """
    place = pick_device(request.device)
    models = style_checkpoints([open_one(one, device=place) for one in request.checkpoints])
    with ExitStack() as stack:
        dataset = Dataset.open(request.dataset) if request.dataset else None
        reference = stack.enter_context(Reference(request.reference)) if request.reference else None
        inputs = _Inputs(request, models, reference, dataset)
        for model in models.values():
            for assembly in inputs.assemblies:
                check_place(model, assembly, any_assembly=request.any_assembly)
            check_gradients(model.model, place, find_method(request.method))
            row_of(model, inputs.marker)
        yield SaliencyComparison(inputs, tuple(inputs.intervals()))


@dataclass(frozen=True)
class SaliencyComparison:
    """A comparison that is ready to be computed.

    Attributes:
        inputs: the opened files.
        intervals: what is shown, one after the other.
    """

    inputs: _Inputs
    intervals: tuple[Interval, ...]

    def panels(self, progress: Progress = SILENT) -> list[Panels]:
        """Compute each interval; errors are those of `compare_saliency`."""
        return [self.inputs.panels(interval, progress) for interval in self.intervals]


@dataclass(frozen=True)
class _Inputs:
    """A comparison with its files opened."""

    request: SaliencyRequest
    models: Mapping[ModelStyle, Single]
    reference: Reference | None
    dataset: Dataset | None

    @property
    def assemblies(self) -> list[Assembly]:
        return [one.assembly for one in (self.reference, self.dataset) if one is not None]

    @cached_property
    def source(self) -> Source:
        found = self.reference or self.dataset
        assert found is not None
        return found

    @cached_property
    def marker(self) -> Marker:
        return find_marker(next(iter(self.models.values())).markers, self.request.marker)

    @cached_property
    def device(self) -> torch.device:
        return pick_device(self.request.device)

    def intervals(self) -> list[Interval]:
        """The intervals to show, one after the other."""
        if self.request.region:
            return [parse_region(self.request.region, self.source.assembly)]
        if self.request.at:
            return [self._around()]
        assert self.dataset is not None
        return random_windows(
            self.dataset, self.marker, self.request.split,
            number=self.request.windows, seed=self.request.seed,
        )  # fmt: skip

    def _around(self) -> Interval:
        """What the widest model sees around the named positions, within bounds."""
        assembly = self.source.assembly
        chrom = parse_region(self.request.at[0], assembly).chrom
        named = named_outputs(self.request.at, assembly, chrom)
        most = find_method(self.request.method).most_bases or MOST_SHOWN
        first, last = int(named.starts[0]), int(named.ends[-1])
        if last - first > most:
            raise SaliencyError(
                f"`at` spans {last - first:,} bp; expected at most {most:,}: name a `region`"
            )
        fields = [model.model.receptive_field or most for model in self.models.values()]
        width = max(last - first, min(most, max(LEAST_SHOWN, *fields)))
        start = (first + last - width) // 2
        return Interval(chrom, max(0, start), min(start + width, assembly.length(chrom)))

    def panels(self, interval: Interval, progress: Progress) -> Panels:
        """All models in one region."""
        check_known(self.source, interval)
        labels = self._labels(interval)
        chosen = self.request.at or self.request.threshold is not None
        questions = [
            Question(interval, self.marker, *self._outputs(model, interval, labels))
            for model in self.models.values()
        ]
        check_reached(
            questions[0].outputs, [one.model for one in self.models.values()], self.source, interval
        )
        saliencies = [
            explain(
                model, self.source, question,
                method=find_method(self.request.method), label=style.title, device=self.device,
                progress=progress,
            )
            for question, (style, model) in zip(questions, self.models.items(), strict=True)
        ]  # fmt: skip
        marks = {}
        if chosen and labels:
            marks["Labels"] = labels.mask(interval.start, interval.end)
        return Panels(tuple(saliencies), marks, self.source.assembly)

    def _labels(self, interval: Interval) -> Intervals | None:
        """The labelled bases of a region; None if no labels are known."""
        if self.request.labels is not None:
            return labelled_outputs(self.request.labels, self.source.assembly, interval)
        if self.dataset is None:
            return None
        chosen = self.request.at or self.request.threshold is not None
        if chosen and self.marker.name not in [marker.name for marker in self.dataset.markers]:
            return None  # only its sequence is needed
        row = marker_row(self.dataset.markers, self.marker.name, self.dataset.path)
        return dataset_outputs(self.dataset, row, interval)

    def _outputs(
        self, model: Single, interval: Interval, labels: Intervals | None
    ) -> tuple[Intervals, str]:
        """The explained outputs, and the rule that selected them, for a legend."""
        request = self.request
        if request.at:
            return named_outputs(request.at, self.source.assembly, interval.chrom), "Chosen"
        if request.threshold is None and labels is not None:
            if labels:
                return labels, f"Labelled {self.marker.name}"
            raise SaliencyError(
                f"no base of {interval} is labelled {self.marker.name}; choose another `region`, "
                "positions with `at`, or a `threshold` of the score"
            )
        outputs, least = scoring_outputs(
            model, self.source, interval, self.marker,
            threshold=self._threshold(model),
            device=self.device,
        )  # fmt: skip
        return outputs, scoring(least, model.model)

    def _threshold(self, model: Single) -> float | None:
        """The least score or value of an explained output; None: half of the highest."""
        if self.request.threshold is None and traits_of(model.model).values != "signal":
            return THRESHOLD
        return self.request.threshold
