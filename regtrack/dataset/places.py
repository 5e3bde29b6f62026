"""What is held out by a name: a chromosome, or a region of one."""

from __future__ import annotations

from collections.abc import Iterable

from regtrack.errors import RegionError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval, parse_region
from regtrack.name_lists import split_names

_COMMAS = 6  # of a region, such as chr1:100,000,001-101,000,000, and some to spare


def place_of(name: str, assembly: Assembly) -> Interval | None:
    """The bases that a chromosome's name or a region stands for; None without that chromosome.

    Raises:
        RegionError: a region that is none, or not within its chromosome.
    """
    chrom = assembly.resolve(name)
    if chrom is not None:
        return Interval(chrom, 0, assembly.length(chrom))
    head, colon, _ = name.rpartition(":")
    return parse_region(name, assembly) if colon and assembly.resolve(head) is not None else None


def single_places(lists: Iterable[str], assembly: Assembly) -> tuple[str, ...]:
    """The single names and regions in lists separated by commas, which regions may hold too.

    >>> single_places(["chr1:1,001-2,000,chr2"], Assembly(("chr1", "chr2"), (5_000, 10)))
    ('chr1:1,001-2,000', 'chr2')
    """

    def known(text: str) -> bool:
        try:
            return place_of(text, assembly) is not None
        except RegionError:
            return False

    return split_names(lists, assembly.names, known, commas=_COMMAS)
