"""Which bases are read and which are emitted, computed from chromosome lengths alone.

The grid of windows starts at base 0 of each chromosome whatever is requested: regions only select
the windows to run and the bases to emit. A window is read with a flank on both sides, cut at the
ends of the chromosome, so padding is the same as in one pass over the whole chromosome; windows
start at multiples of the model's stride, so the network's positions are aligned too.

For a convolutional network `batch_size` consecutive windows are fused into one strip: all bases get
the same values, and flanks are read only once. A Bi-LSTM depends on everything it reads, so its
windows stay separate. A batch holds consecutive strips of as many bases as `batch_size` windows:
one long strip, or those of many short chromosomes.

Chunks are the independent parts of a plan: each can be predicted without the others. One holds
consecutive windows of a chromosome, or of many short ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import PlanError, invalid
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.predict.reading import ReadRule, Strip, check_multiple
from regtrack.sweep.chunks import CHUNK, Chunk, group_cells
from regtrack.sweep.targets import Line, Numbers, Targets
from regtrack.tracks.bigwig.limits import check_representable

_COST = 128  # bp, about as many as a stretch of its own costs in a shard and in time


@dataclass(frozen=True)
class SweepPlan:
    """All strips of a sweep.

    Attributes:
        assembly: the reference's chromosomes.
        targets: the requested bases, by chromosome.
        window: length of a window (bp).
        flank: bp read on each side of a strip and not emitted.
        batch_size: windows computed at once.
        stride: the model's stride (bp).
        fused: whether consecutive windows become one strip.
        both_strands: whether the reverse complement is read too; strips then also end aligned.
        chunk: length of a chunk (bp), rounded down to complete windows; at least one window.
        resolution: bp per stored value.
        crop: bp read besides on each side of a strip, N beyond the ends of a chromosome.
        whole: whether strips are read up to a multiple of the stride, whatever the chromosome.

    Raises:
        PlanError: an invalid window, flank, batch or resolution, or nothing to predict.
        TrackError: an assembly whose tracks no bigWig can hold.
    """

    assembly: Assembly
    targets: Mapping[str, Intervals]
    window: int
    flank: int
    batch_size: int
    stride: int
    fused: bool
    both_strands: bool = False
    chunk: int = CHUNK
    resolution: int = 1
    crop: int = 0
    whole: bool = False

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise PlanError(invalid("batch_size", self.batch_size, "at least 1"))
        check_representable(self.assembly)
        if not self.targets:
            raise PlanError("nothing to predict: all requested bases are excluded; choose others")
        for what, value in (("window", self.window), ("resolution", self.resolution)):
            if value < 1:
                raise PlanError(invalid(what, value, "at least 1", "bp"))
        if self.window < self._longest:
            check_multiple("window", self.window, self.stride)
            self._check_resolution()
        _ = self._rule

    @property
    def chroms(self) -> tuple[str, ...]:
        """The chromosomes to predict, in output order: by the bytes of their names."""
        return self._targets.chroms

    @cached_property
    def _targets(self) -> Targets:
        return Targets.of(self.assembly, self.targets)

    @cached_property
    def _lengths(self) -> Numbers:
        """The chromosomes' lengths (bp), int64 (n,), in output order."""
        return self._targets.line.lengths

    @property
    def _longest(self) -> int:
        return int(self._lengths.max())

    @cached_property
    def bases(self) -> int:
        """Number of requested bases, including N (bp)."""
        return self._targets.intervals.bases

    @cached_property
    def intervals(self) -> int:
        """Number of stretches of requested bases."""
        return len(self._targets.intervals)

    @cached_property
    def windows(self) -> int:
        """Number of windows with at least one requested base."""
        return self._runs.bases

    @cached_property
    def strips(self) -> int:
        """Maximum number of strips."""
        return int(self._strips_of_runs.sum()) + self._cuts

    @cached_property
    def bases_read(self) -> int:
        """Maximum number of bases that the model reads, including flanks (bp)."""
        owners, strips = self._windows.owners(self._runs.starts), self._strips_of_runs
        lengths = self._lengths[owners]
        starts, ends = (
            np.minimum((side - self._windows.begins[owners]) * self.window, lengths)
            for side in (self._runs.starts, self._runs.ends)
        )
        longest = lengths + self._beyond
        read = np.minimum(ends - starts + self._context * strips, longest * strips)
        return int(read.sum()) + self._context * self._cuts

    @property
    def longest_strip(self) -> int:
        """Bases that a strip of full length reads, including flanks (bp)."""
        size = self.window * (self.batch_size if self.fused else 1)
        read = min(size + 2 * (self.flank + self.crop), self._longest + self._beyond)
        return self.as_read(read)

    def as_read(self, bases: int) -> int:
        """The longest read of at most so many bp; if even the shortest is longer, that one."""
        if not self.whole:
            return bases
        return 2 * self.crop + max(1, (bases - 2 * self.crop) // self.stride) * self.stride

    @property
    def usual_pass(self) -> tuple[int, int]:
        """Rows, and bases per row, of a usual pass."""
        mean = -(-self.bases_read // self.strips)
        length = self.longest_strip if 2 * mean > self.longest_strip else self.as_read(mean)
        return max(1, self.bases_at_once // length), length

    @property
    def bases_at_once(self) -> int:
        """Maximum number of bases that the model reads at once, including flanks (bp)."""
        return min(self._most_at_once, self.bases_read)

    @property
    def _most_at_once(self) -> int:
        context = 2 * (self.flank + self.crop)
        size = self.window * self.batch_size + context
        return size if self.fused else (self.window + context) * self.batch_size

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """All chunks with at least one requested base, in output order."""
        cells, size = self._cells, self._cell * self.window
        return tuple(
            Chunk(
                number,
                self.chroms[cells.owner[first]],
                int(cells.start[first]),
                self.chroms[cells.owner[last - 1]],
                int(cells.end[last - 1]),
                int(cells.bases[first:last].sum()),
            )
            for number, (first, last) in enumerate(group_cells(cells.size, size))
        )

    def batches(self, chunk: Chunk) -> Iterator[tuple[Strip, ...]]:
        """The batches of a chunk, in output order: strips that are computed at once."""
        batch: list[Strip] = []
        read = 0
        for strip in self._strips(chunk):
            more = strip.read_end - strip.read_start
            if batch and read + more > self._most_at_once:
                yield tuple(batch)
                batch, read = [], 0
            batch.append(strip)
            read += more
        if batch:
            yield tuple(batch)

    def mask(self, strips: Sequence[Strip]) -> npt.NDArray[np.bool_]:
        """Which of the strips' bases are requested, one strip after another, bool (bp,).

        Each strip is filled up to a multiple of the resolution with bases that are not.
        """
        return self._targets.mask([(s.chrom, s.start, s.end) for s in strips], self.resolution)

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-serialisable values, for sweep.json."""
        return {
            "chroms": list(self.chroms),
            "window": self.window,
            "flank": self.flank,
            "batch_size": self.batch_size,
            "stride": self.stride,
            "fused": self.fused,
            "both_strands": self.both_strands,
            "chunk": self.chunk,
            "resolution": self.resolution,
            "windows": self.windows,
            "chunks": len(self.chunks),
            "bases": self.bases,
        } | ({"crop": self.crop} if self.whole else {})

    @cached_property
    def _windows(self) -> Line:
        """The windows of each chromosome, on a line like that of the bases."""
        return Line(-(-self._lengths // self.window))

    @cached_property
    def _runs(self) -> Intervals:
        """The windows to run, on their line."""
        wanted, line = self._targets.intervals, self._targets.line
        owners = line.owners(wanted.starts)
        starts, ends = (side - line.begins[owners] for side in (wanted.starts, wanted.ends))
        begins = self._windows.begins[owners]
        return Intervals.merged(begins + starts // self.window, begins - (-ends // self.window))

    @property
    def _cell(self) -> int:
        """Windows of a chunk."""
        return max(1, self.chunk // self.window)

    @cached_property
    def _cells(self) -> _Cells:
        """The parts of chromosomes of which chunks consist: those with a requested base."""
        counts = -(-self._windows.lengths // self._cell)
        owner = np.repeat(np.arange(len(counts)), counts)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        starts, stops = (
            np.minimum(number * self._cell, self._windows.lengths[owner])
            for number in (nth, nth + 1)
        )
        windows = self._between(self._runs, self._windows.begins[owner], starts, stops)
        start, end = (
            np.minimum(side * self.window, self._lengths[owner]) for side in (starts, stops)
        )
        line, wanted = self._targets.line, self._targets.intervals
        bases = self._between(wanted, line.begins[owner], start, end)
        size = np.minimum(windows * self.window, end - start) + _COST
        some = bases > 0
        return _Cells(owner[some], start[some], end[some], bases[some], size[some])

    @staticmethod
    def _between(held: Intervals, begins: Numbers, lows: Numbers, highs: Numbers) -> Numbers:
        return held.covered_below(begins + highs) - held.covered_below(begins + lows)

    def _strips(self, chunk: Chunk) -> Iterator[Strip]:
        number, windows = self._targets.number, self._windows
        first = int(windows.begins[number[chunk.chrom]]) + chunk.start // self.window
        last = int(windows.begins[number[chunk.last]]) - (-chunk.end // self.window)
        size = self.batch_size if self.fused else 1
        runs = self._runs.clip(first, last)
        owners = windows.owners(runs.starts)
        # looked up for all at once: there may be a run per contig, and millions of contigs
        columns = (column[owners].tolist() for column in (windows.begins, self._lengths))
        for (low, high), owner, begin, length in zip(runs, owners.tolist(), *columns, strict=True):
            chrom = self.chroms[owner]
            for index in range(low - begin, high - begin, size):
                start = index * self.window
                end = min(min(index + size, high - begin) * self.window, length)
                yield self._rule.strip(chrom, start, end, length=length)

    @cached_property
    def _strips_of_runs(self) -> Numbers:
        size = self.batch_size if self.fused else 1
        return -(-(self._runs.ends - self._runs.starts) // size)

    @property
    def _cuts(self) -> int:
        """Maximum number of strips cut in two between two chunks."""
        cuts = sum(one.last == other.chrom for one, other in pairwise(self.chunks))
        return cuts if self.fused else 0

    @property
    def _context(self) -> int:
        """Maximum number of bases that a strip reads and does not emit (bp)."""
        aligned = self.both_strands or self.whole
        return 2 * (self.flank + self.crop) + (self.stride if aligned else 0)

    @property
    def _beyond(self) -> int:
        """Maximum number of bases that a strip reads beyond its chromosome (bp)."""
        return 2 * self.crop + (self.stride - 1 if self.whole else 0)

    def _check_resolution(self) -> None:
        step = math.lcm(self.stride, self.resolution)
        if self.window % self.resolution:
            raise PlanError(
                f"`resolution` is {self.resolution:,} bp, which does not divide the window of "
                f"{self.window:,} bp; choose a `window` of {-(-self.window // step) * step:,} bp, "
                "or another resolution"
            )

    @cached_property
    def _rule(self) -> ReadRule:
        return ReadRule(self.flank, self.stride, self.both_strands, self.crop, self.whole)


@dataclass(frozen=True, eq=False)
class _Cells:
    """Parts of chromosomes: chromosome's index, start and end, requested bases, and cost (bp)."""

    owner: Numbers
    start: Numbers
    end: Numbers
    bases: Numbers
    size: Numbers
