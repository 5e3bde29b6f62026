"""Records: sealed, bounded, and parsed into types that name the field that is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from regtrack.errors import RecordError
from regtrack.files import records
from regtrack.files.records import check_seal, parse_record, read_record, to_text, typed
from regtrack.genome.assembly import Assembly

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@dataclass(frozen=True)
class Leaf:
    name: str
    size: int = 0


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...]
    weight: float
    pair: tuple[int, int] = (0, 0)
    note: str | None = None
    free: dict[str, Any] | None = None


@given(st.dictionaries(st.text(), plain, max_size=4))
@settings(max_examples=20)
def test_what_was_written_is_read_and_passes_its_seal(content: dict[str, Any]) -> None:
    content.pop("digest", None)
    found = parse_record(to_text(content))
    check_seal(found)
    assert {key: value for key, value in found.items() if key != "digest"} == content
    check_seal(json.loads(json.dumps(dict(reversed(found.items())), indent=4)))  # another layout


def test_a_change_breaks_the_seal() -> None:
    found = parse_record(to_text({"a": [1, {"b": "x"}]}))
    for changed in ({"a": [1, {"b": "y"}]}, {"a": [1, {"c": "x"}]}, {"a": [1], "more": 2}):
        with pytest.raises(RecordError, match='does not match its "digest"'):
            check_seal({**found, **changed})
    del found["digest"]
    check_seal(found, required=False)
    with pytest.raises(RecordError, match='lacks its "digest"'):
        check_seal(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "it is a list; expected an object"),
        (b"null", "it is null; expected an object"),
        (b"true", "it is true or false; expected an object"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a":' + b"[" * 99 + b"]" * 99 + b"}", "nested too deeply"),
        (b'{"a": NaN}', "the number nan"),
        (b'{"a": 1e999}', "the number inf"),
        (b'{"a": -' + b"9" * 25 + b"}", "a number of 26 digits"),
        (b'{"a": ' + b"9" * 9999 + b"}", "not JSON"),
    ],
)
def test_what_is_no_record_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        parse_record(text)
    assert len(str(caught.value)) < 200


def test_size_and_number_of_values_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(10**12)  # sparse: reading it would take a terabyte
    with pytest.raises(RecordError, match="has 1,000,000,000,000 bytes; expected at most"):
        read_record(path)
    with pytest.raises(RecordError, match="cannot be read"):
        read_record(tmp_path / "none")
    monkeypatch.setattr(records, "MOST_VALUES", 5)
    parse_record('{"a": [1, 2, 3]}')
    for many in ('{"a": [1, 2, 3, 4, 5]}', b'{"a": [[], [], []]}'):
        with pytest.raises(RecordError, match="too many values"):
            parse_record(many)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"leaves": None}, '"leaves" is null; expected a list'),
        ({"leaves": [{"name": "a"}, {"size": 1}]}, r'"leaves\[1\].name" is missing'),
        ({"leaves": [{"name": ["a"]}]}, r'"leaves\[0\].name" is a list; expected a string'),
        ({"weight": "1"}, '"weight" is a string; expected a number'),
        ({"pair": [1]}, '"pair" is of length 1; expected a list of length 2'),
        ({"pair": [1, True]}, r'"pair\[1\]" is true or false; expected a whole number'),
        ({"note": {}}, '"note" is an object; expected a string or null'),
        ({"free": 3}, '"free" is a whole number; expected an object or null'),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], message: str) -> None:
    good = {"leaves": [{"name": "a", "more": 1}], "weight": 1, "free": {"x": [1]}}
    assert typed(good, Tree) == Tree((Leaf("a"),), 1, free={"x": [1]})
    with pytest.raises(RecordError, match=message):
        typed({**good, **change}, Tree)


def test_a_value_refused_by_its_own_class_is_shown_without_escapes() -> None:
    with pytest.raises(RecordError, match=r"chromosome \\x1b\[2Jx+.*") as caught:
        typed({"names": ["\x1b[2J" + "x" * 9999], "lengths": [0]}, Assembly)
    assert len(str(caught.value)) <= 300
