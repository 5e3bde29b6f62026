"""What was planted on one chromosome: regions with their reasons, and elements by role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from regtrack.simulate.grammar import PlantedMarker
from regtrack.simulate.rules import Label, Site, joined

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """Sites of one element that a marker's rule reads.

    Attributes:
        role: of the element.
        labelled: whether all of their bases are labelled; a group of which a part is has no place.
        sites: in order.
    """

    role: str
    labelled: bool
    sites: tuple[Site, ...]


def labelled_regions(marker: PlantedMarker, sites: Sequence[Site]) -> list[Label]:
    """The labelled stretches of one chromosome, each with the sites that are the reason for it."""
    return joined(marker.rule.label([site for site in sites if site.real]))


def groups(marker: PlantedMarker, sites: Sequence[Site], length: int) -> list[Group]:
    """Every planted element with motifs that the rule reads, shuffled ones among them.

    An element that is labelled in part, by chance next to another's partner, is left out.

    Args:
        marker: whose rule reads.
        sites: of one chromosome.
        length: of the chromosome (bp).
    """
    labelled = np.zeros(length, dtype=np.bool_)
    for region in labelled_regions(marker, sites):
        labelled[max(region.start, 0) : region.end] = True
    mine = [site for site in sites if site.element and site.motif in marker.rule.names]
    found = []
    for _, of_element in groupby(sorted(mine, key=_element), key=_element):
        members = tuple(of_element)
        share = labelled[bases(members, 0, length)].mean()
        if share in (0, 1):
            found.append(Group(members[0].role, bool(share), members))
    return found


def bases(sites: Iterable[Site], start: int, end: int) -> Mask:
    """Which bases of [start, end) the sites lie on."""
    mask = np.zeros(end - start, dtype=np.bool_)
    for site in sites:
        mask[max(site.start - start, 0) : max(site.end - start, 0)] = True
    return mask


def _element(site: Site) -> int:
    return site.element
