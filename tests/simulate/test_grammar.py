"""Rules against what a reader works out base by base."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from regtrack.simulate.default import DEFAULT_GRAMMAR
from regtrack.simulate.grammar import Around, Between, Clustered, Element, Rule, Site, Span
from regtrack.simulate.motifs import MOTIFS


def site(start: int, motif: str = "A", strand: str = "+") -> Site:
    return Site("chr1", start, start + 10, motif, strand, "test")


sites = st.lists(
    st.builds(site, st.integers(0, 3_000), st.sampled_from("ABC"), st.sampled_from("+-")),
    max_size=12,
).map(sorted)


def bases(spans: list[Span]) -> set[int]:
    return {base for start, end in spans for base in range(start, end)}


def test_around_is_centred_on_each_site() -> None:
    assert Around("A", 200).label([site(1_000), site(5_000, "B")]) == [(905, 1_105)]


@given(sites)
def test_between_is_every_pair_in_order_and_reach(planted: list[Site]) -> None:
    rule = Between("A", "B", fewest=100, most=800)
    expected = set()
    for one in planted:
        for other in planted:
            if (one.motif, other.motif) != ("A", "B") or one.strand != other.strand:
                continue
            left, right = (one, other) if one.strand == "+" else (other, one)
            if 100 <= right.start - left.end <= 800:
                expected |= set(range(left.start, right.end))
    assert bases(rule.label(planted)) == expected


@pytest.mark.parametrize(
    ("planted", "labelled"),
    [
        ([site(0), site(2_000, "B")], True),
        ([site(0, "B", "-"), site(2_000, "A", "-")], True),
        ([site(0)], False),
        ([site(0, "B")], False),
        ([site(0), site(9_000, "B")], False),
        ([site(0), site(50, "B")], False),
        ([site(0, "B"), site(2_000)], False),
        ([site(0), site(2_000, "B", "-")], False),
    ],
    ids=["pair", "turned", "lone A", "lone B", "too far", "too near", "order", "strands"],
)
def test_between_needs_both_partners(planted: list[Site], labelled: bool) -> None:
    spans = Between("A", "B", fewest=1_000, most=3_500).label(planted)
    assert spans == ([(0, 2_010)] if labelled else [])


@given(sites)
def test_clustered_is_every_chain_of_enough_kinds(planted: list[Site]) -> None:
    rule = Clustered(("A", "B"), kinds=2, reach=100, margin=30)
    expected: set[int] = set()
    mine = [found for found in planted if found.motif in "AB"]
    for first in range(len(mine)):
        for last in range(first, len(mine)):
            chain = mine[first : last + 1]
            near = all(b.start - a.end <= 100 for a, b in pairwise(chain))
            if near and {found.motif for found in chain} == {"A", "B"}:
                expected |= set(range(chain[0].start - 30, max(f.end for f in chain) + 30))
    assert bases(rule.label(planted)) == expected


def test_copies_of_one_motif_are_no_cluster() -> None:
    rule = Clustered(("A", "B"), kinds=2, reach=100, margin=30)
    assert rule.label([site(0), site(50), site(100)]) == []
    assert rule.label([site(0), site(50, "B")]) == [(-30, 90)]


@pytest.mark.parametrize(
    "gaps", [(), ((1, 2), (3, 4)), ((5, 2),), ((-1, 2),)], ids=["few", "many", "turned", "negative"]
)
def test_an_element_with_impossible_gaps_is_refused(gaps: tuple[Span, ...]) -> None:
    with pytest.raises(ValueError, match="gap"):
        Element("bad", ("CTCF", "REST"), gaps)


def test_the_default_grammar_has_the_three_categories_and_known_motifs() -> None:
    assert {marker.category for marker in DEFAULT_GRAMMAR.markers} == {"TF", "DNase", "histone"}
    assert set(DEFAULT_GRAMMAR.motifs()) <= set(MOTIFS)
    rules: list[Rule] = [marker.rule for marker in DEFAULT_GRAMMAR.markers]
    assert {type(rule) for rule in rules} == {Around, Clustered, Between}
