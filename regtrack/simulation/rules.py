"""Sites, and the rules that say which bases they label.

A rule reads only the sites. So a control (a motif without its partner, a partner too far away, a
shuffled motif) is an element that satisfies no rule, and labels cannot contradict the sequence.
Each label names the sites that caused it: the correct answer to what a model should look at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from regtrack.errors import GrammarError

Span = tuple[int, int]


@dataclass(frozen=True, order=True)
class Site:
    """One motif in the sequence: [start, end) of a chromosome in bp, as in Interval.

    Attributes:
        motif: its name.
        strand: "+" or "-".
        role: of its element; "chance" if it was not planted.
        real: False for a shuffled motif, which rules ignore.
        element: number of its element on the chromosome, from 1; 0 if not planted.
        copy: position within the element from left to right, from 1; 0 if not planted.
    """

    chrom: str
    start: int
    end: int
    motif: str
    strand: str
    role: str
    real: bool = True
    element: int = 0
    copy: int = 0


@dataclass(frozen=True)
class Label:
    """Labelled bases [start, end) in bp, and the sites that caused the label.

    Labels may overlap and may extend past the chromosome's ends.
    """

    start: int
    end: int
    sites: tuple[Site, ...]


class Rule(Protocol):
    """Decides which bases are labelled."""

    @property
    def names(self) -> Collection[str]:
        """The motifs whose sites the rule reads."""

    def label(self, sites: Sequence[Site]) -> list[Label]:
        """The labels caused by the real sites of one chromosome, given sorted by start."""

    def due(self, site: Site) -> Span:
        """The bases that every label caused by this site covers."""


@dataclass(frozen=True)
class Around:
    """Labels `width` bp around the middle of every site of a motif."""

    motif: str
    width: int

    def __post_init__(self) -> None:
        _check(self.width >= 2, f"width is {self.width}; expected 2 bp or more")

    @property
    def names(self) -> Collection[str]:
        """See `Rule`."""
        return (self.motif,)

    def label(self, sites: Sequence[Site]) -> list[Label]:
        """See `Rule`."""
        return [Label(*self.due(site), sites=(site,)) for site in sites if site.motif == self.motif]

    def due(self, site: Site) -> Span:
        """See `Rule`."""
        middle = (site.start + site.end) // 2
        return middle - self.width // 2, middle + self.width // 2


@dataclass(frozen=True)
class Clustered:
    """Labels clusters of at least `kinds` different motifs, each within `reach` bp of the next.

    A label spans the cluster and `margin` bp on either side.
    """

    motifs: tuple[str, ...]
    kinds: int
    reach: int
    margin: int

    def __post_init__(self) -> None:
        different = len(set(self.motifs))
        _check(
            1 <= self.kinds <= different,
            f"kinds is {self.kinds}; expected 1 to {different}, the number of motifs",
        )
        _check(
            min(self.reach, self.margin) >= 0,
            f"reach is {self.reach} and margin {self.margin}; expected 0 bp or more of both",
        )

    @property
    def names(self) -> Collection[str]:
        """See `Rule`."""
        return self.motifs

    def label(self, sites: Sequence[Site]) -> list[Label]:
        """See `Rule`."""
        groups: list[list[Site]] = []
        for site in (site for site in sites if site.motif in self.motifs):
            if groups and site.start - groups[-1][-1].end <= self.reach:
                groups[-1].append(site)
            else:
                groups.append([site])
        return [
            Label(
                group[0].start - self.margin,
                max(site.end for site in group) + self.margin,
                tuple(group),
            )
            for group in groups
            if len({site.motif for site in group}) >= self.kinds
        ]

    def due(self, site: Site) -> Span:
        """See `Rule`."""
        return site.start - self.margin, site.end + self.margin


@dataclass(frozen=True)
class Between:
    """Labels the bases from a `first` site to a `last` site on the same strand.

    `last` lies `fewest` to `most` bp downstream of `first`, end to start, in the direction of the
    strand. A label spans both sites and everything between.
    """

    first: str
    last: str
    fewest: int
    most: int

    def __post_init__(self) -> None:
        _check(
            0 <= self.fewest <= self.most,
            f"fewest is {self.fewest} and most {self.most}; expected 0 bp or more, in this order",
        )

    @property
    def names(self) -> Collection[str]:
        """See `Rule`."""
        return (self.first, self.last)

    def label(self, sites: Sequence[Site]) -> list[Label]:
        """See `Rule`."""
        return [
            *self._pairs(sites, self.first, self.last, "+"),
            *self._pairs(sites, self.last, self.first, "-"),
        ]

    def due(self, site: Site) -> Span:
        """See `Rule`: the site, and the minimum distance between it and a partner."""
        if (site.motif == self.first) == (site.strand == "+"):
            return site.start, site.end + self.fewest
        return site.start - self.fewest, site.end

    def _pairs(self, sites: Sequence[Site], left: str, right: str, strand: str) -> list[Label]:
        lefts, rights = (
            [site for site in sites if site.motif == motif and site.strand == strand]
            for motif in (left, right)
        )
        starts = [site.start for site in rights]
        return [
            Label(site.start, partner.end, (site, partner))
            for site in lefts
            for partner in rights[
                bisect_left(starts, site.end + self.fewest) : bisect_right(
                    starts, site.end + self.most
                )
            ]
        ]


def joined(labels: Iterable[Label]) -> list[Label]:
    """Merge labels that overlap or touch, with the sites of all of them, in order."""
    stretches: list[Label] = []
    for label in sorted(labels, key=lambda label: label.start):
        if stretches and label.start <= stretches[-1].end:
            last = stretches.pop()
            sites = tuple(sorted({*last.sites, *label.sites}))
            stretches.append(Label(last.start, max(last.end, label.end), sites))
        else:
            stretches.append(label)
    return stretches


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise GrammarError(problem)
