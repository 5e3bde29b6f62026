"""Regions as the page shows them: long enough to see, and within their chromosome."""

from __future__ import annotations

from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval

SHORTEST = 20
"""The shortest region that a view shows (bp)."""
_FIRST_REGION = 250_000


def mid_chromosome(assembly: Assembly) -> Interval:
    """The middle of the first chromosome, up to 250 kb."""
    length = assembly.lengths[0]
    span = min(_FIRST_REGION, length)
    start = (length - span) // 2
    return Interval(assembly.names[0], start, start + span)


def region_text(region: Interval) -> str:
    """A region in the address: 1-based, without commas."""
    return f"{region.chrom}:{region.start + 1}-{region.end}"


def between(chrom: str, start: float, end: float, length: int) -> Interval:
    """The view that shows most of [start, end) on a chromosome of `length` bp.

    A region past an end is moved inside, and one that is too short is widened.
    """
    low, high = round(min(start, end)), round(max(start, end))
    span = min(max(high - low, SHORTEST), length)
    middle = (low + high) / 2
    low = round(middle - span / 2) if high - low < span else low
    low = max(0, min(low, length - span))
    return Interval(chrom, low, low + span)


def clamp(region: Interval, length: int) -> Interval:
    """A region at least `SHORTEST` long and within its chromosome."""
    return between(region.chrom, region.start, region.end, length)
