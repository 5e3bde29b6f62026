"""What was planted, against sites laid by hand."""

from __future__ import annotations

import numpy as np

from regtrack.benchmark.planted import Group, bases, groups, labelled_regions
from regtrack.simulate.grammar import PlantedMarker
from regtrack.simulate.rules import Around, Between, Site

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


def test_a_region_names_the_sites_that_are_its_reason() -> None:
    (region,) = labelled_regions(PAIRS, SITES)
    assert (region.start, region.end, region.sites) == (1_000, 1_320, PAIR)


def test_regions_that_overlap_are_one() -> None:
    near = [site(1_000, "CTCF", "lone", 1), site(1_030, "CTCF", "lone", 1)]
    (region,) = labelled_regions(LOCAL, near)
    assert (region.start, region.end, region.sites) == (980, 1_070, tuple(near))


def test_groups_are_planted_elements_and_whether_they_are_labelled() -> None:
    assert groups(PAIRS, SITES, 10_000) == [
        Group("pair", True, PAIR),
        Group("lone", False, LONE),
        Group("too_far", False, FAR),
        Group("shuffled", False, SHUFFLED),
    ]
    assert [(group.role, group.labelled) for group in groups(LOCAL, SITES, 10_000)] == [
        ("pair", True), ("lone", True), ("too_far", True), ("shuffled", False)
    ]  # fmt: skip


def test_an_element_that_chance_labels_in_part_is_left_out() -> None:
    row = (site(900, "CTCF", "lone", 9), site(960, "CTCF", "lone", 9))
    partner = site(1_070, "REST", "chance", 0)
    # only the first copy lies 100 bp or more from the partner
    assert groups(PAIRS, [*row, partner], 2_000) == [Group("lone", True, row)]
    half = (site(880, "CTCF", "lone", 9), site(960, "REST", "lone", 9))
    assert groups(PAIRS, [*half, site(1_100, "REST", "chance", 0)], 2_000) == [
        Group("lone", True, half)
    ]
    outside = (site(500, "REST", "lone", 9), *row)
    assert groups(PAIRS, [*outside, partner], 2_000) == []


def test_bases_are_those_of_the_sites_within_the_stretch() -> None:
    mask = bases([site(90, "CTCF", "lone", 1), site(150, "CTCF", "lone", 1)], 100, 160)
    assert np.flatnonzero(mask).tolist() == [*range(10), *range(50, 60)]
