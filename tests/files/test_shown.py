"""Texts of others inside messages."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, strategies as st

from regtrack.files.shown import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, µ", "plain text, µ"),
        ("a\tb\r\n", r"a\tb\r\n"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\u202egpj", r"\u202egpj"),
        (b"\xff\x00x", r"\xff\x00x"),
        (os.fsdecode(b"caf\xe9"), r"caf\xe9"),
        ("x" * 81, "x" * 77 + "..."),
        ("x" * 80, "x" * 80),
        (12, "12"),
    ],
)
def test_control_characters_are_escaped_and_long_texts_cut(text: object, expected: str) -> None:
    assert shown(text) == expected


@given(st.text() | st.binary(), st.integers(10, 100))
def test_anything_becomes_one_short_printable_line(text: str | bytes, most: int) -> None:
    found = shown(text, most)
    assert len(found) <= most
    assert found.isprintable()
    found.encode()
