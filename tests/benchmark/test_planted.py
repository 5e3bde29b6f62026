"""What was planted, against sites laid by hand."""

from __future__ import annotations

import numpy as np

from regtrack.benchmark.planted import Group, bases, groups, labelled_regions
from regtrack.simulation.grammar import PlantedMarker
from regtrack.simulation.rules import Around, Between, Site

PAIRS = PlantedMarker("distant", "D", Between("CTCF", "REST", fewest=100, most=500))
LOCAL = PlantedMarker("local", "L", Around("CTCF", 60))


def site(start: int, motif: str, role: str, element: int, *, real: bool = True) -> Site:
    return Site("chr4", start, start + 20, motif, "+", role, real, element, 1)


PAIR = (site(1_000, "CTCF", "pair", 1), site(1_300, "REST", "pair", 1))
LONE = (site(3_000, "CTCF", "lone", 2),)
FAR = (site(5_000, "CTCF", "too_far", 3), site(7_000, "REST", "too_far", 3))
SHUFFLED = (site(8_000, "CTCF", "shuffled", 4, real=False),)
CHANCE = (site(9_000, "CTCF", "chance", 0),)
OTHER = (site(9_500, "MAFK", "single", 5),)
SITES = [*PAIR, *LONE, *FAR, *SHUFFLED, *CHANCE, *OTHER]


def test_a_region_names_the_sites_that_cause_it() -> None:
    (region,) = labelled_regions(PAIRS, SITES)
    assert (region.start, region.end, region.sites) == (1_000, 1_320, PAIR)


def test_regions_that_overlap_are_one() -> None:
    near = [site(1_000, "CTCF", "lone", 1), site(1_030, "CTCF", "lone", 1)]
    (region,) = labelled_regions(LOCAL, near)
    assert (region.start, region.end, region.sites) == (980, 1_070, tuple(near))


def told(found: list[Group]) -> list[tuple[str, bool, list[int]]]:
    """Role, whether it is labelled, and starts and ends of the stretches."""
    return [
        (
            group.role,
            group.labelled,
            [
                int(group.start + edge)
                for edge in np.flatnonzero(np.diff(group.mask, prepend=0, append=0))
            ],
        )
        for group in found
    ]


def test_groups_are_where_planted_elements_are_or_would_be_labelled() -> None:
    assert told(groups(PAIRS, SITES, 10_000)) == [
        ("pair", True, [1_000, 1_120, 1_200, 1_320]),
        ("lone", False, [3_000, 3_120]),
        ("too_far", False, [5_000, 5_120, 6_900, 7_020]),
        ("shuffled", False, [8_000, 8_120]),
    ]
    assert told(groups(LOCAL, SITES, 10_000)) == [
        ("pair", True, [980, 1_040]),
        ("lone", True, [2_980, 3_040]),
        ("too_far", True, [4_980, 5_040]),
        ("shuffled", False, [7_980, 8_040]),
    ]


def test_an_element_that_chance_labels_in_part_is_left_out() -> None:
    row = (site(900, "CTCF", "lone", 9), site(960, "CTCF", "lone", 9))
    partner = site(1_100, "REST", "chance", 0)
    assert told(groups(PAIRS, [*row, partner], 2_000)) == [("lone", True, [900, 1_080])]
    # the second copy lies too near to the partner, and what is due to it ends after the label
    near = site(1_030, "REST", "chance", 0)
    assert groups(PAIRS, [*row, near], 2_000) == []


def test_groups_end_where_the_chromosome_does() -> None:
    ends = [site(0, "REST", "lone", 1), site(1_970, "CTCF", "lone", 2)]
    assert told(groups(PAIRS, ends, 2_000)) == [
        ("lone", False, [0, 20]),
        ("lone", False, [1_970, 2_000]),
    ]


def test_bases_are_those_of_the_spans_within_the_stretch() -> None:
    mask = bases([(90, 110), (150, 170), (10, 20)]).mask(100, 160)
    assert np.flatnonzero(mask).tolist() == [*range(10), *range(50, 60)]
