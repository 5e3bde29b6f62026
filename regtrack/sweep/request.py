"""The request for a sweep, and the bases it selects on a reference."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regtrack.checkpoint import Checkpoint
from regtrack.errors import PlanError, invalid
from regtrack.frozen import set_field, take_names, take_paths
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import parse_region
from regtrack.genome.intervals import Intervals
from regtrack.labels.peaks import read_peaks
from regtrack.labels.report import report_peaks
from regtrack.predict.named import NetworkSource
from regtrack.predict.network import Network, SequenceNetwork, traits_of
from regtrack.predict.opening import Given
from regtrack.predict.precision import check_precision
from regtrack.predict.reading import WINDOW, default_window
from regtrack.sweep.targets import Targets, choose_targets
from regtrack.tracks.bigwig.rounding import DEFAULT_KEEP_BITS, check_keep_bits

COMPILING = ("auto", "on", "off")
_LONGEST = 2**32 - 1  # longest chromosome in a bigWig (bp)
_MOST_WINDOWS = 1_000_000  # per batch: more than fit on any device
_log = logging.getLogger(__name__)


def _set_number(value: object, name: str, *, low: int, high: int, unit: str) -> None:
    """Convert a number given as a string, and check its range; `auto` stays."""
    content = getattr(value, name)
    if content == "auto":
        return
    try:
        number = int(content)
    except (TypeError, ValueError, OverflowError):
        number = low - 1
    if not low <= number <= high or number != float(content):
        raise PlanError(invalid(name, content, f"{low:,} to {high:,} {unit}, or auto"))
    set_field(value, name, number)


def _check_length(name: str, value: int) -> None:
    if value < 1:
        raise PlanError(invalid(name, value, "at least 1", "bp"))
    if value > _LONGEST:
        raise PlanError(invalid(name, value, f"at most {_LONGEST:,}", "bp"))


@dataclass(frozen=True)
class Selection:
    """Which markers and which bases get values.

    Attributes:
        markers: globs of marker names, or `category:NAME`, as a list or one string; default: all.
        chroms: chromosomes to predict, as a list or one string; default: all.
        region: one region to predict, such as `chr1:1,000-2,000`, instead of `chroms`.
        regions: BED of the bases to predict, instead of `chroms`.
        exclude: BED of bases that get no value.

    Raises:
        PlanError: more than one of `chroms`, `region` and `regions`.
    """

    markers: Sequence[str] = ()
    chroms: Sequence[str] = ()
    region: str = ""
    regions: Path | None = None
    exclude: Path | None = None

    def __post_init__(self) -> None:
        take_names(self, "markers", "chroms")
        take_paths(self, "regions", "exclude")
        places = ("chroms", "region", "regions")
        if len(given := [f"`{name}`" for name in places if getattr(self, name)]) > 1:
            raise PlanError(f"{' and '.join(given)} cannot be combined; give one of them")


@dataclass(frozen=True)
class Compute:
    """How values are computed.

    Attributes:
        window: length of a window (bp), a multiple of the model's stride and of the resolution; the
            default is rounded up to one for networks that are not regtrack's.
        flank: bp read on each side of a window and not emitted; `auto`: what the model needs.
        batch_size: windows computed at once; `auto`: fits the device and memory.
        precision: `fp32` or `bf16`.
        device: `auto`, `cpu`, `cuda` or `cuda:0`.
        compiling: use torch.compile: `on`, `off` or `auto`: on GPUs where it pays.
        reverse_complement: average both strands.
        step: bp from one call to the next, of a network with one output per call; default: the bp
            of that output.

    Numbers may be given as strings.

    Raises:
        PlanError: an invalid window, flank, batch size or value of `compiling`.
        DeviceError: an unknown precision.
    """

    window: int = WINDOW
    flank: int | str = "auto"
    batch_size: int | str = "auto"
    precision: str = "fp32"
    device: str = "auto"
    compiling: str = "auto"
    reverse_complement: bool = False
    step: int | None = None

    def __post_init__(self) -> None:
        _check_length("window", self.window)
        _set_number(self, "flank", low=0, high=_LONGEST, unit="bp")
        _set_number(self, "batch_size", low=1, high=_MOST_WINDOWS, unit="windows")
        check_precision(self.precision)
        if self.compiling not in COMPILING:
            raise PlanError(invalid("compiling", self.compiling, ", ".join(COMPILING)))


@dataclass(frozen=True)
class Storage:
    """How values are stored.

    Attributes:
        logits: store logits instead of scores.
        keep_bits: mantissa bits to keep in each value, 1 to 23; 23 is lossless.
        resolution: bp per stored value, which is their mean; at least the bp that one output of the
            network stands for.
        transform: puts the values of a network of the user's own on another scale: `none`, `exp`,
            `expm1`, `softplus` or `package.module:function`.

    Raises:
        PlanError: a resolution below 1 bp.
        TrackError: fewer than 1 or more than 23 bits.
    """

    logits: bool = False
    keep_bits: int = DEFAULT_KEEP_BITS
    resolution: int = 1
    transform: str = "none"

    def __post_init__(self) -> None:
        _check_length("resolution", self.resolution)
        check_keep_bits(self.keep_bits)


@dataclass(frozen=True)
class SweepRequest:
    """What to compute: a model's values along a genome, as bigWigs.

    Attributes:
        checkpoint: the trained network: its file, or an object, which is not changed: a checkpoint
            or a network of the user's own (docs/networks.md). Several checkpoints are one network,
            the mean of their logits.
        reference: the FASTA.
        out: the folder to write; created only on success.
        selection: which markers and bases.
        compute: how values are computed.
        storage: how values are stored.
        any_assembly: accept an assembly other than the training's.
    """

    checkpoint: Path | Checkpoint | NetworkSource | SequenceNetwork | tuple[Path | Checkpoint, ...]
    reference: Path
    out: Path
    selection: Selection = Selection()
    compute: Compute = Compute()
    storage: Storage = Storage()
    any_assembly: bool = False

    def __post_init__(self) -> None:
        take_paths(self, "checkpoint", "reference", "out")
        if isinstance(several := self.checkpoint, list | tuple):
            plain = tuple(Path(one) if isinstance(one, str) else one for one in several)
            set_field(self, "checkpoint", plain)

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The input files."""
        given = self.checkpoint if isinstance(self.checkpoint, tuple) else (self.checkpoint,)
        networks = (one.path if isinstance(one, Checkpoint) else one for one in given)
        files = (*networks, self.reference, self.selection.regions, self.selection.exclude)
        return tuple(file for file in files if isinstance(file, Path))

    def at(self, place: Callable[[Path], Path]) -> SweepRequest:
        """The same request with a function applied to all paths."""
        chosen, given = self.selection, self.checkpoint
        if isinstance(given, tuple):
            given = tuple(place(one) if isinstance(one, Path) else one for one in given)
        return replace(
            self,
            checkpoint=place(given) if isinstance(given, Path) else given,
            reference=place(self.reference),
            out=place(self.out),
            selection=replace(
                chosen,
                regions=chosen.regions and place(chosen.regions),
                exclude=chosen.exclude and place(chosen.exclude),
            ),
        )


def fit_request(request: SweepRequest, network: Network, *, per_base: bool = False) -> SweepRequest:
    """The request with what a network's outputs prescribe, where nothing else is asked for.

    A value is stored per output, however many bp it stands for, and the default window is rounded
    up to whole outputs.

    Args:
        request: as it was made.
        network: what it is for.
        per_base: whether a value is stored per base instead, since bases of an output differ.

    Raises:
        PlanError: a resolution that would cut outputs.
    """
    bin_ = 1 if per_base else traits_of(network).bin
    resolution = request.storage.resolution
    if resolution == 1:
        resolution = bin_
    if resolution % bin_:
        raise PlanError(
            f"`resolution` is {resolution:,} bp, but one output of {network.name} stands for "
            f"{bin_:,} bp; choose a multiple of that"
        )
    window = request.compute.window
    if window == WINDOW:
        window = default_window(network, resolution)
    return replace(
        request,
        compute=replace(request.compute, window=window),
        storage=replace(request.storage, resolution=resolution),
    )


def make_request(
    checkpoint: Given,
    reference: str | Path,
    out: str | Path,
    *,
    markers: Sequence[str] = (),
    chroms: Sequence[str] = (),
    selection: Selection | None = None,
    compute: Compute | None = None,
    storage: Storage | None = None,
    any_assembly: bool = False,
) -> SweepRequest:
    """A request from the arguments of `predict_genome` and other verbs that sweep.

    Raises:
        PlanError: `selection` is combined with `markers` or `chroms`.
    """
    if selection is not None and (markers or chroms):
        raise PlanError(
            "`selection` cannot be combined with `markers` or `chroms`; give them in `selection`"
        )
    return SweepRequest(
        checkpoint,  # type: ignore[arg-type] # strings become paths, and lists tuples
        Path(reference),
        Path(out),
        selection or Selection(markers, chroms),
        compute or Compute(),
        storage or Storage(),
        any_assembly,
    )


def read_targets(assembly: Assembly, selection: Selection) -> Targets:
    """The bases to emit: those requested, or all, without the excluded ones.

    Raises:
        PlanError: no region of the BED is on the reference.
        RegionError: an invalid region, or one outside the reference.
        AssemblyError: a chromosome that the reference lacks.
        PeakFileError: a BED file that cannot be read or is for another assembly.
    """
    region, regions, exclude = selection.region, selection.regions, selection.exclude
    included = None if regions is None else _read_bed(regions, assembly)
    if included == {}:
        raise PlanError(
            f"{regions} has no base on the reference, which has {assembly.summary()}; give a BED "
            "file of the reference's assembly"
        )
    excluded = None if exclude is None else _read_bed(exclude, assembly)
    if excluded == {}:
        _log.warning("%s has no base on the reference; nothing is excluded", exclude)
    if region:
        within = parse_region(region, assembly)
        included = {within.chrom: Intervals.one(within.start, within.end)}
    return choose_targets(
        assembly,
        assembly.subset(selection.chroms).names if selection.chroms else assembly.names,
        regions=included,
        exclude=excluded,
    )


def _read_bed(path: Path, assembly: Assembly) -> dict[str, Intervals]:
    found = read_peaks(path, assembly)
    report_peaks(path, found)
    return found.by_chrom
