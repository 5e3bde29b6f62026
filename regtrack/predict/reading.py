"""Which bases a network reads for the outputs asked for: one rule, from plain numbers.

Outputs of [start, end) are read from `flank` bp before them to `flank` bp after them. Three things
make them those of one pass over the whole chromosome:

- The flank of a convolutional network holds all that an output depends on.
- Where the chromosome begins or ends the read does too, so that the network's own padding falls
  where it falls in one pass.
- Reads start on a multiple of the network's stride, so that its positions do too. The other strand
  counts its stride from the chromosome's end: where both are read, the read ends a multiple of the
  stride before that end.

A Bi-LSTM has no such flank: each output depends on all that is read, and less and less on what is
far away. It is given windows of `WINDOW` bp on a grid from the chromosome's first base, each read
with `UNBOUNDED_FLANK` on both sides unless another flank is asked for. How near that comes to one
pass was measured, see docs/sweep.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from regtrack.errors import PlanError
from regtrack.genome.interval import Interval
from regtrack.predict.network import Sighted

WINDOW = 25_000  # bp that a Bi-LSTM has values for at once, unless asked for more or less
UNBOUNDED_FLANK = 5_000  # bp; from here on a trained Bi-LSTM differs from one pass by rounding


@dataclass(frozen=True, slots=True)
class Strip:
    """Bases of one chromosome that go through the network in one piece (bp, half-open).

    Attributes:
        chrom: the chromosome.
        start, end: what the strip has values for.
        read_start, read_end: what the network sees.
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


@dataclass(frozen=True, slots=True)
class ReadRule:
    """What is read beside outputs.

    Attributes:
        flank: bp read on each side, a multiple of the stride.
        stride: bp at whose multiples the network's positions repeat.
        both_strands: the reverse complement is read too.

    Raises:
        PlanError: a flank that is negative or no multiple of the stride.
    """

    flank: int
    stride: int = 1
    both_strands: bool = False

    def __post_init__(self) -> None:
        check_multiple("flank", self.flank, self.stride)

    @classmethod
    def of(cls, network: Sighted, *, flank: int | str = "auto", both_strands: bool = False) -> Self:
        """The rule of a network; see `choose_flank`.

        Raises:
            PlanError: a flank that is no number, no multiple of the stride, or too small.
        """
        chosen = choose_flank(flank, needed=network.flank, stride=network.stride)
        return cls(chosen, network.stride, both_strands)

    def strip(self, chrom: str, start: int, end: int, *, length: int) -> Strip:
        """The outputs of [start, end) with what is read for them.

        Args:
            chrom: their chromosome.
            start: the first output (bp).
            end: one past the last output.
            length: bp of the chromosome.

        >>> ReadRule(flank=20, stride=10).strip("chr1", 105, 160, length=170)
        Strip(chrom='chr1', start=105, end=160, read_start=80, read_end=170)
        """
        read_start = max(0, start // self.stride * self.stride - self.flank)
        read_end = min(length, end + self.flank)
        if self.both_strands:
            read_end = length - (length - read_end) // self.stride * self.stride
        return Strip(chrom, start, end, read_start, read_end)


def strips_along(
    rule: ReadRule,
    interval: Interval,
    *,
    length: int,
    size: int,
    grid: int | None = None,
) -> Iterator[Strip]:
    """The strips that have values for an interval, in order.

    Args:
        rule: what is read beside outputs.
        interval: the outputs.
        length: bp of their chromosome.
        size: bp of outputs of a strip, at most.
        grid: None for a convolutional network, whose outputs do not depend on how they are cut.
            For a Bi-LSTM the bp of the windows to read, from the chromosome's first base: a strip
            is what a window has of the interval, and `size` does not matter.

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


def choose_flank(flank: int | str, *, needed: int | None, stride: int) -> int:
    """The flank to read on each side (bp).

    Args:
        flank: `"auto"`, or bp.
        needed: what the network needs for values without a seam; None for a Bi-LSTM, which has no
            such number and gets `UNBOUNDED_FLANK`, rounded up to the stride.
        stride: the network's stride (bp).

    Raises:
        PlanError: no number, no multiple of the stride, or less than the network needs.
    """
    if flank == "auto":
        return -(-UNBOUNDED_FLANK // stride) * stride if needed is None else needed
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
    if value < 0:
        raise PlanError(f"{what} {value:,} is negative; expected a multiple of {stride} bp")
    if value % stride:
        below = value // stride * stride
        near = f"are {below:,} or {below + stride:,}" if below else f"is {stride:,}"
        raise PlanError(
            f"{what} {value:,} is no multiple of the model's stride of {stride} bp; "
            f"the nearest {near}"
        )
