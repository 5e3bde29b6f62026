"""Which bases are read and which are emitted: plain values, from lengths alone.

The grid of windows starts at base 0 of each chromosome and does not depend on what is asked for:
regions choose which windows run and which of their bases are emitted. A window is read with a flank
on both sides, less where the chromosome ends, so that padding falls where it falls in one pass over
the whole chromosome; windows start on multiples of the model's stride, so that the network's
positions do too.

For a convolutional network `batch_size` consecutive windows are fused into one strip, since every
base gets the same value and the flank is read once. A Bi-LSTM sees all it is given, so its windows
stay what they are and `batch_size` of them are computed side by side.

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

from regtrack.errors import PlanError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.predict.reading import ReadRule, Strip, check_multiple
from regtrack.sweep.chunks import CHUNK, Chunk


@dataclass(frozen=True)
class SweepPlan:
    """Every strip of a sweep.

    Attributes:
        assembly: the reference's chromosomes.
        targets: the bases asked for, by chromosome.
        window: bp of a window.
        flank: bp read on each side of a strip and not emitted.
        batch_size: windows computed at once.
        stride: bp at whose multiples the model's positions repeat.
        fused: consecutive windows become one strip.
        both_strands: the reverse complement is read too, which needs the strip's end aligned.
        chunk: bp of a chunk, of which as many whole windows are taken as fit, and at least one.
        resolution: bp of a value in the file.

    Raises:
        PlanError: a window, flank, batch or resolution that cannot be, or nothing to predict.
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
            raise PlanError(f"batch size {self.batch_size} is below 1")
        if not self.targets:
            raise PlanError("nothing to predict: every base asked for is excluded")
        for what, value in (("window", self.window), ("resolution", self.resolution)):
            if value < 1:
                raise PlanError(f"{what} {value:,} is below 1 bp")
        if self.window < self._longest:
            check_multiple("window", self.window, self.stride)
            self._check_resolution()
        _ = self._rule

    @cached_property
    def chroms(self) -> tuple[str, ...]:
        """The chromosomes to go over, in the order of the output: bytewise by name."""
        return tuple(sorted(self.targets, key=str.encode))

    @property
    def _longest(self) -> int:
        return max(map(self.assembly.length, self.targets))

    @cached_property
    def bases(self) -> int:
        """Bases asked for, N among them (bp)."""
        return sum(found.bases for found in self.targets.values())

    @cached_property
    def windows(self) -> int:
        """Windows with at least one base asked for."""
        return sum(found.bases for found in self._runs.values())

    @cached_property
    def strips(self) -> int:
        """Stretches that are read at once, at most."""
        return sum(map(self._strips_of, self.chroms)) + self._cuts

    @cached_property
    def bases_read(self) -> int:
        """Bases that go through the model, flanks among them, at most (bp)."""
        return sum(map(self._read_of, self.chroms)) + self._beside * self._cuts

    @property
    def bases_at_once(self) -> int:
        """The most bases that go through the model together, flanks among them (bp)."""
        size = self.window * (self.batch_size if self.fused else 1)
        read = min(size + 2 * self.flank, self._longest)
        return read * (1 if self.fused else self.batch_size)

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """Every chunk with a base asked for, in the order of the output."""
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
        """What goes through the model at once, in the order of the output; equally long pieces."""
        if self.fused:
            yield from ((strip,) for strip in self._strips(chunk, self.batch_size))
        else:
            yield from _alike(self._strips(chunk, 1), self.batch_size)

    def mask(self, strip: Strip) -> npt.NDArray[np.bool_]:
        """Which of a strip's bases are asked for, shape (end - start,)."""
        return self.targets[strip.chrom].mask(strip.start, strip.end)

    def to_dict(self) -> dict[str, Any]:
        """The plan in numbers, for sweep.json."""
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
        """The numbers of the windows that run, by chromosome."""
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
        """Strips that may be cut in two where one chunk ends and the next begins."""
        return len(self.chunks) - len(self.chroms) if self.fused else 0

    def _read_of(self, chrom: str) -> int:
        runs = self._runs[chrom]
        length, strips = self.assembly.length(chrom), self._strips_of(chrom)
        ends = np.minimum(runs.ends * self.window, length)
        covered = int((ends - runs.starts * self.window).sum())
        return min(covered + self._beside * strips, length * strips)

    @property
    def _beside(self) -> int:
        """Bases that a strip reads and does not emit, at most."""
        return 2 * self.flank + (self.stride if self.both_strands else 0)

    def _check_resolution(self) -> None:
        step = math.lcm(self.stride, self.resolution)
        if self.window % self.resolution:
            raise PlanError(
                f"resolution {self.resolution:,} does not divide the window of {self.window:,} bp; "
                f"take a window of {-(-self.window // step) * step:,} bp, or another resolution"
            )

    @cached_property
    def _rule(self) -> ReadRule:
        return ReadRule(self.flank, self.stride, self.both_strands)


def _alike(strips: Iterator[Strip], count: int) -> Iterator[tuple[Strip, ...]]:
    """Up to `count` consecutive strips that read equally many bases, as one array can hold them."""
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
    """The bases to emit: those of the chromosomes or of the regions, less the excluded ones.

    Args:
        assembly: the reference's chromosomes.
        chroms: those to go over.
        regions: bases by chromosome; None is everything.
        exclude: likewise; None is nothing.

    Returns:
        The bases of each chromosome that has some left.
    """
    targets = {}
    for chrom in chroms:
        length = assembly.length(chrom)
        unwanted = [(exclude or {}).get(chrom, Intervals.none())]
        if regions is not None:
            unwanted.append(regions.get(chrom, Intervals.none()).complement(length))
        left = Intervals.union(unwanted).complement(length)
        if left:
            targets[chrom] = left
    return targets
