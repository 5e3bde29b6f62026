"""The ways of writing places on a chromosome: `1,000-2,000`, `1.5m-2m`, `100..200`, `100+50`."""

from __future__ import annotations

import re
from decimal import Decimal

from regtrack.errors import RegionError
from regtrack.files.shown import shown

_NUMBER = r"[0-9][0-9,]{0,29}(?:\.[0-9]{1,9})?\s*(?:[kmg]b?|bp)?"
_RANGE = re.compile(
    rf"\s*(?P<first>{_NUMBER})\s*(?:(?P<sign>[-–—+]|\.\.)\s*(?P<second>{_NUMBER})\s*)?",
    re.IGNORECASE,
)
_BED = re.compile(r"(?P<chrom>\S+)\s+(?P<start>[0-9]{1,30})\s+(?P<end>[0-9]{1,30})(?:\s.*)?")
_PARTS = re.compile(r"(?P<digits>[0-9.]+)\s*(?P<unit>[kmg]?)(?:bp?)?", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def read_range(text: str) -> tuple[int, int] | None:
    """First and last base of a range, 1-based with both ends included; None if it is no range.

    A single place is its first and its last base. After `+` comes a length.

    >>> [read_range(text) for text in ("1.5m", "1,000-2k", "100..200", "100+50", "a-b")]
    [(1500000, 1500000), (1000, 2000), (100, 200), (100, 149), None]

    Raises:
        RegionError: a number is not one of whole bases.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first = _bases(found["first"], text)
    if found["second"] is None:
        return first, first
    second = _bases(found["second"], text)
    return first, first + second - 1 if found["sign"] == "+" else second


def read_bed(text: str) -> tuple[str, int, int] | None:
    """Chromosome, first and last base of a line of BED, whose start is 0-based; None if it is none.

    >>> read_bed("chr1 100 200"), read_bed("chr1:100-200")
    (('chr1', 101, 200), None)
    """
    found = _BED.fullmatch(text)
    return None if found is None else (found["chrom"], int(found["start"]) + 1, int(found["end"]))


def _bases(number: str, text: str) -> int:
    parts = _PARTS.fullmatch(number.replace(",", ""))
    assert parts is not None  # as _NUMBER says
    bases = Decimal(parts["digits"]) * _UNITS[parts["unit"].lower()]
    if bases != int(bases):
        raise RegionError(f'"{shown(text)}" has {shown(number)}, which is no whole number of bases')
    return int(bases)
