"""Compare what two readers find in a file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from regtrack.files.shown import shown
from regtrack.tracks.bigwig.bins import LARGEST, Bins
from regtrack.tracks.bigwig.findings import place, told_apart

# relative to the largest possible sum of the values: zoom records hold sums as float32
_SUM_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Totals:
    """Statistics of the values of some bases.

    Attributes:
        bases: number of bases with a value.
        low: minimum; NaN or infinity if there are no values.
        high: maximum; likewise.
        total: sum over bases.
    """

    bases: int
    low: float
    high: float
    total: float

    def __add__(self, other: Totals) -> Totals:
        """The totals of both; totals without bases change nothing."""
        if not (self.bases and other.bases):
            return self if self.bases else other
        return Totals(
            self.bases + other.bases,
            min(self.low, other.low),
            max(self.high, other.high),
            self.total + other.total,
        )

    def differences(self, other: Totals) -> Iterator[str]:
        """How other totals differ from these expected ones, as parts of messages."""
        if other.bases != self.bases:
            yield f"{other.bases:,} bases with a value; expected {self.bases:,}"
        if self.bases == 0 or other.bases == 0:
            return
        largest = self.bases * max(abs(self.low), abs(self.high))
        # beyond that range a zoom record's sum is its largest number
        slack = _SUM_TOLERANCE * largest if largest <= LARGEST else math.inf
        for name, found, expected, tolerance in (
            ("minimum", other.low, self.low, 0.0),
            ("maximum", other.high, self.high, 0.0),
            ("sum", other.total, self.total, slack),
        ):
            if not abs(found - expected) <= tolerance:
                texts = told_apart(found, expected)
                yield f"{name} {texts[0]}; expected {texts[1]}"


NOTHING = Totals(0, math.nan, math.nan, 0.0)


def to_totals(bins: Bins) -> Totals:
    """The totals of bins of one chromosome, `BIN` (n,), whose counts are bp."""
    if len(bins) == 0:
        return NOTHING
    return Totals(
        bases=int(bins["valid"].sum(dtype=np.int64)),
        low=float(bins["min"].min()),
        high=float(bins["max"].max()),
        total=float(bins["sum"].sum()),
    )


@dataclass(frozen=True)
class Sample:
    """A stretch of a chromosome (bp) and the totals of the values in it."""

    chrom: str
    start: int
    end: int
    totals: Totals


@dataclass(frozen=True)
class Expected:
    """The contents of a file that a reader should find.

    Attributes:
        lengths: length of each chromosome (bp); None: not compared.
        bases: bases covered by the total summary; None: not compared.
        chroms: totals of whole chromosomes, which a reader takes from the zoom levels.
        samples: totals of short stretches, which a reader takes from the data.
    """

    lengths: Mapping[str, int] | None = None
    bases: int | None = None
    chroms: Mapping[str, Totals] = field(default_factory=dict)
    samples: Sequence[Sample] = ()


@dataclass(frozen=True)
class Reading:
    """The contents of a file as found by a reader.

    Attributes:
        lengths: length of each chromosome (bp).
        bases: bases covered by the total summary.
        chroms: totals of the requested chromosomes.
        stretches: totals of the requested stretches, in order.
    """

    lengths: Mapping[str, int]
    bases: int
    chroms: Mapping[str, Totals]
    stretches: Sequence[Totals]


def disagreements(expected: Expected, found: Reading) -> Iterator[str]:
    """How a reading differs from what is expected, one message per chromosome or stretch."""
    if expected.lengths is not None and dict(found.lengths) != dict(expected.lengths):
        yield _other_chromosomes(expected.lengths, found.lengths)
        return
    if expected.bases is not None and found.bases != expected.bases:
        yield f"finds {found.bases:,} bases covered; expected {expected.bases:,}"
    for chrom, totals in expected.chroms.items():
        if wrong := list(totals.differences(found.chroms[chrom])):
            yield f"finds for {shown(chrom)}, in zoom levels, {' and '.join(wrong)}"
    for sample, totals in zip(expected.samples, found.stretches, strict=True):
        if wrong := list(sample.totals.differences(totals)):
            where = place(sample.chrom, sample.start, sample.end)
            yield f"finds for {where} {' and '.join(wrong)}"


def _other_chromosomes(expected: Mapping[str, int], found: Mapping[str, int]) -> str:
    name = min(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    has, should = (
        "no such chromosome" if length is None else f"{length:,} bp"
        for length in (found.get(name), expected.get(name))
    )
    return f"finds for {shown(name)} {has}; expected {should}"
