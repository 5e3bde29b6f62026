"""The label part of a build: converts every marker's peaks to rows of tiles."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from regtrack.dataset.codes import Kept
from regtrack.dataset.rows import RowTable
from regtrack.errors import DatasetError
from regtrack.files.shown import listed
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.labels.manifest import MarkerFile
from regtrack.labels.marker import Marker
from regtrack.labels.peaks import PeakCounts, Peaks, read_peaks
from regtrack.progress import Progress

_log = logging.getLogger(__name__)

_MOST = 2**16  # markers: indexes take 16 bits


@dataclass(frozen=True)
class LabelledMarker:
    """A marker, and the outcome of reading its peak file.

    Attributes:
        marker: the marker.
        file: its peak file, as given.
        sha256: digest of the file.
        counts: peaks used and dropped.
        labelled: whether it has a peak on the kept chromosomes.
        positives: labels of the kept windows that are 1.
        bridged: chromosome names read as the reference's.
        unknown: chromosome names that the reference lacks.
    """

    marker: Marker
    file: str
    sha256: str
    counts: PeakCounts
    labelled: bool
    positives: int
    bridged: dict[str, str]
    unknown: tuple[str, ...]

    def source(self) -> dict[str, Any]:
        """File, digest and counts, JSON-serialisable."""
        return {"path": self.file, "sha256": self.sha256, **asdict(self.counts)}


def write_labels(
    files: Sequence[MarkerFile],
    assembly: Assembly,
    kept: Kept,
    *,
    first: Peaks,
    folder: Path,
    progress: Progress,
) -> tuple[LabelledMarker, ...]:
    """Read the peaks one file at a time and write them as label rows.

    Args:
        files: the markers and their files.
        assembly: of the whole reference, against which peaks are checked.
        kept: the windows; their chromosomes are labelled from end to end.
        first: the peaks of the first file, which has been read already; a pipe is read once.
        folder: where to write.
        progress: shows the files read.

    Raises:
        PeakFileError: not a peak file.
        DatasetError: no marker has a peak on the kept chromosomes, the peaks are for another
            assembly, or there are too many markers.
    """
    if len(files) > _MOST:
        raise DatasetError(f"there are {len(files):,} markers; expected at most {_MOST:,}")
    rows = RowTable(kept.assembly)
    labelled = []
    with progress.task("Reading peaks", len(files), "files") as task:
        for index, file in enumerate(files):
            peaks = read_peaks(file.path, assembly) if index else first
            on_kept = {
                chrom: peaks.by_chrom[chrom]
                for chrom in kept.assembly.names
                if chrom in peaks.by_chrom
            }
            rows.add(index, on_kept)
            labelled.append(_labelled(file, peaks, on_kept, kept))
            task.advance(1, file.marker.name)
    _check(labelled, kept.assembly)
    _report(labelled)
    rows.write(folder)
    return tuple(labelled)


def covered_by(
    files: Sequence[MarkerFile], category: str, assembly: Assembly, progress: Progress
) -> dict[str, Intervals]:
    """The bases under a peak of any marker of a category, by chromosome.

    Raises:
        DatasetError: no marker has the category.
        PeakFileError: not a peak file.
    """
    chosen = [file for file in files if file.marker.category == category]
    if not chosen:
        known = dict.fromkeys(file.marker.category for file in files)
        raise DatasetError(
            f"windows need a peak of category {category}, which no marker has; the categories are "
            f"{listed(list(known))}"
        )
    found: dict[str, list[Intervals]] = {}
    with progress.task(f"Reading peaks of {category}", len(chosen), "files") as task:
        for file in chosen:
            for chrom, peaks in read_peaks(file.path, assembly).by_chrom.items():
                found[chrom] = [Intervals.union([*found.get(chrom, []), peaks])]
            task.advance(1, file.marker.name)
    return {chrom: union for chrom, (union,) in found.items()}


def _labelled(
    file: MarkerFile, peaks: Peaks, on_kept: Mapping[str, Intervals], kept: Kept
) -> LabelledMarker:
    return LabelledMarker(
        marker=file.marker,
        file=str(file.path),
        sha256=peaks.sha256,
        counts=peaks.counts,
        labelled=bool(on_kept),
        positives=kept.positives(on_kept),
        bridged=peaks.bridged,
        unknown=peaks.unknown,
    )


def _check(labelled: Sequence[LabelledMarker], kept: Assembly) -> None:
    """Refuse peaks of another assembly, judged over all files."""
    total = _total(labelled)
    if total.foreign:
        raise DatasetError(
            f"the peaks are for another assembly than the reference: {total.outside:,} of "
            f"{total.read:,} start past their chromosome's end; take both from one assembly"
        )
    if not total.read:
        raise DatasetError(
            f"the peak files hold no peaks: {listed([found.file for found in labelled], 3)}; "
            "expected rows of chromosome, start, end"
        )
    if not any(found.labelled for found in labelled):
        unknown = _unknown(labelled)
        named = f"; they name {listed(unknown)}" if unknown else ""
        raise DatasetError(
            f"no peak of any marker lies on the kept chromosomes, {kept.summary()}{named}; give "
            "peaks for the assembly of the reference"
        )


def _report(labelled: Sequence[LabelledMarker]) -> None:
    """Log once, over all files, what a user should know about the peaks."""
    bridged = sorted(pair for found in labelled for pair in found.bridged.items())
    if bridged:
        _log.warning('peak files use other chromosome names: "%s" is read as "%s"', *bridged[0])
    total = _total(labelled)
    lacking = f"on chromosomes that the reference lacks ({listed(_unknown(labelled))})"
    for count, what in (
        (total.unknown, f"{lacking}: dropped"),
        (total.outside, "starting past their chromosome's end: dropped"),
        (total.clipped, "ending past their chromosome's end: clipped"),
        (total.empty, "with no bases: dropped"),
    ):
        if count:
            _log.warning("of %s peaks, %s %s", f"{total.read:,}", f"{count:,}", what)
    without = [found.marker.name for found in labelled if not found.labelled]
    if without:
        _log.warning(
            "%d of %d markers have no peak on the kept chromosomes, so all their labels are 0: %s",
            len(without), len(labelled), listed(without),
        )  # fmt: skip


def _total(labelled: Sequence[LabelledMarker]) -> PeakCounts:
    return sum((found.counts for found in labelled), PeakCounts())


def _unknown(labelled: Sequence[LabelledMarker]) -> list[str]:
    return sorted({name for found in labelled for name in found.unknown})
