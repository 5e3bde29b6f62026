"""Scores of many regions of a genome, or of the sequences of a FASTA, one after another."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from regtrack.checkpoint import Checkpoint
from regtrack.errors import CheckpointError, RegionError
from regtrack.genome.interval import Interval, parse_region
from regtrack.genome.intervals import Intervals
from regtrack.genome.reference import Reference
from regtrack.labels.marker import select_markers
from regtrack.labels.peaks import read_intervals
from regtrack.labels.report import report_peaks
from regtrack.predict.device import pick_device
from regtrack.predict.lending import borrowed
from regtrack.predict.named import NetworkSource
from regtrack.predict.network import SequenceNetwork
from regtrack.predict.opening import Opened, check_place, check_strands, open_network
from regtrack.predict.precision import check_precision
from regtrack.predict.scores import RegionScores, scores_along
from regtrack.progress import SILENT, Progress

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RegionRequest:
    """What to score.

    Attributes:
        checkpoints: trained networks, their files or run folders; the logits of several are
            averaged, for the markers that all predict. Or one network of the user's own, or what
            makes it.
        reference: the FASTA.
        region: one or several, such as `chr1:1,000-2,000`.
        bed: a BED file of regions, in its order.
        sequences: every sequence of `reference` is a region, and no assembly is expected.
        markers: names or globs, as in `select_markers`; default: all.
        precision: `fp32` or `bf16`.
        device: `auto`, `cpu`, `cuda`, ...
        reverse_complement: average the values of both strands.
        logits: logits instead of scores.
        any_assembly: accept a reference whose chromosomes have other lengths than in training.
    """

    checkpoints: Sequence[Checkpoint | str | Path] | NetworkSource | SequenceNetwork
    reference: Path
    region: Sequence[str] = ()
    bed: Path | None = None
    sequences: bool = False
    markers: Sequence[str] = ()
    precision: str = "fp32"
    device: str = "auto"
    reverse_complement: bool = False
    logits: bool = False
    any_assembly: bool = False

    def __post_init__(self) -> None:
        check_precision(self.precision)
        if isinstance(self.checkpoints, list | tuple) and not self.checkpoints:
            raise CheckpointError("no checkpoint; name at least one")
        if sum((bool(self.region), self.bed is not None, self.sequences)) != 1:
            raise RegionError(
                "expected one of `region`, `bed` and `sequences`, which say what to score"
            )


@dataclass(frozen=True, eq=False)
class OpenRequest:
    """A request whose inputs are open and checked.

    Attributes:
        request: it.
        network: the checkpoints as one network.
        rows: of its last layer, for the markers asked for.
        regions: what to score, in order.
    """

    request: RegionRequest
    network: Opened
    rows: list[int]
    regions: list[Interval]
    _reference: Reference = field(repr=False)

    @property
    def markers(self) -> tuple[str, ...]:
        """The names of the markers asked for."""
        return tuple(self.network.marker_names[row] for row in self.rows)

    @property
    def bases(self) -> int:
        """The number of bases in the regions, each counted once (bp)."""
        of_chroms: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for region in self.regions:
            of_chroms[region.chrom].append((region.start, region.end))
        return sum(Intervals.merged(*zip(*some, strict=True)).bases for some in of_chroms.values())

    def scores(self, progress: Progress = SILENT) -> Iterator[RegionScores]:
        """The scores of each region; see `regtrack.scores`.

        Raises:
            OutOfMemoryError: too little memory for a region.
        """
        place = pick_device(self.request.device)
        total = sum(len(region) for region in self.regions)
        with (
            borrowed(self.network.model, place),
            progress.task("Scoring", total, "bp") as task,
        ):
            for region in self.regions:
                yield scores_along(
                    self.network, self._reference, region, self.rows,
                    device=place, precision=self.request.precision,
                    both_strands=self.request.reverse_complement, logits=self.request.logits,
                )  # fmt: skip
                task.advance(len(region))


@contextmanager
def open_regions(request: RegionRequest) -> Iterator[OpenRequest]:
    """Open and check everything that a request names.

    Raises:
        CheckpointError, FastaError, AssemblyError, RegionError, PeakFileError, MarkerError: invalid
            input.
        NetworkError: a network of the user's own that raises, or that is not as described.
        PlanError: logits or both strands of a network that does not give them.
        DeviceError: no such device.
    """
    pick_device(request.device)
    with Reference(request.reference) as reference:
        network = open_network(
            request.checkpoints, device=pick_device(request.device), precision=request.precision
        )
        if not request.sequences:
            check_place(network, reference.assembly, any_assembly=request.any_assembly)
        check_strands(network.model, logits=request.logits, both_strands=request.reverse_complement)
        rows = select_markers(network.markers, request.markers)
        yield OpenRequest(request, network, rows, _regions(request, reference), reference)


def _regions(request: RegionRequest, reference: Reference) -> list[Interval]:
    assembly = reference.assembly
    if request.sequences:
        lengths = zip(assembly.names, assembly.lengths, strict=True)
        return [Interval(name, 0, length) for name, length in lengths if length]
    if request.bed is None:
        return [parse_region(region, assembly) for region in request.region]
    found, peaks = read_intervals(request.bed, assembly)
    report_peaks(request.bed, peaks)
    if not found:
        raise RegionError(
            f"{request.bed} has no base on the reference, which has {assembly.summary()}; give a "
            "BED file of the reference's assembly"
        )
    return found
