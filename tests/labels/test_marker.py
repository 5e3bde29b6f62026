"""Markers: what may name one, and how they are chosen."""

from __future__ import annotations

import pytest

from regtrack.errors import MarkerError
from regtrack.labels.marker import Marker, select_markers

MARKERS = [
    Marker("GM12878_CTCF", "TF", "GM12878", "CTCF"),
    Marker("K562_CTCF", "TF", "K562", "CTCF", "IFNa30"),
    Marker("K562_DNase", "DNase", "K562", "DNase"),
    Marker("K562_H3K4me3", "histone", "K562", "H3K4me3"),
]


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../x", ".hidden", "-option", "µ", "a\n"])
def test_a_name_that_is_unsafe_in_file_names_is_refused(name: str) -> None:
    with pytest.raises(MarkerError, match="cannot name a marker"):
        Marker(name, "TF", "K562", "CTCF")


def test_a_marker_needs_a_category() -> None:
    with pytest.raises(MarkerError, match="has no category"):
        Marker("K562_CTCF", " ", "K562", "CTCF")


@pytest.mark.parametrize("marker", MARKERS)
def test_dict_round_trip(marker: Marker) -> None:
    assert Marker.from_dict(marker.to_dict()) == marker


def test_from_dict_ignores_extra_fields_and_names_missing_ones() -> None:
    values = MARKERS[0].to_dict()
    assert Marker.from_dict({**values, "colour": "red"}) == MARKERS[0]
    del values["target"]
    with pytest.raises(MarkerError, match="lacks target"):
        Marker.from_dict(values)


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        ([], [0, 1, 2, 3]),
        (["*"], [0, 1, 2, 3]),
        (["k562_ctcf"], [1]),
        (["*_CTCF"], [0, 1]),
        (["K562_DNase", "GM*"], [0, 2]),
        ("K562*", [1, 2, 3]),
        (["category:TF"], [0, 1]),
        (["CATEGORY:hist*", "*_CTCF", "K562*"], [0, 1, 2, 3]),
    ],
)
def test_selection_keeps_the_order_of_the_markers(
    globs: list[str] | str, expected: list[int]
) -> None:
    assert select_markers(MARKERS, globs) == expected


@pytest.mark.parametrize("globs", ["", ",", ["*", " "]])
def test_an_empty_glob_is_not_every_marker(globs: list[str] | str) -> None:
    with pytest.raises(MarkerError, match='no marker matches ""'):
        select_markers(MARKERS, globs)


def test_globs_are_split_at_commas_but_not_the_name_of_a_category() -> None:
    open_dna = Marker("A_ATAC", "DNA, open", "A", "ATAC")
    assert select_markers([*MARKERS, open_dna], "category:dna, open, gm*") == [0, 4]
    assert select_markers([*MARKERS, open_dna], ["*DNase,category:*open", "K562_CTCF,"]) == [
        1, 2, 4
    ]  # fmt: skip


def test_a_glob_without_a_match_names_the_nearest() -> None:
    with pytest.raises(MarkerError, match=r'matches "K562_CTFC".*Did you mean "K562_CTCF"'):
        select_markers(MARKERS, ["*DNase", "K562_CTFC"])
    with pytest.raises(MarkerError, match=r'matches "CTFC".*Did you mean "\*CTCF"'):
        select_markers(MARKERS, ["CTFC"])
    with pytest.raises(MarkerError, match="the categories are DNase, TF, histone"):
        select_markers(MARKERS, ["category:ATAC"])
    for glob in ("CTCF", "category:TF"):
        with pytest.raises(MarkerError, match=f'"{glob}", since the inputs have none to choose'):
            select_markers([], [glob])
