"""Which bases a network reads for the requested outputs: one rule, computed from plain numbers.

For the outputs of [start, end), the network reads from `flank` bp before to `flank` bp after them.
Three properties make these outputs equal to those of one pass over the whole chromosome:

- The flank of a convolutional network covers everything that an output depends on.
- A read does not go past the ends of the chromosome, so that the network's own padding is placed as
  in one pass.
- Reads start on a multiple of the network's stride, as the network's positions do. The other
  strand's stride is counted from the chromosome's end, so if both strands are read, a read ends a
  multiple of the stride before that end.

A network that crops its input reads as much beyond that on each side, with N past the ends of the
chromosome. If it takes whole multiples of its stride alone, N follows there up to the next one.

A Bi-LSTM has no such flank: each output depends on everything that is read, though less on distant
bases. It reads windows of `WINDOW` bp on a grid from the chromosome's first base, each with
`UNBOUNDED_FLANK` on both sides unless another flank is requested. docs/sweep.md says how close this
comes to one pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from regtrack.errors import PlanError, invalid
from regtrack.genome.interval import Interval
from regtrack.genome.sequence import Codes, N
from regtrack.genome.source import Source
from regtrack.predict.network import ReadRequirements, traits_of

WINDOW = 25_000  # bp of outputs of a Bi-LSTM per window, by default
UNBOUNDED_FLANK = 5_000  # bp; with it a trained Bi-LSTM differs from one pass only by rounding


@dataclass(frozen=True, slots=True)
class Strip:
    """Bases of one chromosome that the network computes in one piece (bp, half-open).

    Attributes:
        chrom: the chromosome.
        start, end: the outputs.
        read_start, read_end: the bases that the network reads; N beyond the chromosome's ends.
        cropped: bp at each end of the read that get no output.
    """

    chrom: str
    start: int
    end: int
    read_start: int
    read_end: int
    cropped: int = field(default=0, repr=False)

    @property
    def crop(self) -> slice:
        """The positions of the outputs within the bases read."""
        return slice(self.start - self.read_start, self.end - self.read_start)

    @property
    def kept(self) -> slice:
        """The positions of the outputs within what the network gives for the read."""
        first = self.read_start + self.cropped
        return slice(self.start - first, self.end - first)


@dataclass(frozen=True, slots=True)
class ReadRule:
    """How much is read around outputs.

    Attributes:
        flank: bp read on each side, a multiple of the stride.
        stride: period of the network's positions (bp).
        both_strands: whether the reverse complement is read too.
        crop: bp read besides on each side, which get no output.
        whole: whether reads, without the crop, end at a multiple of the stride too.

    Raises:
        PlanError: the flank is negative or not a multiple of the stride.
    """

    flank: int
    stride: int = 1
    both_strands: bool = False
    crop: int = 0
    whole: bool = False

    def __post_init__(self) -> None:
        check_multiple("flank", self.flank, self.stride)

    @classmethod
    def of(
        cls, network: ReadRequirements, *, flank: int | str = "auto", both_strands: bool = False
    ) -> Self:
        """The rule for a network; see `choose_flank`.

        Raises:
            PlanError: the flank is not a multiple of the stride, or too small.
        """
        traits = traits_of(network)
        chosen = choose_flank(
            flank, needed=network.flank, stride=network.stride, least=traits.least
        )
        return cls(chosen, network.stride, both_strands, traits.crop, traits.whole)

    def strip(self, chrom: str, start: int, end: int, *, length: int) -> Strip:
        """The outputs of [start, end) with the bases that are read for them.

        Args:
            chrom: the chromosome.
            start: the first output (bp).
            end: one past the last output (bp).
            length: length of the chromosome (bp).

        >>> ReadRule(flank=20, stride=10).strip("chr1", 105, 160, length=170)
        Strip(chrom='chr1', start=105, end=160, read_start=80, read_end=170)
        """
        read_start = max(0, start // self.stride * self.stride - self.flank)
        read_end = min(length, end + self.flank)
        if self.whole:
            read_end = -(-read_end // self.stride) * self.stride
        elif self.both_strands:
            read_end = length - (length - read_end) // self.stride * self.stride
        return Strip(
            chrom, start, end, read_start - self.crop, read_end + self.crop, cropped=self.crop
        )


def codes_of(source: Source, strip: Strip) -> Codes:
    """What a network reads for a strip, uint8 (read_end - read_start,); N beyond the chromosome."""
    length = source.assembly.length(strip.chrom)
    start, end = max(0, strip.read_start), min(length, strip.read_end)
    codes = source.codes(strip.chrom, start, end)
    if (start, end) == (strip.read_start, strip.read_end):
        return codes
    return np.pad(codes, (start - strip.read_start, strip.read_end - end), constant_values=N)


def strips_along(
    rule: ReadRule,
    interval: Interval,
    *,
    length: int,
    size: int,
    grid: int | None = None,
) -> Iterator[Strip]:
    """The strips that cover an interval, in order.

    Args:
        rule: how much is read around outputs.
        interval: the outputs.
        length: length of the chromosome (bp).
        size: outputs per strip, at most (bp).
        grid: None for a convolutional network, whose outputs do not depend on how they are divided.
            For a Bi-LSTM the length (bp) of the windows to read, counted from the chromosome's
            first base: a strip is the part of the interval in one window, and `size` is ignored.

    >>> rule, interval = ReadRule(flank=20, stride=10), Interval("chr1", 110, 240)
    >>> [(s.start, s.end) for s in strips_along(rule, interval, length=400, size=100)]
    [(110, 210), (210, 240)]
    >>> list(strips_along(rule, Interval("chr1", 195, 200), length=400, size=9, grid=100))
    [Strip(chrom='chr1', start=195, end=200, read_start=80, read_end=220)]
    """
    chrom, start, end = interval.chrom, interval.start, interval.end
    if grid is None:
        for first in range(start, end, size):
            yield rule.strip(chrom, first, min(first + size, end), length=length)
        return
    for first in range(start // grid * grid, end, grid):
        whole = rule.strip(chrom, first, min(first + grid, length), length=length)
        yield replace(whole, start=max(first, start), end=min(whole.end, end))


def default_window(network: ReadRequirements, period: int = 1) -> int:
    """The length of a window where none is requested (bp).

    For a network that only takes multiples of its stride it is the next one that is also a multiple
    of the period (bp).
    """
    step = math.lcm(network.stride, period) if traits_of(network).whole else 1
    return -(-WINDOW // step) * step


def choose_flank(flank: int | str, *, needed: int | None, stride: int, least: int = 0) -> int:
    """The flank to read on each side (bp).

    Args:
        flank: `"auto"`, or bp.
        needed: the flank that the network needs for seamless values (bp). None for a Bi-LSTM, for
            which no flank suffices: `auto` is then `UNBOUNDED_FLANK`, rounded up to the stride.
        stride: the network's stride (bp).
        least: what `auto` is then at least (bp).

    Raises:
        PlanError: not a multiple of the stride, or less than the network needs.
    """
    if flank == "auto":
        unbounded = -(-max(UNBOUNDED_FLANK, least) // stride) * stride
        return unbounded if needed is None else needed
    chosen = int(flank)
    check_multiple("flank", chosen, stride)
    if needed is not None and chosen < needed:
        raise PlanError(
            f"`flank` is {chosen:,} bp, which would leave seams; expected {needed:,} bp or more "
            "for this model, or auto"
        )
    return chosen


def check_multiple(what: str, value: int, stride: int) -> None:
    """Refuse a value that is not a multiple of the stride.

    Raises:
        PlanError: naming the nearest valid values.
    """
    if value < 0:
        raise PlanError(invalid(what, value, f"a multiple of {stride} bp", "bp"))
    if value % stride:
        below = value // stride * stride
        near = f"{below:,} or {below + stride:,}" if below else f"{stride:,}"
        expected = f"a multiple of the model's stride of {stride} bp, such as {near}"
        raise PlanError(invalid(what, value, expected, "bp"))
