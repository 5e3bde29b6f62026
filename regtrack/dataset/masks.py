"""Bases by which windows are dropped: of a BED, or below a threshold in a mappability bigWig."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regtrack.errors import AssemblyError, DatasetError, invalid
from regtrack.files.recognise import recognise_file
from regtrack.files.shown import listed
from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.labels.peaks import read_peaks
from regtrack.labels.report import report_peaks
from regtrack.tracks.bigwig.read import chroms, values

Mask = dict[str, Intervals]

UNIQUE = 1.0  # the value of ENCODE's mappability tracks where a read has one place
_PIECE = 1 << 24  # bp of values that are read at once

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """The files that say which bases spoil a window.

    Args:
        exclude: BED of bases that count as N.
        multimap: BED of multi-mapped bases, or a mappability bigWig.
        threshold: a base of that bigWig with a lower value is multi-mapped; default: 1, the value
            of a unique place.

    Raises:
        DatasetError: a threshold without a bigWig, or one that is not a finite number.
    """

    exclude: Path | None = None
    multimap: Path | None = None
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.threshold is None:
            return
        if not np.isfinite(self.threshold):
            raise DatasetError(invalid("multimap_threshold", self.threshold, "a finite number"))
        if self.multimap is None or not is_bigwig(self.multimap):
            raise DatasetError(
                "`multimap_threshold` is for a bigWig given as `multimap`, and "
                + ("none is given" if self.multimap is None else f"{self.multimap} is none")
            )

    @property
    def least(self) -> float | None:
        """The lowest value of a base that is not multi-mapped; None: there is no bigWig."""
        if self.multimap is None or not is_bigwig(self.multimap):
            return None
        return UNIQUE if self.threshold is None else self.threshold

    def read(self, assembly: Assembly, usable: Assembly) -> tuple[Mask, Mask]:
        """The excluded and the multi-mapped bases.

        A base without a value in the bigWig is multi-mapped: Umap's tracks have none where no read
        is unique. (Others have none where the reference is N, which does not count later on.) Of a
        chromosome that the bigWig lacks, no base is.

        Args:
            assembly: the reference's.
            usable: the chromosomes of it for which a bigWig is read.

        Raises:
            PeakFileError, TrackError: a file cannot be read.
            AssemblyError, PeakFileError: a file is for another assembly.
        """
        excluded = {} if self.exclude is None else _of_bed(self.exclude, assembly)
        if self.multimap is None:
            return excluded, {}
        if self.least is None:
            return excluded, _of_bed(self.multimap, assembly)
        return excluded, _below(self.multimap, usable, self.least)


def is_bigwig(path: Path) -> bool:
    """Whether a file is a bigWig, by its content; a pipe or a missing file is none."""
    return path.is_file() and recognise_file(path).endswith("bigWig")


def _of_bed(path: Path, assembly: Assembly) -> Mask:
    mask = read_peaks(path, assembly)
    report_peaks(path, mask)
    if not mask.by_chrom:
        _log.warning("%s covers no base of the reference, so it masks nothing", path)
    return mask.by_chrom


def _below(path: Path, assembly: Assembly, threshold: float) -> Mask:
    found = compare_assemblies(assembly, chroms(path))
    if not found.same:
        raise AssemblyError(f"{found.difference('the reference', str(path))}; take both from one")
    mask: Mask = {}
    unvalued = 0
    for ours, theirs in found.shared.items():
        low = []
        length = assembly.length(ours)
        for start in range(0, length, _PIECE):
            part = values(path, Interval(theirs, start, min(start + _PIECE, length)))
            low.append(Intervals.from_mask(~(part >= threshold), start))
            unvalued += int(np.count_nonzero(np.isnan(part)))
        mask[ours] = Intervals.union(low)
    if found.only_ours:
        _log.warning(
            "%s lacks %s, where no base counts as multi-mapped", path, listed(found.only_ours)
        )
    bases = sum(low.bases for low in mask.values())
    _log.info(
        "%s: %s bp are multi-mapped: below %g, or without a value (%s bp); where the reference is "
        "N they do not count",
        path, f"{bases:,}", threshold, f"{unvalued:,}",
    )  # fmt: skip
    return mask
