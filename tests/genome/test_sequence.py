from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regtrack.genome.sequence import decode, encode, one_hot, reverse_complement

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


@pytest.mark.parametrize("shape", [(5,), (2, 5)])
def test_one_hot_has_a_row_a_letter_and_none_for_n(shape: tuple[int, ...]) -> None:
    codes = np.broadcast_to(encode("ACGTN"), shape)
    expected = np.broadcast_to(np.eye(4, 5, dtype=np.float32), (*shape[:-1], 4, 5))
    assert np.array_equal(one_hot(codes), expected)
