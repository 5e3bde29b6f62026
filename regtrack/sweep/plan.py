"""Which bases are read and which are emitted, computed from chromosome lengths alone.

The grid of windows starts at base 0 of each chromosome whatever is requested: regions only select
the windows to run and the bases to emit. A window is read with a flank on both sides, cut at the
ends of the chromosome, so padding is the same as in one pass over the whole chromosome; windows
start at multiples of the model's stride, so the network's positions are aligned too.

For a convolutional network `batch_size` consecutive windows are fused into one strip: all bases get
the same values, and flanks are read only once. A Bi-LSTM depends on everything it reads, so its
windows stay separate and `batch_size` of them form a batch.

Chunks are the independent parts of a plan: each can be predicted without the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import PlanError, invalid
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.predict.reading import ReadRule, Strip, check_multiple
from regtrack.sweep.chunks import CHUNK, Chunk
from regtrack.tracks.bigwig.limits import check_representable


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

    @cached_property
    def chroms(self) -> tuple[str, ...]:
        """The chromosomes to predict, in output order: by the bytes of their names."""
        return tuple(sorted(self.targets, key=str.encode))

    @property
    def _longest(self) -> int:
        return max(map(self.assembly.length, self.targets))

    @cached_property
    def bases(self) -> int:
        """Number of requested bases, including N (bp)."""
        return sum(found.bases for found in self.targets.values())

    @cached_property
    def windows(self) -> int:
        """Number of windows with at least one requested base."""
        return sum(found.bases for found in self._runs.values())

    @cached_property
    def strips(self) -> int:
        """Maximum number of strips."""
        return sum(map(self._strips_of, self.chroms)) + self._cuts

    @cached_property
    def bases_read(self) -> int:
        """Maximum number of bases that the model reads, including flanks (bp)."""
        return sum(map(self._read_of, self.chroms)) + self._context * self._cuts

    @property
    def bases_at_once(self) -> int:
        """Maximum number of bases that the model reads at once, including flanks (bp)."""
        size = self.window * (self.batch_size if self.fused else 1)
        read = min(size + 2 * self.flank, self._longest)
        return read * (1 if self.fused else self.batch_size)

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """All chunks with at least one requested base, in output order."""
        size = max(1, self.chunk // self.window) * self.window
        found: list[Chunk] = []
        for chrom in self.chroms:
            length = self.assembly.length(chrom)
            bases = self.targets[chrom].covered_per_tile(length, size).tolist()
            for tile in np.flatnonzero(bases).tolist():
                end = min((tile + 1) * size, length)
                found.append(Chunk(len(found), chrom, tile * size, end, bases[tile]))
        return tuple(found)

    def batches(self, chunk: Chunk) -> Iterator[tuple[Strip, ...]]:
        """The batches of a chunk, in output order; the strips of a batch are equally long."""
        if self.fused:
            yield from ((strip,) for strip in self._strips(chunk, self.batch_size))
        else:
            yield from _equally_long(self._strips(chunk, 1), self.batch_size)

    def mask(self, strip: Strip) -> npt.NDArray[np.bool_]:
        """Which of a strip's bases are requested, bool (end - start,)."""
        return self.targets[strip.chrom].mask(strip.start, strip.end)

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
        }

    @cached_property
    def _runs(self) -> dict[str, Intervals]:
        """The numbers of the windows to run, by chromosome."""
        return {chrom: found.tiles(self.window) for chrom, found in self.targets.items()}

    def _strips(self, chunk: Chunk, size: int) -> Iterator[Strip]:
        length = self.assembly.length(chunk.chrom)
        edges = chunk.start // self.window, -(-chunk.end // self.window)
        for first, last in self._runs[chunk.chrom].clip(*edges):
            for index in range(first, last, size):
                start = index * self.window
                end = min(min(index + size, last) * self.window, length)
                yield self._rule.strip(chunk.chrom, start, end, length=length)

    def _strips_of(self, chrom: str) -> int:
        runs = self._runs[chrom]
        return int((-(-(runs.ends - runs.starts) // (self.batch_size if self.fused else 1))).sum())

    @property
    def _cuts(self) -> int:
        """Maximum number of strips cut in two between two chunks."""
        return len(self.chunks) - len(self.chroms) if self.fused else 0

    def _read_of(self, chrom: str) -> int:
        runs = self._runs[chrom]
        length, strips = self.assembly.length(chrom), self._strips_of(chrom)
        ends = np.minimum(runs.ends * self.window, length)
        covered = int((ends - runs.starts * self.window).sum())
        return min(covered + self._context * strips, length * strips)

    @property
    def _context(self) -> int:
        """Maximum number of bases that a strip reads and does not emit (bp)."""
        return 2 * self.flank + (self.stride if self.both_strands else 0)

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
        return ReadRule(self.flank, self.stride, self.both_strands)


def _equally_long(strips: Iterator[Strip], count: int) -> Iterator[tuple[Strip, ...]]:
    """Groups of up to `count` consecutive strips that read equally many bases, for one array."""
    batch: list[Strip] = []
    for strip in strips:
        if batch and (len(batch) == count or _length(strip) != _length(batch[0])):
            yield tuple(batch)
            batch = []
        batch.append(strip)
    if batch:
        yield tuple(batch)


def _length(strip: Strip) -> int:
    return strip.read_end - strip.read_start


def choose_targets(
    assembly: Assembly,
    chroms: Iterable[str],
    *,
    regions: Mapping[str, Intervals] | None = None,
    exclude: Mapping[str, Intervals] | None = None,
) -> dict[str, Intervals]:
    """The bases to emit: those of the chromosomes or regions, without the excluded ones.

    Args:
        assembly: the reference's chromosomes.
        chroms: the chromosomes to predict.
        regions: bases to predict, by chromosome; None: all.
        exclude: bases to exclude, by chromosome; None: none.

    Returns:
        The remaining bases by chromosome, without chromosomes that have none.
    """
    targets = {}
    for chrom in chroms:
        length = assembly.length(chrom)
        excluded = [(exclude or {}).get(chrom, Intervals.none())]
        if regions is not None:
            excluded.append(regions.get(chrom, Intervals.none()).complement(length))
        left = Intervals.union(excluded).complement(length)
        if left:
            targets[chrom] = left
    return targets
