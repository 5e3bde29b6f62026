"""What is planted and what it means: elements, and the rules that label them.

An element says which motifs lie where. A rule says which bases are labelled, from the planted
sites alone, so that a control (a motif without its partner, a partner too far away, a shuffled
motif) is an element that no rule answers to, and the labels cannot disagree with the sequence.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

Span = tuple[int, int]


@dataclass(frozen=True, order=True)
class Site:
    """One motif in the sequence: [start, end) of a chromosome in bp, as in Interval.

    Attributes:
        motif: the name in `MOTIFS`.
        strand: "+" or "-".
        role: of the element that it belongs to.
        real: False for a shuffled motif, which no rule sees.
    """

    chrom: str
    start: int
    end: int
    motif: str
    strand: str
    role: str
    real: bool = True


@dataclass(frozen=True)
class Family:
    """Elements that keep their distance: no two of a family lie within `apart` bp."""

    name: str
    apart: int


@dataclass(frozen=True)
class Element:
    """Motifs in a row, planted together on a random strand.

    Attributes:
        role: what the element is there for, one word.
        motifs: names in `MOTIFS`, in the direction of the strand.
        gaps: fewest and most bp between each motif and the next.
        per_mb: how many are planted in 1 Mb.
        free: the motifs come in any order and each on a strand of its own.
        shuffled: the bases of each motif are shuffled until it no longer matches.
        family: what it keeps its distance from; None lies anywhere.
    """

    role: str
    motifs: tuple[str, ...]
    gaps: tuple[Span, ...] = ()
    per_mb: float = 0
    free: bool = False
    shuffled: bool = False
    family: Family | None = None

    def __post_init__(self) -> None:
        if len(self.gaps) != len(self.motifs) - 1:
            raise ValueError(
                f"{self.role}: {len(self.motifs)} motifs have {len(self.gaps)} gaps between them"
            )
        if not all(0 <= low <= high for low, high in self.gaps):
            raise ValueError(f"{self.role}: a gap runs from fewest to most bp, both at least 0")


class Rule(Protocol):
    """Which bases are labelled."""

    def label(self, sites: Sequence[Site]) -> list[Span]:
        """Labelled [start, end), from one chromosome's real sites sorted by start.

        The spans may overlap and may reach past the chromosome's ends.
        """


@dataclass(frozen=True)
class Around:
    """Every site of a motif, with its surroundings: `width` bp about its middle."""

    motif: str
    width: int

    def label(self, sites: Sequence[Site]) -> list[Span]:
        """See `Rule`."""
        middles = [(site.start + site.end) // 2 for site in sites if site.motif == self.motif]
        return [(middle - self.width // 2, middle + self.width // 2) for middle in middles]


@dataclass(frozen=True)
class Clustered:
    """Sites of at least `kinds` different motifs, each within `reach` bp of the next.

    The label spans the cluster and `margin` bp on either side.
    """

    motifs: Collection[str]
    kinds: int
    reach: int
    margin: int

    def label(self, sites: Sequence[Site]) -> list[Span]:
        """See `Rule`."""
        groups: list[list[Site]] = []
        for site in (site for site in sites if site.motif in self.motifs):
            if groups and site.start - groups[-1][-1].end <= self.reach:
                groups[-1].append(site)
            else:
                groups.append([site])
        return [
            (group[0].start - self.margin, max(site.end for site in group) + self.margin)
            for group in groups
            if len({site.motif for site in group}) >= self.kinds
        ]


@dataclass(frozen=True)
class Between:
    """From a `first` site to a `last` one on the same strand, where both are there.

    The two lie `fewest` to `most` bp apart, end to start, `last` downstream of `first` in the
    direction of the strand. The label spans both and all that lies between.
    """

    first: str
    last: str
    fewest: int
    most: int

    def label(self, sites: Sequence[Site]) -> list[Span]:
        """See `Rule`."""
        return [
            *self._pairs(sites, self.first, self.last, "+"),
            *self._pairs(sites, self.last, self.first, "-"),
        ]

    def _pairs(self, sites: Sequence[Site], left: str, right: str, strand: str) -> list[Span]:
        lefts, rights = (
            [site for site in sites if site.motif == motif and site.strand == strand]
            for motif in (left, right)
        )
        starts = [site.start for site in rights]
        return [
            (site.start, partner.end)
            for site in lefts
            for partner in rights[
                bisect_left(starts, site.end + self.fewest) : bisect_right(
                    starts, site.end + self.most
                )
            ]
        ]


@dataclass(frozen=True)
class PlantedMarker:
    """One thing to predict: a category and a target as in a markers table, and its rule."""

    category: str
    target: str
    rule: Rule


@dataclass(frozen=True)
class Grammar:
    """Elements to plant and markers to label; a sequence holds no other site of its motifs."""

    elements: tuple[Element, ...]
    markers: tuple[PlantedMarker, ...]

    def motifs(self) -> tuple[str, ...]:
        """The names of all motifs that are planted, sorted."""
        return tuple(sorted({name for element in self.elements for name in element.motifs}))
