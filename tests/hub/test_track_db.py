"""Names and labels of a hub's tracks, whatever markers are called."""

from __future__ import annotations

import re

from hypothesis import given, settings, strategies as st

from regtrack.hub.track_db import LONG, SHORT, Stanza, TrackNames, cut, file_address, hub_text

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@given(st.lists(st.text(max_size=200), max_size=12))
@settings(max_examples=150, deadline=None)
def test_names_are_valid_and_unique_without_regard_to_case(texts: list[str]) -> None:
    names = TrackNames()
    found = [names.free(text) for text in texts]
    assert all(NAME.fullmatch(name) and len(name) < 128 for name in found)
    assert len({name.lower() for name in found}) == len(texts)


@given(st.text(max_size=300), st.sampled_from([SHORT, LONG]))
@settings(max_examples=150, deadline=None)
def test_labels_are_short_lines_of_ascii(text: str, most: int) -> None:
    label = cut(text, most)
    assert len(label) <= most
    assert label.isascii()
    assert "\n" not in label
    assert label
    assert label == label.strip()


def test_labels_keep_the_beginning_and_the_end() -> None:
    assert cut("GM12878_H3K27ac", SHORT) == "GM12878_H3K27ac"
    assert cut("HepG2_H3K27ac_forskolin", SHORT) == "HepG2_H3..rskolin"
    assert cut("Zürich straße", SHORT) == "Zurich stra?e"


def test_stanzas_are_nested_and_name_their_parents() -> None:
    inner = Stanza({"track": "b", "type": "bigWig"})
    text = hub_text({"hub": "h"}, {"genome": "hg38"}, [Stanza({"track": "a"}, [inner])])
    assert text == (
        "hub h\n\ngenome hg38\n\ntrack a\n\n    track b\n    parent a\n    type bigWig\n"
    )


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_value_begins_another_line_or_continues_on_one(text: str) -> None:
    lines = hub_text({"email": text}, {"genome": text}, [Stanza({"track": text})]).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["email", "", "genome", "", "track"]
    assert not any(line.endswith(("\\", " ")) for line in lines)


def test_addresses_escape_what_they_cannot_hold() -> None:
    assert file_address("a b/ü?#%.bw") == "a%20b/%C3%BC%3F%23%25.bw"
