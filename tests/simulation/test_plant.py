"""What was planted is in the sequence, and nothing else is."""

from __future__ import annotations

import logging
from itertools import pairwise

import numpy as np
import pytest

from regtrack.errors import GrammarError
from regtrack.genome.sequence import N, decode, encode, reverse_complement
from regtrack.simulation.background import draw_background, put_gaps
from regtrack.simulation.grammar import Element, Family, Grammar, PlantedMarker
from regtrack.simulation.motifs import MOTIFS, Motif
from regtrack.simulation.plant import find_sites, plant
from regtrack.simulation.rules import Around, Site

APART = Family("apart", 2_000)
ELEMENTS = (
    Element("pair", ("CTCF", "CTCF", "REST"), ((5, 9), (1_500, 3_000)), 60, family=APART),
    Element("lone", ("REST",), (), 60, family=APART),
    Element("free", ("TP53", "CTCF", "MAFK"), ((10, 50), (10, 50)), 100, free=True),
    Element("shuffled", ("CTCF",), (), 100, shuffled=True),
)


def grammar(*elements: Element) -> Grammar:
    name = elements[0].motifs[0]
    return Grammar(elements, (PlantedMarker("TF", name, Around(name, 200)),))


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, list[Site]]:
    rng = np.random.default_rng(0)
    codes = draw_background(200_000, rng)
    put_gaps(codes, ends=0.01, middle=0.02)
    return codes, plant(codes, "chr1", grammar(*ELEMENTS), rng)


def of(sites: list[Site], role: str) -> list[Site]:
    return [site for site in sites if site.role == role]


def test_each_element_is_planted_as_often_as_asked(planted: tuple[np.ndarray, list[Site]]) -> None:
    _, sites = planted
    counts = {element.role: len(of(sites, element.role)) for element in ELEMENTS}
    assert counts == {"pair": 36, "lone": 12, "free": 60, "shuffled": 20}


def test_real_sites_match_on_their_strand_and_shuffled_ones_nowhere(
    planted: tuple[np.ndarray, list[Site]],
) -> None:
    codes, sites = planted
    for site in sites:
        there = codes[site.start : site.end]
        there = there if site.strand == "+" else reverse_complement(there)
        assert (MOTIFS[site.motif].find(there).tolist() == [0]) == site.real
        assert not site.real or not (there == N).any()
        if not site.real:
            assert not any(motif.is_in(there) for motif in MOTIFS.values())


def test_a_shuffled_site_has_the_bases_of_a_match() -> None:
    rng = np.random.default_rng(3)
    codes = draw_background(100_000, rng)
    shuffled = Element("s", ("REST",), (), 50, shuffled=True)
    (site, *_) = plant(codes, "chr1", grammar(shuffled), rng)
    there = codes[site.start : site.end]
    there = there if site.strand == "+" else reverse_complement(there)
    assert sorted(decode(there)) == sorted(MOTIFS["REST"].letters)


def test_elements_keep_their_order_gaps_and_strand(
    planted: tuple[np.ndarray, list[Site]],
) -> None:
    _, sites = planted
    pairs = of(sites, "pair")
    for one, two, three in zip(pairs[::3], pairs[1::3], pairs[2::3], strict=True):
        strand = one.strand
        assert {two.strand, three.strand} == {strand}
        names, gaps = (
            (one.motif, two.motif, three.motif),
            (
                two.start - one.end,
                three.start - two.end,
            ),
        )
        if strand == "-":
            names, gaps = names[::-1], gaps[::-1]
        assert names == ("CTCF", "CTCF", "REST")
        assert 5 <= gaps[0] <= 9
        assert 1_500 <= gaps[1] <= 3_000


def test_both_strands_and_every_order_are_planted(planted: tuple[np.ndarray, list[Site]]) -> None:
    _, sites = planted
    assert {site.strand for site in of(sites, "pair")} == {"+", "-"}
    free = of(sites, "free")
    orders = {tuple(site.motif for site in free[i : i + 3]) for i in range(0, len(free), 3)}
    assert len(orders) > 3


def test_a_family_keeps_apart_and_no_two_elements_touch(
    planted: tuple[np.ndarray, list[Site]],
) -> None:
    _, sites = planted
    pairs, lone = of(sites, "pair"), of(sites, "lone")
    spans = [(pairs[i].start, pairs[i + 2].end) for i in range(0, len(pairs), 3)]
    spans = sorted(spans + [(site.start, site.end) for site in lone])
    assert all(after[0] - before[1] >= 2_000 for before, after in pairwise(spans))
    gaps = [b.start - a.end for a, b in pairwise(sites)]
    assert min(gaps) >= 5


def test_the_rest_of_the_sequence_is_untouched() -> None:
    before = draw_background(100_000, np.random.default_rng(5))
    after = before.copy()
    sites = plant(after, "chr1", grammar(*ELEMENTS), np.random.default_rng(6))
    outside = np.ones(len(before), dtype=bool)
    for site in sites:
        outside[site.start : site.end] = False
    assert (before[outside] == after[outside]).all()


def test_find_sites_has_every_planted_site_and_names_the_others_chance() -> None:
    codes = encode("T" * 50 + "TGCTGACTCAGCA" + "T" * 50 + "TGCTGAGTCAGCA" + "T" * 50)
    site = Site("chr1", 50, 63, "MAFK", "-", "single", element=7, copy=2)
    decoy = Site("chr1", 5, 18, "MAFK", "+", "shuffled", real=False)
    assert find_sites(codes, "chr1", [decoy, site], {"MAFK": MOTIFS["MAFK"]}) == [
        # a palindrome is given on the forward strand
        Site("chr1", 50, 63, "MAFK", "+", "single", element=7, copy=2),
        Site("chr1", 113, 126, "MAFK", "+", "chance"),
    ]


def test_a_full_chromosome_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(0)
    codes = draw_background(20_000, rng)
    with caplog.at_level(logging.WARNING):
        lone = Element("lone", ("CTCF",), (), 1_000, family=APART)
        sites = plant(codes, "chr1", grammar(lone), rng)
    assert 2 <= len(sites) < 20
    told = f"room for {len(sites)} of 20 lone elements; for more room lower per_mb or apart"
    assert told in caplog.text


def test_an_element_that_is_longer_than_the_chromosome_is_left_out() -> None:
    rng = np.random.default_rng(0)
    codes = draw_background(1_000, rng)
    pair = Element("pair", ("CTCF",) * 2, ((5_000, 6_000),), 5_000)
    assert plant(codes, "chr1", grammar(pair), rng) == []


def test_elements_are_numbered_and_their_copies_counted_from_the_left(
    planted: tuple[np.ndarray, list[Site]],
) -> None:
    _, sites = planted
    by_element: dict[int, list[Site]] = {}
    for site in sites:
        by_element.setdefault(site.element, []).append(site)
    assert sorted(by_element) == list(range(1, 12 + 12 + 20 + 20 + 1))
    for copies in by_element.values():
        assert len({site.role for site in copies}) == 1
        assert [site.copy for site in copies] == list(range(1, len(copies) + 1))


def test_a_motif_that_cannot_be_shuffled_is_refused() -> None:
    own = Motif("POLYA", "A" * 12, "here")
    rule = PlantedMarker("TF", "POLYA", Around("POLYA", 200))
    bad = Grammar((Element("s", ("POLYA",), (), 50, shuffled=True),), (rule,), (own,))
    codes = draw_background(100_000, np.random.default_rng(0))
    with pytest.raises(GrammarError, match="POLYA matches a motif in every order"):
        plant(codes, "chr1", bad, np.random.default_rng(0))
