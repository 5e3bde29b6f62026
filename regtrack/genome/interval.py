"""An interval of a chromosome, and the only place where a region string becomes coordinates."""

from __future__ import annotations

import re
from dataclasses import dataclass

from regtrack.errors import RegionError, nearest
from regtrack.genome.assembly import Assembly

_REGION = re.compile(r"^(?P<chrom>.+?)(?::(?P<start>[\d,]+)(?:-(?P<end>[\d,]+))?)?$")


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """An interval of a chromosome in bp, 0-based and half-open.

    Raises:
        RegionError: the start is negative, or not below the end.

    >>> Interval("chr1", 999, 2000)
    Interval(chrom='chr1', start=999, end=2000)
    >>> str(Interval("chr1", 999, 2000))
    'chr1:1,000-2,000'
    """

    chrom: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.start < 0 or self.end <= self.start:
            raise RegionError(
                f"interval {self.chrom} [{self.start}, {self.end}) is empty or negative; "
                "expected 0 <= start < end"
            )

    def __len__(self) -> int:
        return self.end - self.start

    def __str__(self) -> str:
        return f"{self.chrom}:{self.start + 1:,}-{self.end:,}"


def parse_region(text: str, assembly: Assembly, *, clip: bool = False) -> Interval:
    """Read a region as browsers write it: `chr1:1,000-2,000`, `chr1:1,000` or `chr1`.

    Args:
        text: the region, 1-based with both ends included; commas are allowed.
        assembly: the chromosomes; `1` is accepted for `chr1` and vice versa.
        clip: cut a region that starts on the chromosome and ends past it at the chromosome's end.

    Returns:
        The interval, 0-based and half-open. A single position is one base.

    Raises:
        RegionError: not a region, an unknown chromosome, a start after the end, or bases that are
            not on the chromosome.

    >>> parse_region("chr1:1,000-2,000", Assembly(("chr1",), (5000,)))
    Interval(chrom='chr1', start=999, end=2000)
    """
    match = _REGION.match(text.strip())
    if match is None:
        raise RegionError(f'"{text}" is not a region; expected chr1:1,000-2,000 or chr1')
    chrom = assembly.resolve(match["chrom"])
    if chrom is None:
        raise RegionError(
            f'chromosome "{match["chrom"]}" of region "{text}" is not in the assembly, '
            f"which has {assembly.summary()}.{nearest(match['chrom'], assembly.names)}"
        )
    length = assembly.length(chrom)
    first = _number(match["start"], default=1)
    last = _number(match["end"], default=length if match["start"] is None else first)
    if first > last:
        raise RegionError(f'region "{text}" starts after its end; expected the lower base first')
    last = min(last, length) if clip else last
    if not 1 <= first <= last <= length:
        raise RegionError(f'region "{text}" is not within {chrom}, whose bases are 1 to {length:,}')
    return Interval(chrom, first - 1, last)


def _number(text: str | None, *, default: int) -> int:
    digits = (text or "").replace(",", "")
    return int(digits) if digits else default
