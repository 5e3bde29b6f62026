"""What a user types into the region box: a region, a chromosome or a gene."""

from __future__ import annotations

import re

from regtrack.errors import RegionError
from regtrack.genome.interval import Interval, is_region, parse_region
from regtrack_app.choices import Choices
from regtrack_app.regions import between, clamp

_BETWEEN = re.compile(r";|,(?!\d{3}(?!\d))")
_SHOWN = 60  # characters of the input that a message repeats


def find_place(text: str, choices: Choices, now: Interval | None = None) -> Interval:
    """The interval of a region or a gene, at least `SHORTEST` long.

    Args:
        text: the input.
        choices: the chromosomes and the genes.
        now: what is on screen: a range without a chromosome lies on its, and a single base is shown
            in the middle of as many.

    Raises:
        RegionError: neither of these, or outside its chromosome.
    """
    text = _tidy(text)
    shown = quotable(text)
    if not text:
        raise RegionError("no region given; expected chr1:1,000-2,000, chr1 or a gene's name")
    if len(text) > _SHOWN:
        raise RegionError(f'"{shown}" is too long for a region or a gene\'s name')
    if is_region(text, choices.assembly):
        region = _region(text, choices, now, clip=True)
        length = choices.assembly.length(region.chrom)
        if now is not None and len(region) == 1:
            half = len(now) // 2
            start = region.start - half
            return between(region.chrom, start, start + len(now), length)
        return clamp(region, length)
    gene = _find_gene(shown, choices)
    margin = max(len(gene) // 5, 500)
    around = (gene.start - margin, gene.end + margin)
    return between(gene.chrom, *around, choices.assembly.length(gene.chrom))


def split_places(text: str) -> list[str]:
    """The regions and genes of a text, between commas, which numbers may hold too.

    >>> split_places("chr1:1,000-2,000, chr2:5-9,TP53")
    ['chr1:1,000-2,000', 'chr2:5-9', 'TP53']
    """
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def clipped(text: str, choices: Choices, now: Interval | None = None) -> tuple[str, ...]:
    """Says where `find_place` clipped a region that extends past its chromosome, if it did."""
    text = _tidy(text)
    if not is_region(text, choices.assembly):
        return ()
    region = _region(text, choices, now, clip=True)
    try:
        _region(text, choices, now, clip=False)
    except RegionError:
        return (f"{region.chrom} ends at {region.end:,}; the region is shown up to there",)
    return ()


def _region(text: str, choices: Choices, now: Interval | None, *, clip: bool) -> Interval:
    chrom = None if now is None else now.chrom
    return parse_region(text, choices.assembly, clip=clip, chrom=chrom)


def _tidy(text: str) -> str:
    """A text without blanks around it, and with single ones, which may have been tabs."""
    return _printable(" ".join(text.split()))


def _find_gene(name: str, choices: Choices) -> Interval:
    chroms = choices.assembly.summary()
    if choices.find_gene is None:
        raise RegionError(
            f'"{name}" is not a region of the assembly, which has {chroms}, and no genes were '
            "given to look it up in"
        )
    try:
        return choices.find_gene(name)
    except RegionError as error:
        raise RegionError(f"the assembly has {chroms}; {error}") from None


def quotable(text: str) -> str:
    """A text as a message may repeat it: printable and not too long."""
    text = _printable(text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)
