"""Which bases are read and which are emitted: plain values, from lengths alone.

The grid of windows starts at base 0 of each chromosome and does not depend on what is asked for:
regions choose which windows run and which of their bases are emitted. A window is read with a flank
on both sides, less where the chromosome ends, so that padding falls where it falls in one pass over
the whole chromosome; windows start on multiples of the model's stride, so that the network's
positions do too.

For a convolutional network `batch_size` consecutive windows are fused into one strip, since every
base gets the same value and the flank is read once. A Bi-LSTM sees all it is given, so its windows
stay what they are and `batch_size` of them are computed side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import PlanError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Positions, clip, complement, covered_below, merge

Intervals = tuple[Positions, Positions]

LSTM_FLANK = 5_000  # where a trained one differs from one pass by rounding: docs/sweep.md

_NOWHERE: Intervals = (np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Strip:
    """Bases of one chromosome that go through the model in one piece (bp, half-open).

    Attributes:
        chrom: the chromosome.
        start, end: what the strip has values for.
        read_start, read_end: what the model sees.
    """

    chrom: str
    start: int
    end: int
    read_start: int
    read_end: int

    @property
    def crop(self) -> slice:
        """The emitted positions among those that were read."""
        return slice(self.start - self.read_start, self.end - self.read_start)


@dataclass(frozen=True)
class SweepPlan:
    """Every strip of a sweep.

    Attributes:
        assembly: the reference's chromosomes.
        targets: the bases asked for, as merged starts and ends by chromosome.
        window: bp of a window.
        flank: bp read on each side of a strip and not emitted.
        batch_size: windows computed at once.
        stride: bp at whose multiples the model's positions repeat.
        fused: consecutive windows become one strip.
        both_strands: the reverse complement is read too, which needs the strip's end aligned.

    Raises:
        PlanError: a window, flank or batch that cannot be, or nothing to predict.
    """

    assembly: Assembly
    targets: Mapping[str, Intervals]
    window: int
    flank: int
    batch_size: int
    stride: int
    fused: bool
    both_strands: bool = False

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise PlanError(f"batch size {self.batch_size} is below 1")
        if not self.targets:
            raise PlanError("nothing to predict: every base asked for is excluded")
        if self.window < 1:
            raise PlanError(f"window {self.window:,} is below 1 bp")
        if self.window < self._longest:
            check_multiple("window", self.window, self.stride)
        check_multiple("flank", self.flank, self.stride)

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
        return sum(int((ends - starts).sum()) for starts, ends in self.targets.values())

    @cached_property
    def windows(self) -> int:
        """Windows with at least one base asked for."""
        return sum(int((lasts - firsts).sum()) for firsts, lasts in map(self._runs, self.chroms))

    @property
    def bases_at_once(self) -> int:
        """The most bases that go through the model together, flanks among them (bp)."""
        size = self.window * (self.batch_size if self.fused else 1)
        read = min(size + 2 * self.flank, self._longest)
        return read * (1 if self.fused else self.batch_size)

    def batches(self) -> Iterator[tuple[Strip, ...]]:
        """What goes through the model at once, in the order of the output; equally long pieces."""
        for chrom in self.chroms:
            if self.fused:
                yield from ((strip,) for strip in self._strips(chrom, self.batch_size))
            else:
                yield from _alike(self._strips(chrom, 1), self.batch_size)

    def bases_of(self, strip: Strip) -> int:
        """Bases of a strip that are asked for, N among them (bp)."""
        edges = np.array([strip.start, strip.end])
        below = covered_below(*self.targets[strip.chrom], edges)
        return int(below[1] - below[0])

    def mask(self, strip: Strip) -> npt.NDArray[np.bool_]:
        """Which of a strip's bases are asked for, shape (end - start,)."""
        wanted = np.zeros(strip.end - strip.start, dtype=np.bool_)
        for start, end in zip(
            *clip(*self.targets[strip.chrom], strip.start, strip.end), strict=True
        ):
            wanted[start - strip.start : end - strip.start] = True
        return wanted

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
            "windows": self.windows,
            "bases": self.bases,
        }

    def _runs(self, chrom: str) -> Intervals:
        """First and last window (half-open) of each stretch of consecutive windows that run."""
        starts, ends = self.targets[chrom]
        return merge(starts // self.window, -(-ends // self.window))

    def _strips(self, chrom: str, size: int) -> Iterator[Strip]:
        length = self.assembly.length(chrom)
        for first, last in zip(*self._runs(chrom), strict=True):
            for index in range(int(first), int(last), size):
                start = index * self.window
                end = min(min(index + size, int(last)) * self.window, length)
                yield Strip(chrom, start, end, *self._read(start, end, length))

    def _read(self, start: int, end: int, length: int) -> tuple[int, int]:
        left, right = max(0, start - self.flank), min(length, end + self.flank)
        if self.both_strands:
            # the other strand counts its stride from the chromosome's end: a few bases more
            right = length - (length - right) // self.stride * self.stride
        return left, right


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


def choose_flank(flank: int | str, *, needed: int | None, stride: int) -> int:
    """The flank to read on each side (bp).

    Args:
        flank: `"auto"`, or bp.
        needed: what the model needs for values without a seam; None for a Bi-LSTM, which has no
            such number.
        stride: the model's stride (bp).

    Raises:
        PlanError: no number, no multiple of the stride, or less than the model needs.
    """
    auto = -(-LSTM_FLANK // stride) * stride if needed is None else needed
    if flank == "auto":
        return auto
    try:
        chosen = int(flank)
    except ValueError:
        raise PlanError(f'flank "{flank}" is no number; expected bp or auto') from None
    check_multiple("flank", chosen, stride)
    if needed is not None and chosen < needed:
        raise PlanError(
            f"flank {chosen:,} would leave seams: this model needs {needed:,} bp on each side; "
            "leave the flank at auto"
        )
    return chosen


def check_multiple(what: str, value: int, stride: int) -> None:
    """Refuse what is no multiple of the stride.

    Raises:
        PlanError: with the nearest values that would do.
    """
    if value < 0 or value % stride:
        below = max(value, 0) // stride * stride
        near = f"{below:,} or {below + stride:,}" if below else f"{stride:,}"
        raise PlanError(
            f"{what} {value:,} is no multiple of the model's stride of {stride} bp; "
            f"the nearest are {near}"
        )


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
        regions: merged starts and ends by chromosome; None is everything.
        exclude: likewise; None is nothing.

    Returns:
        Merged starts and ends of each chromosome with a base left.
    """
    targets = {}
    for chrom in chroms:
        length = assembly.length(chrom)
        unwanted = [(exclude or {}).get(chrom, _NOWHERE)]
        if regions is not None:
            unwanted.append(complement(*regions.get(chrom, _NOWHERE), length))
        starts, ends = map(np.concatenate, zip(*unwanted, strict=True))
        left = complement(*merge(starts, ends), length)
        if len(left[0]):
            targets[chrom] = left
    return targets
