"""What a user asks for, checked against the reference and the checkpoint before work starts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regtrack.checkpoint import Checkpoint
from regtrack.errors import PlanError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import parse_region
from regtrack.genome.intervals import Intervals
from regtrack.labels.peaks import read_peaks
from regtrack.sweep.plan import choose_targets
from regtrack.tracks.bigwig.rounding import DEFAULT_KEEP_BITS

_LONGEST = 2**32 - 1  # bp of a chromosome in a bigWig
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What a user asks for, in plain values: `regtrack.sweep.run.predict_genome` explains them.

    Raises:
        PlanError: a window or resolution below 1 bp.
    """

    checkpoint: Path | Checkpoint
    reference: Path
    out: Path
    markers: Sequence[str] = ()
    chroms: Sequence[str] = ()
    region: str = ""
    regions: Path | None = None
    exclude: Path | None = None
    window: int = 25_000
    flank: int | str = "auto"
    batch_size: int | str = "auto"
    precision: str = "fp32"
    device: str = "auto"
    compiling: str = "auto"
    reverse_complement: bool = False
    logits: bool = False
    keep_bits: int = DEFAULT_KEEP_BITS
    resolution: int = 1
    any_assembly: bool = False

    def __post_init__(self) -> None:
        for name, value in (("window", self.window), ("resolution", self.resolution)):
            if value < 1:
                raise PlanError(f"{name} {value:,} is below 1 bp; expected at least 1")
            if value > _LONGEST:
                raise PlanError(f"{name} {value:,} bp; no chromosome is longer than {_LONGEST:,}")

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that are read."""
        given = self.checkpoint
        checkpoint = given.path if isinstance(given, Checkpoint) else given
        files = (checkpoint, self.reference, self.regions, self.exclude)
        return tuple(file for file in files if file is not None)


def read_targets(
    assembly: Assembly,
    *,
    chroms: Sequence[str] = (),
    region: str = "",
    regions: Path | None = None,
    exclude: Path | None = None,
) -> dict[str, Intervals]:
    """The bases to emit, by chromosome: those asked for, or all, less the excluded ones.

    Raises:
        PlanError: more than one of chromosomes, a region and a BED file, or regions without a
            base on the reference.
        RegionError: no region of the reference.
        AssemblyError: a chromosome that the reference lacks.
        PeakFileError: a BED file that cannot be read or is for another assembly.
    """
    asked = {"`chroms`": chroms, "`region`": region, "`regions`": regions}
    if len(given := [name for name, value in asked.items() if value]) > 1:
        raise PlanError(f"{' and '.join(given)} were given; take one of {' and '.join(given)}")
    wanted = None if regions is None else _read_bed(regions, assembly)
    if wanted == {}:
        raise PlanError(f"{regions} names no base of the reference, which has {assembly.summary()}")
    unwanted = None if exclude is None else _read_bed(exclude, assembly)
    if unwanted == {}:
        _log.warning("%s names no base of the reference: nothing is excluded", exclude)
    if region:
        within = parse_region(region, assembly)
        wanted = {within.chrom: Intervals.one(within.start, within.end)}
    return choose_targets(
        assembly,
        assembly.subset(chroms).names if chroms else assembly.names,
        regions=wanted,
        exclude=unwanted,
    )


def _read_bed(path: Path, assembly: Assembly) -> dict[str, Intervals]:
    found = read_peaks(path, assembly)
    for name, ours in list(found.bridged.items())[:1]:
        _log.warning("%s: its chromosome %s is read as %s, and so on", path, name, ours)
    if found.unknown:
        _log.warning(
            "%s: left out %s lines on chromosomes that the reference lacks, such as %s",
            path, f"{found.counts.unknown:,}", found.unknown[0],
        )  # fmt: skip
    for count, done in (
        (found.counts.clipped, "cut off at their chromosome's end"),
        (found.counts.outside, "left out, past their chromosome's end"),
    ):
        if count:
            _log.warning("%s: lines %s: %s", path, done, f"{count:,}")
    return found.by_chrom
