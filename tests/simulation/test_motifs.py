"""Motifs against regular expressions, which know IUPAC letters as sets of bases."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regtrack.errors import GrammarError
from regtrack.genome.sequence import Codes, decode, encode, reverse_complement
from regtrack.simulation.motifs import IUPAC, MOTIFS, Motif

names = st.sampled_from(sorted(MOTIFS))


def matches(motif: Motif, codes: Codes) -> list[int]:
    pattern = "".join(f"[{IUPAC[letter]}]" for letter in motif.letters)
    return [match.start() for match in re.finditer(f"(?={pattern})", decode(codes))]


@given(names, st.integers(0, 2**32))
def test_what_is_drawn_matches(name: str, seed: int) -> None:
    motif = MOTIFS[name]
    codes = motif.draw(np.random.default_rng(seed))
    assert matches(motif, codes) == [0]
    assert motif.find(codes).tolist() == [0]


def test_permitted_bases_are_equally_likely() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([Motif("any", "NRA", "here").draw(rng) for _ in range(4_000)])
    counts = [np.bincount(column, minlength=5).tolist() for column in drawn.T]
    assert counts[0] == pytest.approx([1_000, 1_000, 1_000, 1_000, 0], abs=120)
    assert counts[1] == pytest.approx([2_000, 0, 2_000, 0, 0], abs=120)
    assert counts[2] == [4_000, 0, 0, 0, 0]


@given(st.text("ACGRYWN", min_size=1, max_size=4), st.text("ACGTN", max_size=12))
def test_a_match_on_either_strand_is_in(letters: str, sequence: str) -> None:
    motif, codes = Motif("any", letters, "here"), encode(sequence)
    either = matches(motif, codes) + matches(motif, reverse_complement(codes))
    assert motif.is_in(codes) == bool(either)


@given(
    st.text("ACGRYWN", min_size=1, max_size=4),
    st.text("ACGTN", max_size=60),
)
def test_find_is_what_a_regular_expression_finds(letters: str, sequence: str) -> None:
    motif, codes = Motif("any", letters, "here"), encode(sequence)
    assert motif.find(codes).tolist() == matches(motif, codes)


@given(st.text("ACGRYWN", min_size=1, max_size=4), st.text("ACGTN", max_size=60))
def test_both_strands_cover_every_match_once(letters: str, sequence: str) -> None:
    motif, codes = Motif("any", letters, "here"), encode(sequence)
    forward, backward = motif.find_both(codes)
    other = matches(motif, reverse_complement(codes))
    places = {len(codes) - len(motif) - start for start in other}
    assert set(forward.tolist()) == set(matches(motif, codes))
    assert set(backward.tolist()) == places - set(forward.tolist())
    assert backward.tolist() == sorted(backward.tolist())
    assert motif.is_in(codes) == bool(places or len(forward))


def test_every_letter_is_drawn() -> None:
    rng = np.random.default_rng(0)
    drawn = {decode(Motif("one", "NY", "here").draw(rng)) for _ in range(300)}
    assert drawn == {a + b for a in "ACGT" for b in "CT"}


def test_every_motif_names_itself_and_its_source() -> None:
    for name, motif in MOTIFS.items():
        assert motif.name == name
        assert re.search(r"\b(19|20)\d\d\b", motif.source), f"{name}: no year in its source"


def test_letters_that_are_not_iupac_are_refused() -> None:
    with pytest.raises(GrammarError, match="not an IUPAC string"):
        Motif("bad", "ACXG", "nowhere")


def test_chance_is_the_share_of_sequences_that_match() -> None:
    motif = Motif("MINE", "ARN", "here")
    every = [encode(a + b + c) for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    assert motif.chance == np.mean([len(motif.find(codes)) for codes in every])
