"""What was planted on one chromosome: regions with their causes, and elements by role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from regtrack.genome.intervals import Intervals, Mask
from regtrack.simulation.grammar import PlantedMarker
from regtrack.simulation.rules import Label, Site, Span, joined


@dataclass(frozen=True, eq=False)
class Group:
    """Bases that an element's motifs label, or would label if it were not a control.

    Attributes:
        role: of the element.
        labelled: whether these bases are labelled.
        start: the first of them (bp).
        mask: which bases from `start` on, bool (n,).
    """

    role: str
    labelled: bool
    start: int
    mask: Mask

    @property
    def end(self) -> int:
        """One past the last of them (bp)."""
        return self.start + len(self.mask)


def labelled_regions(marker: PlantedMarker, sites: Sequence[Site]) -> list[Label]:
    """The labelled stretches of one chromosome, each with the sites that caused the label."""
    return joined(marker.rule.label([site for site in sites if site.real]))


def groups(marker: PlantedMarker, sites: Sequence[Site], length: int) -> list[Group]:
    """Every planted element with motifs that the rule reads, shuffled ones included.

    Elements that are partly labelled, by chance next to another's partner, are left out.

    Args:
        marker: its rule is applied.
        sites: of one chromosome.
        length: of the chromosome (bp).
    """
    labels = [(label.start, label.end) for label in labelled_regions(marker, sites)]
    labelled = bases(labels)
    mine = [site for site in sites if site.element and site.motif in marker.rule.names]
    found = []
    for _, of_element in groupby(sorted(mine, key=_element), key=_element):
        members = list(of_element)
        spans = [marker.rule.due(site) for site in members]
        start = max(0, min(low for low, _ in spans))
        end = min(length, max(high for _, high in spans))
        mask = bases(spans).mask(start, end)
        share = labelled.mask(start, end)[mask].mean()
        if share in (0, 1):
            found.append(Group(members[0].role, bool(share), start, mask))
    return found


def spans_of(sites: Iterable[Site]) -> list[Span]:
    """The spans of sites."""
    return [(site.start, site.end) for site in sites]


def bases(spans: Iterable[Span]) -> Intervals:
    """The bases (bp) that lie in a span."""
    table = np.array(list(spans), dtype=np.int64).reshape(-1, 2)
    return Intervals.merged(table[:, 0], table[:, 1])


def _element(site: Site) -> int:
    return site.element
