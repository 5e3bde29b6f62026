"""Compare bigWigs with each other and with labels, exactly, along whole genomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regtrack.atomic import publish_folder
from regtrack.compare.compared import Compared, open_compared
from regtrack.compare.positions import Grid, Piece
from regtrack.compare.result import ALL, COMPARISON_FILE, Comparison, PairRow, PeakRow
from regtrack.compare.scatter import PairCounter
from regtrack.compare.tallies import Rows, Tallies, present
from regtrack.errors import RegionError, TrackError, invalid
from regtrack.frozen import take_names
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.labels.peaks import read_peaks
from regtrack.labels.report import report_peaks
from regtrack.machine.memory import usable_memory
from regtrack.measures.moments import Moments
from regtrack.progress import SILENT, Progress, Task
from regtrack.tracks.bigwig.assemble import BigWigFile, create_bigwig
from regtrack.tracks.bigwig.layout import LAST_BASE

DIFFERENCE_FILE = "difference.bw"
_SHARE = 8  # of the memory, that positions may take so as not to be read again


@dataclass(frozen=True)
class ComparisonRequest:
    """What to compare.

    Attributes:
        paths: bigWigs, sweeps and folders of them, and labels (see `open_compared`).
        regions: BED of the bases that count; None: all.
        chroms: chromosomes that count; default: all that the tracks share.
        resolution: bp per position; a bin's value is the mean of those present.
        markers: of sweeps, markers tables and datasets; default: all.
        names: of tracks and labels, in their order; default: those of the files.
        missing_as_zero: an absent value is 0; otherwise a position counts where all tracks have a
            value.

    Raises:
        TrackError: a resolution below 1 bp.
    """

    paths: Sequence[str | Path]
    regions: Path | None = None
    chroms: Sequence[str] = ()
    resolution: int = 1
    markers: Sequence[str] = ()
    names: Sequence[str] = ()
    missing_as_zero: bool = False

    def __post_init__(self) -> None:
        take_names(self, "chroms", "markers", "names")
        if self.resolution < 1:
            raise TrackError(invalid("resolution", self.resolution, "at least 1", "bp"))
        if self.resolution > LAST_BASE:
            raise TrackError(invalid("resolution", self.resolution, f"at most {LAST_BASE:,}", "bp"))


def compare_tracks(
    request: ComparisonRequest,
    out: str | Path,
    *,
    draw: Callable[[Comparison, Path], None] | None = None,
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> Comparison:
    """Compare tracks and write compare.json, tables and, of two tracks, their difference.

    Every number is computed from all positions, in memory that grows with the number of distinct
    values and not with the genome. The digits are the same for any memory and any machine.

    Args:
        request: what to compare.
        out: the folder to write.
        draw: adds figures of what was found to the folder.
        overwrite: replace an earlier comparison.
        progress: shows the bases read.

    Raises:
        RegtrackError: an input is missing, cannot be read, is of another assembly, or has no
            position in common with the others.
        OutputError: `out` exists and `overwrite` is off, or it cannot be written.
    """
    inputs = (*request.paths, request.regions)
    with (
        open_compared(request.paths, markers=request.markers, names=request.names) as opened,
        publish_folder(
            Path(out), mark=COMPARISON_FILE, inputs=inputs, overwrite=overwrite
        ) as folder,
    ):
        grid = Grid(_regions(request, opened.assembly), request.resolution, request.missing_as_zero)
        found = _Run(opened, grid, folder, progress).compare()
        found.write_files(folder)
        if draw is not None:
            draw(found, folder)
    return found


def _regions(request: ComparisonRequest, assembly: Assembly) -> dict[str, Intervals]:
    """The bases that count, by chromosome in the order of bigWigs."""
    chosen = assembly.subset(request.chroms) if request.chroms else assembly
    bases = {name: Intervals.one(0, assembly.length(name)) for name in chosen.names}
    if request.regions is not None:
        peaks = read_peaks(request.regions, assembly)
        report_peaks(request.regions, peaks)
        bases = {name: peaks.by_chrom[name] for name in bases if name in peaks.by_chrom}
        if not bases:
            raise RegionError(
                f"{request.regions} has no base on the chromosomes that are compared "
                f"({chosen.summary()}); give a BED of the tracks' assembly"
            )
    return {name: bases[name] for name in sorted(bases, key=str.encode)}


class _Run:
    """One comparison: a pass for counts, and one for ranks, over each chromosome and over all."""

    def __init__(self, inputs: Compared, grid: Grid, folder: Path, progress: Progress) -> None:
        self._inputs, self._grid = inputs, grid
        self._folder, self._progress = folder, progress
        self._kept: dict[str, list[Rows]] = {}
        self._room = usable_memory() // _SHARE
        self._two = len(inputs.signals) == 2

    def compare(self) -> Comparison:
        """Every number."""
        inputs, chroms = self._inputs, list(self._grid.regions)
        sizes = len(inputs.signals), len(inputs.labels)
        every = Tallies(*sizes)
        pairs: list[PairRow] = []
        peaks: list[PeakRow] = []
        passes = 2 if len(chroms) == 1 else 3
        total = passes * self._grid.bases
        with ExitStack() as opened:
            task = opened.enter_context(self._progress.task("Comparing", total, "bp"))
            written = self._difference(opened)
            for chrom in chroms:
                here = Tallies(*sizes)
                for rows in self._first(chrom, written, task):
                    here.add(rows)
                here.moments.finish()
                every.merge(here)
                if len(chroms) > 1 and here.moments.count:
                    spearman = self._ranked([chrom], here, None, task)
                    pairs += here.pair_rows(chrom, inputs.names, spearman)
                    peaks += here.peak_rows(chrom, inputs.names)
                elif len(chroms) > 1:  # nothing to rank
                    task.advance(self._grid.regions[chrom].bases)
            if not every.moments.count:
                raise TrackError(
                    "there is no position at which all tracks have a value; compare others, or "
                    "count absent values as 0 by `missing_as_zero`"
                )
            counter = None
            if self._two:
                counter = PairCounter((inputs.names[0], inputs.names[1]), every.moments)
            spearman = self._ranked(chroms, every, counter, task)
        return Comparison(
            tracks=inputs.names[: sizes[0]],
            labels=inputs.names[sizes[0] :],
            resolution=self._grid.resolution,
            bases=self._grid.bases,
            pairs=[*every.pair_rows(ALL, inputs.names, spearman), *pairs],
            peaks=[*every.peak_rows(ALL, inputs.names), *peaks],
            pearson=every.moments.correlation(),
            spearman=spearman.correlation(),
            pair=None if counter is None else counter.pair(),
        )

    def _difference(self, opened: ExitStack) -> BigWigFile | None:
        """The bigWig of the difference of two tracks."""
        if not self._two:
            return None
        path = self._folder / DIFFERENCE_FILE
        resolution = self._grid.resolution
        return opened.enter_context(
            create_bigwig(path, self._inputs.assembly, resolution=resolution)
        )

    def _first(self, chrom: str, written: BigWigFile | None, task: Task) -> Iterator[Rows]:
        """The positions of a chromosome, read for the first time; those that fit are kept."""
        kept: list[Rows] | None = []
        for piece in self._grid.pieces(self._inputs, chrom):
            if written is not None:
                _write_difference(written, piece, self._grid.resolution)
            rows = present(piece)
            task.advance(piece.read)
            if kept is not None:
                kept.append(rows)
                self._room -= rows.nbytes
                kept = kept if self._room > 0 else None
            yield rows
        if kept is not None:
            self._kept[chrom] = kept

    def _ranked(
        self, chroms: Sequence[str], tallies: Tallies, counter: PairCounter | None, task: Task
    ) -> Moments:
        """The moments of the ranks of all positions of some chromosomes."""
        ranks = tallies.ranks()
        found = Moments(len(ranks))
        for chrom in chroms:
            kept = self._kept.get(chrom)
            pieces = map(present, self._grid.pieces(self._inputs, chrom)) if kept is None else kept
            for rows in pieces:
                found.add(np.stack([one.of(row) for one, row in zip(ranks, rows, strict=True)]))
                if counter is not None:
                    counter.add(rows)
            task.advance(self._grid.regions[chrom].bases)
        return found.finish()


def _write_difference(file: BigWigFile, piece: Piece, resolution: int) -> None:
    """Write the first track less the second, where both have a value."""
    values = piece.signals[0] - piece.signals[1]
    cuts = np.flatnonzero(np.diff(piece.starts) != resolution) + 1
    for starts, part in zip(np.split(piece.starts, cuts), np.split(values, cuts), strict=True):
        if not np.isnan(part).all():
            file.write(piece.chrom, int(starts[0]), part)
