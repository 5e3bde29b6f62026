"""Which chromosomes two assemblies share, whatever the spelling."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, strategies as st

from regtrack.genome.agreement import LengthMismatch, compare_assemblies
from regtrack.genome.assembly import Assembly

# each chromosome in its two spellings
SPELLINGS = [("chr1", "1"), ("chr2", "2"), ("chrX", "X"), ("chrM", "MT"), ("chrUn_7", "Un_7")]

# for each chromosome: who has it, its length in each assembly, and its spelling in each
sides = st.tuples(
    st.sampled_from(["ours", "theirs", "both", "neither"]),
    st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.integers(0, 1),
)  # fmt: skip


@given(st.tuples(*[sides] * len(SPELLINGS)))
def test_chromosomes_are_matched_whatever_their_spelling(
    found: tuple[tuple[str, int, int, int, int], ...],
) -> None:
    ours, theirs, shared, mismatches = {"one": 1}, {"another": 1}, {}, []
    for names, (who, long, short, mine, other) in zip(SPELLINGS, found, strict=True):
        if who in {"ours", "both"}:
            ours[names[mine]] = long
        if who in {"theirs", "both"}:
            theirs[names[other]] = short
        if who == "both":
            shared[names[mine]] = names[other]
            if long != short:
                mismatches.append(LengthMismatch(names[mine], names[other], long, short))
    agreement = compare_assemblies(
        Assembly(tuple(ours), tuple(ours.values())), Assembly(tuple(theirs), tuple(theirs.values()))
    )
    assert agreement.shared == shared
    assert list(agreement.mismatches) == mismatches
    assert agreement.only_ours == tuple(name for name in ours if name not in shared)
    assert agreement.only_theirs == tuple(n for n in theirs if n not in shared.values())
    assert agreement.same == (bool(shared) and not mismatches)
    assert bool(agreement.difference("a", "b")) == (not agreement.same)


def test_an_equal_name_comes_before_another_spelling() -> None:
    both, one = Assembly(("chr1", "1"), (9, 5)), Assembly(("1",), (5,))
    found = compare_assemblies(both, one)
    assert (found.shared, found.only_ours, found.same) == ({"1": "1"}, ("chr1",), True)
    found = compare_assemblies(one, both)
    assert (found.shared, found.only_theirs, found.same) == ({"1": "1"}, ("chr1",), True)


def test_spellings_are_matched_in_both_directions() -> None:
    usual, shouted = Assembly(("chr1",), (9,)), Assembly(("CHR1",), (9,))
    assert compare_assemblies(usual, shouted).shared == {"chr1": "CHR1"}
    assert compare_assemblies(shouted, usual).shared == {"CHR1": "chr1"}


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("chr1", ["1", "Chr1", "CHR1", "chr1"]),
        ("chrX", ["X", "x", "ChrX", "CHRX"]),
        ("chrM", ["M", "MT", "Mt", "mt", "chrMT", "ChrM", "chrMt", "MtDNA", "mitochondrion"]),
        ("Pt", ["pt", "chrPt", "ChrPt", "ChrC", "chrC", "plastid", "Chloroplast"]),
        ("scaffold_7", ["Scaffold_7", "SCAFFOLD_7", "chrscaffold_7"]),
    ],
)
def test_the_spellings_of_a_name_are_one(name: str, others: list[str]) -> None:
    for one, other in itertools.product([name, *others], repeat=2):
        assembly = Assembly((one, "chr2", "chr10", "chrC1", "C", "tig1"), (9,) * 6)
        assert assembly.resolve(other) == one
        assert compare_assemblies(assembly, Assembly((other,), (9,))).shared == {one: other}


@pytest.mark.parametrize("name", ["chr", "", "c", "chr3", "1chr", "chr01", "Mito2", "tig", "p"])
def test_other_names_are_not_bridged(name: str) -> None:
    assembly = Assembly(("chr1", "chrM", "Pt", "tig1"), (9,) * 4)
    assert assembly.resolve(name) is None


def test_two_names_of_an_assembly_are_never_bridged_to_one() -> None:
    hg19 = Assembly(("chr1", "chrM", "chrMT"), (9, 16_571, 16_569))
    assert [hg19.resolve(name) for name in ("M", "MT", "Mt")] == ["chrM", "chrMT", "chrMT"]
    assert hg19.resolve("MtDNA") is None  # either
    for one in (Assembly(("MT",), (16_569,)), Assembly(("Mt",), (16_569,))):
        assert compare_assemblies(hg19, one).shared == {"chrMT": one.names[0]}
        assert compare_assemblies(one, hg19).shared == {one.names[0]: "chrMT"}
    assert compare_assemblies(hg19, Assembly(("mito",), (16_569,))).shared == {}
    cases = Assembly(("tig1", "TIG1", "Tig2"), (1, 2, 3))
    assert [cases.resolve(name) for name in ("tig1", "Tig1", "tig2")] == ["tig1", None, "Tig2"]


names = st.sampled_from(
    ["1", "chr1", "Chr1", "CHR1", "M", "MT", "Mt", "chrM", "chrMT", "mtdna", "Pt", "ChrC", "C"]
)


@given(st.lists(names, min_size=1, unique=True), st.lists(names, min_size=1, unique=True))
def test_names_are_matched_one_to_one_in_either_direction(one: list[str], two: list[str]) -> None:
    first, second = (Assembly(tuple(side), (5,) * len(side)) for side in (one, two))
    shared = compare_assemblies(first, second).shared
    assert len(set(shared.values())) == len(shared)
    assert {b: a for a, b in shared.items()} == compare_assemblies(second, first).shared
    assert {name: name for name in one if name in two}.items() <= shared.items()


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        (Assembly(("chr1", "chr2"), (9_000, 6_000)), "chr2 is 5,000 bp in A and 6,000 bp in B"),
        (Assembly(("1",), (8_000,)), "chr1 is 9,000 bp in A and 8,000 bp in B (named 1 there)"),
        (Assembly(("mouse1",), (9,)), "A (chr1, chr2) and B (mouse1) share no chromosome"),
        (Assembly(("2", "other"), (5_000, 9)), ""),
    ],
)
def test_the_difference_is_described(theirs: Assembly, message: str) -> None:
    ours = Assembly(("chr1", "chr2"), (9_000, 5_000))
    assert compare_assemblies(ours, theirs).difference("A", "B") == message
