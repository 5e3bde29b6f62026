from __future__ import annotations

import string

import numpy as np
from hypothesis import given, strategies as st

from regtrack.genome.sequence import decode, encode, reverse_complement

sequences = st.text("ACGTN", max_size=50)


@given(sequences)
def test_letters_round_trip(text: str) -> None:
    assert decode(encode(text)) == text


@given(sequences)
def test_soft_masking_changes_nothing(text: str) -> None:
    assert np.array_equal(encode(text.lower()), encode(text))


def test_every_other_letter_is_n() -> None:
    others = "".join(sorted(set(string.printable) - set("acgtACGT")))
    assert set(encode(others).tolist()) == {4}
    assert encode("é").tolist() == [4]


@given(sequences)
def test_reverse_complement_undoes_itself(text: str) -> None:
    codes = encode(text)
    pairs = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}
    assert decode(reverse_complement(codes)) == "".join(pairs[c] for c in reversed(text))
    assert np.array_equal(reverse_complement(reverse_complement(codes)), codes)
