"""Which chromosomes two assemblies share, whatever the spelling."""

from __future__ import annotations

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
