"""An interval of a chromosome, and the only place where a region string becomes coordinates."""

from __future__ import annotations

from dataclasses import dataclass

from regtrack.errors import RegionError, nearest
from regtrack.files.shown import shown
from regtrack.genome.assembly import Assembly
from regtrack.genome.region_notation import read_bed, read_range

_EXPECTED = "chr1:1,000-2,000 or chr1"


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


def parse_region(
    region: str | Interval, assembly: Assembly, *, clip: bool = False, chrom: str | None = None
) -> Interval:
    """Read a region as browsers write it: `chr1:1,000-2,000`, `chr1:1,000` or `chr1`.

    Also understood are units (`chr1:1.5m-2m`), two dots (`chr1:100..200`), a length
    (`chr1:100+50`), and a line of BED (`chr1 99 200`), whose start is 0-based.

    Names are looked up before they are parsed, so they may hold colons, commas and hyphens:
    `HLA-A*01:01:01:01` is a whole chromosome, and `HLA-A*01:01:01:01:1-100` its first 100 bases.

    Args:
        region: the region, 1-based with both ends included; commas are allowed. An `Interval` is
            checked against the assembly in the same way.
        assembly: the chromosomes; `1` is accepted for `chr1` and vice versa.
        clip: cut a region that starts on the chromosome and ends past it at the chromosome's end.
        chrom: the chromosome of a range that names none, such as `1.5m` or `100-200`; None: such a
            range is refused.

    Returns:
        The interval, 0-based and half-open. A single position is one base.

    Raises:
        RegionError: not a region, an unknown chromosome, a start after the end, or bases that are
            not on the chromosome.

    >>> parse_region("chr1:1,000-2,000", Assembly(("chr1",), (5000,)))
    Interval(chrom='chr1', start=999, end=2000)
    """
    if isinstance(region, Interval):
        name, first, last = _known(region.chrom, region, assembly), region.start + 1, region.end
    else:
        name, first, last = _parse(region.strip(), assembly, chrom)
    length = assembly.length(name)
    if first > last:
        raise RegionError(
            f'region "{shown(region)}" starts after its end; expected the lower base first'
        )
    last = min(last, length) if clip else last
    if not 1 <= first <= last <= length:
        raise RegionError(
            f'region "{shown(region)}" is not within {name}, whose bases are 1 to {length:,}'
        )
    return Interval(name, first - 1, last)


def is_region(text: str, assembly: Assembly) -> bool:
    """Whether a text is written as a region, valid or not, rather than as a gene's name."""
    text = text.strip()
    if ":" in text or assembly.resolve(text) is not None or read_bed(text) is not None:
        return True
    try:
        return read_range(text) is not None
    except RegionError:
        return True


def _parse(text: str, assembly: Assembly, default: str | None) -> tuple[str, int, int]:
    """Chromosome, first and last base, both included; equal names come before other spellings."""
    head, _, tail = text.rpartition(":")
    whole = text in assembly or (head not in assembly and assembly.resolve(text) is not None)
    if whole:
        chrom = _known(text, text, assembly)
        return chrom, 1, assembly.length(chrom)
    bed, places = read_bed(text), read_range(tail)
    if bed is not None and head not in assembly:
        return _known(bed[0], text, assembly), *bed[1:]
    if places is not None and (head or (default is not None and ":" not in text)):
        return _known(head or default or "", text, assembly), *places
    if head in assembly:
        raise RegionError(
            f'"{shown(text)}" is not a region: "{shown(tail)}" is no range of bases; '
            f"expected {_EXPECTED}"
        )
    if places is not None and ":" not in text:
        raise RegionError(f'region "{shown(text)}" names no chromosome; expected {_EXPECTED}')
    return _known(text, text, assembly), 1, 1


def _known(name: str, region: str | Interval, assembly: Assembly) -> str:
    """The assembly's name of a region's chromosome."""
    if not name:
        raise RegionError(f'"{shown(region)}" is not a region; expected {_EXPECTED}')
    chrom = assembly.resolve(name)
    if chrom is None:
        raise RegionError(
            f'chromosome "{shown(name)}" of region "{shown(region)}" is not in the assembly, '
            f"which has {assembly.summary()}{nearest(name, assembly.names)}"
        )
    return chrom


def span_text(bases: float) -> str:
    """A length in the unit of its size, with at most four digits.

    >>> [span_text(bases) for bases in (900, 25_000, 2_500_000, 3_088_269_832)]
    ['900 bp', '25 kb', '2.5 Mb', '3.088 Gb']
    """
    for size, unit in ((1e9, "Gb"), (1e6, "Mb"), (1e3, "kb")):
        if bases >= size:
            return f"{bases / size:.4g} {unit}"
    return f"{bases:.0f} bp"
