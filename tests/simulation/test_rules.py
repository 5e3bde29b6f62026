"""Rules against what a reader works out base by base."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from regtrack.errors import GrammarError
from regtrack.simulation.rules import Around, Between, Clustered, Label, Site, joined


def site(start: int, motif: str = "A", strand: str = "+") -> Site:
    return Site("chr1", start, start + 10, motif, strand, "test")


sites = st.lists(
    st.builds(site, st.integers(0, 3_000), st.sampled_from("ABC"), st.sampled_from("+-")),
    max_size=12,
).map(sorted)


def bases(labels: list[Label]) -> set[int]:
    return {base for label in labels for base in range(label.start, label.end)}


def spans(labels: list[Label]) -> list[tuple[int, int]]:
    return [(label.start, label.end) for label in labels]


def test_around_is_centred_on_each_site() -> None:
    (label,) = Around("A", 200).label([site(1_000), site(5_000, "B")])
    assert label == Label(905, 1_105, (site(1_000),))


@given(sites)
def test_between_is_every_pair_in_order_and_reach(planted: list[Site]) -> None:
    rule = Between("A", "B", fewest=100, most=800)
    expected, reasons = set(), set()
    for one in planted:
        for other in planted:
            if (one.motif, other.motif) != ("A", "B") or one.strand != other.strand:
                continue
            left, right = (one, other) if one.strand == "+" else (other, one)
            if 100 <= right.start - left.end <= 800:
                expected |= set(range(left.start, right.end))
                reasons.add((left, right))
    assert bases(rule.label(planted)) == expected
    assert {label.sites for label in rule.label(planted)} == reasons


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
    labels = Between("A", "B", fewest=1_000, most=3_500).label(planted)
    assert labels == ([Label(0, 2_010, tuple(planted))] if labelled else [])


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
    assert rule.label([site(0), site(50, "B")]) == [Label(-30, 90, (site(0), site(50, "B")))]


@given(sites)
def test_a_label_covers_what_is_due_to_each_of_its_sites(planted: list[Site]) -> None:
    for rule in (
        Around("A", 60),
        Clustered(("A", "B"), kinds=2, reach=100, margin=30),
        Between("A", "B", fewest=100, most=800),
    ):
        for label in rule.label(planted):
            for reason in label.sites:
                low, high = rule.due(reason)
                assert label.start <= low < high <= label.end


def test_a_partner_is_due_the_bases_towards_the_other_one() -> None:
    rule = Between("A", "B", fewest=100, most=800)
    assert [rule.due(site(1_000, *one)) for one in ("A+", "B+", "A-", "B-")] == [
        (1_000, 1_110), (900, 1_010), (900, 1_010), (1_000, 1_110)
    ]  # fmt: skip


@given(sites)
def test_joining_keeps_all_bases_and_all_causes(planted: list[Site]) -> None:
    labels = [*Around("A", 60).label(planted), *Around("B", 40).label(planted)]
    found = joined(labels)
    assert bases(found) == bases(labels)
    assert all(before.end < after.start for before, after in pairwise(found))
    for stretch in found:
        inside = [label for label in labels if stretch.start <= label.start < stretch.end]
        assert set(stretch.sites) == {site for label in inside for site in label.sites}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Around("A", 1),
        lambda: Clustered(("A", "B"), kinds=3, reach=1, margin=1),
        lambda: Clustered(("A", "B"), kinds=2, reach=-1, margin=1),
        lambda: Between("A", "B", fewest=10, most=5),
    ],
    ids=["width", "kinds", "reach", "order"],
)
def test_an_impossible_rule_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(GrammarError, match="expected"):
        make()
