"""The sequence part of a build: selects windows and chromosomes, and writes their codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from regtrack.dataset.array_file import ArrayFile
from regtrack.dataset.bins import labelled_bins
from regtrack.dataset.format import BASE, CODES_FILE
from regtrack.dataset.spec import DatasetSpec
from regtrack.dataset.windows import Dropped, keep_windows
from regtrack.errors import DatasetError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals, Positions
from regtrack.genome.reference import Reference
from regtrack.progress import Progress

_MOST = 2**16  # chromosomes: indexes take 16 bits
_LONGEST = 2**32  # bp: the start of a window takes 32 bits


@dataclass(frozen=True, eq=False)
class Kept:
    """The windows that a dataset keeps.

    Attributes:
        assembly: the chromosomes with at least one kept window.
        starts: starts of the kept windows of each chromosome, ascending (bp).
        spec: how long windows are, and which of their bases have labels.
        dropped: windows left out, over all usable chromosomes.
    """

    assembly: Assembly
    starts: tuple[Positions, ...]
    spec: DatasetSpec
    dropped: Dropped

    @cached_property
    def stretches(self) -> dict[str, Intervals]:
        """The labelled bases of the kept windows of each chromosome, with adjacent ones merged."""
        return {
            chrom: Intervals.merged(first, first + self.spec.labelled)
            for chrom, starts in zip(self.assembly.names, self.starts, strict=True)
            for first in [starts + self.spec.crop]
        }

    def positives(self, by_chrom: Mapping[str, Intervals]) -> int:
        """How many labels of the kept windows are 1, for a marker with these peaks."""
        total, size = 0, self.spec.bin
        for chrom, peaks in by_chrom.items():
            stretches = self.stretches[chrom]
            if size == 1:
                total += stretches.shared_with(peaks)
            else:
                _, index = labelled_bins(np.zeros(len(peaks)), peaks.starts, peaks.ends, size)
                below = stretches.covered_below(np.stack([index, index + 1]) * size)
                total += int((below[1] > below[0]).sum())
        return total

    def without(self, lost: Sequence[npt.NDArray[np.bool_]]) -> Kept:
        """All windows but those that share bases with another split, bool (W,) per chromosome."""
        starts = tuple(one[~gone] for one, gone in zip(self.starts, lost, strict=True))
        dropped = self.dropped + Dropped(other_split=int(sum(gone.sum() for gone in lost)))
        return Kept(self.assembly, starts, self.spec, dropped)

    @property
    def count(self) -> int:
        """The number of kept windows."""
        return sum(map(len, self.starts))


def write_codes(
    reference: Reference,
    usable: Assembly,
    spec: DatasetSpec,
    masks: tuple[Mapping[str, Intervals], Mapping[str, Intervals]],
    *,
    needed: Mapping[str, Intervals] | None = None,
    folder: Path,
    progress: Progress,
) -> Kept:
    """Choose windows, and write the codes of the chromosomes that have some, one at a time.

    Args:
        reference: the sequence.
        usable: the chromosomes that the dataset may keep.
        spec: length of a window, and the rules for dropping one.
        masks: excluded and multi-mapped bases by chromosome.
        needed: bases by chromosome of which each window must label one; None: any window will do.
        folder: where to write.
        progress: shows the bases read.

    Raises:
        DatasetError: no window is kept, or chromosomes too many or too long for the format.
    """
    excluded, multimapped = masks
    starts: dict[str, Positions] = {}
    dropped = Dropped()
    with (
        ArrayFile(folder / CODES_FILE, BASE) as file,
        progress.task("Reading sequence", usable.total, "bp") as task,
    ):
        for chrom, length in zip(usable.names, usable.lengths, strict=True):
            if length >= _LONGEST:
                raise DatasetError(f"{chrom} has {length:,} bp; expected less than {_LONGEST:,}")
            if length < spec.window:
                continue  # counted below: there may be millions
            codes = reference.codes(chrom, 0, length)
            clean, lost = keep_windows(
                codes, spec, excluded.get(chrom), multimapped.get(chrom),
                None if needed is None else needed.get(chrom, Intervals.none()),
            )  # fmt: skip
            dropped += lost
            if len(clean):
                _check_count(len(starts) + 1)
                starts[chrom] = clean
                file.append(codes)
            task.advance(length, chrom)
        short = [length for length in usable.lengths if length < spec.window]
        dropped += Dropped(short=len(short))
        task.advance(sum(short))
    if not starts:
        raise _nothing_kept(spec, dropped)
    return Kept(usable.subset(starts), tuple(starts.values()), spec, dropped)


def _check_count(chroms: int) -> None:
    """Refuse more chromosomes than indexes can count, as soon as they are found."""
    if chroms > _MOST:
        raise DatasetError(
            f"more than {_MOST:,} chromosomes have windows, which is the most that a dataset can "
            "hold: select those to use with `chroms`"
        )


def _nothing_kept(spec: DatasetSpec, dropped: Dropped) -> DatasetError:
    return DatasetError(
        f"no window of {spec.window:,} bp is kept: {dropped.short} were too short, {dropped.n} had "
        f"too many N, {dropped.excluded} were excluded, {dropped.multimap} multi-mapped"
        + (f", and {dropped.no_peak} have no peak of category {spec.needs}" if spec.needs else "")
        + "; choose a smaller `window`, or raise `max_n` or `max_multimap`"
    )
