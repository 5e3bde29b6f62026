"""Changes of single rows: from events to the address, and from there to what is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from regtrack_app.choices import choices_of
from regtrack_app.figures import draw
from regtrack_app.look import PLAIN, look_of
from regtrack_app.row_events import after_event, units_of
from regtrack_app.row_looks import RowLook, changed, moved, read_look, with_looks
from regtrack_app.rows import Curve, ValueRow
from regtrack_app.scales import ranges
from regtrack_app.state import View, default_view, parse_view
from regtrack_app.view_data import ViewData

from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval

REGION = Interval("chr1", 100_000, 101_000)
looks = st.builds(
    RowLook,
    key=st.sampled_from(["K562_CTCF", "K562_CTCF/cnn7", "signal"]),
    height=st.none() | st.integers(16, 600),
    colour=st.none() | st.sampled_from(["0072b2", "ffffff"]),
    limits=st.none() | st.sampled_from(["0:0.3", "-1:2"]),
)


@pytest.fixture
def view(sources: Sources) -> View:
    (signal,) = sources.catalog.others
    return replace(
        default_view(choices_of(sources)), region=REGION, tracks=(signal.id,),
        markers=("K562_CTCF", "K562_DNase"),
    )  # fmt: skip


@given(looks)
def test_a_look_is_read_as_it_was_written(look: RowLook) -> None:
    assert read_look(look.text()) == look


@pytest.mark.parametrize("text", ["a~h", "a~hx", "a~cred", "a~l1:0", "a~x5", "a~"])
def test_what_is_no_look_is_refused(text: str) -> None:
    with pytest.raises(RegtrackError, match="is no look of a row"):
        read_look(text)


def test_changes_of_a_row_add_up_until_it_is_reset() -> None:
    one = changed((), RowLook("a", height=120))
    two = changed(changed(one, RowLook("a", limits="0:1")), RowLook("b", colour="0072b2"))
    assert two == ("a~h120~l0:1", "b~c0072b2")
    assert changed(two, RowLook("a")) == ("b~c0072b2",)


def test_looks_are_drawn() -> None:
    curve = Curve("m", None, 0, 100, np.array([0, 0.3, 0], dtype=np.float32))
    rows = [ValueRow(key, key, "", (curve,), "m", "TF") for key in ("a", "b")]
    first, second = with_looks(rows, ["a~h200~cd55e00~l0:0.5", "gone~h20"])
    assert (first.height, second.height) == (200, rows[1].height)
    assert ranges([first, second], Interval("chr1", 100, 200), PLAIN) == [(0, 0.5), (0, 0.3)]
    lines = [trace for trace in draw([first], REGION, 10_000).traces if "hovertemplate" in trace]
    assert lines[0]["line"]["color"] == "#d55e00"


def test_an_address_keeps_looks_and_order(sources: Sources, view: View) -> None:
    choices = choices_of(sources)
    changed_view = replace(view, looks=("K562_CTCF~h200",), rows=("genes", "signal", "K562_CTCF"))
    assert parse_view(changed_view.query(), choices).view == changed_view
    wrong = parse_view("?looks=a~h1;b~zz&rows=nothing", choices)
    assert len(wrong.problems) == 2


@pytest.mark.parametrize(
    ("event", "field", "expected"),
    [
        ({"row": "K562_DNase", "act": "remove"}, "markers", ("K562_CTCF",)),
        ({"row": "K562_DNase/=labels", "act": "remove"}, "markers", ("K562_CTCF",)),
        ({"row": "signal", "act": "remove"}, "tracks", ()),
        ({"row": "K562_CTCF/dilated/=saliency", "act": "remove"}, "saliency", False),
        ({"row": "K562_CTCF", "act": "height", "value": "140"}, "looks", ("K562_CTCF~h140",)),
        ({"row": "signal", "act": "colour", "value": "#D55E00"}, "looks", ("signal~cd55e00",)),
        ({"row": "signal", "act": "limits", "value": "0 to 9"}, "looks", ("signal~l0:9",)),
        ({"row": "genes", "act": "isoforms", "value": "all"}, "genes", "all"),
        ({"row": "K562_DNase", "act": "up"}, "markers", ("K562_DNase", "K562_CTCF")),
        ({"row": "signal", "act": "before", "value": "K562_CTCF"}, "rows",
         ("signal", "K562_CTCF", "K562_DNase", "letters", "genes")),
        ({"row": "K562_CTCF", "act": "before", "value": ""}, "rows",
         ("K562_DNase", "letters", "signal", "genes", "K562_CTCF")),
    ],
)  # fmt: skip
def test_events_change_the_view(
    view: View, event: dict[str, str], field: str, expected: object
) -> None:
    found = after_event(replace(view, saliency=True), event)
    assert getattr(found, field) == expected


def test_stacked_models_and_differences_are_removed_alone(view: View) -> None:
    stacked = replace(view, mode="stack", differences=("models", "labels"))
    assert after_event(stacked, {"row": "K562_CTCF/cnn7", "act": "remove"}).models == ("dilated",)
    less = after_event(stacked, {"row": "K562_CTCF/=models", "act": "remove"})
    assert (less.differences, less.markers) == (("labels",), stacked.markers)


@pytest.mark.parametrize("event", [{"row": "a", "act": "height", "value": "x"}, {"row": "a"}, {}])
def test_what_cannot_be_done_is_refused(view: View, event: dict[str, str]) -> None:
    with pytest.raises(RegtrackError):
        after_event(view, event)


def test_rows_are_drawn_in_their_order(sources: Sources, view: View) -> None:
    turned = after_event(view, {"row": "signal", "act": "before", "value": "K562_CTCF"})
    keys = [row.key.split("/")[0] for row in ViewData(sources).scene(turned).rows]
    assert list(dict.fromkeys(keys)) == ["split", "signal", "K562_CTCF", "K562_DNase"]
    assert units_of(view)[0] == "K562_CTCF"


@given(st.lists(st.sampled_from("abcd"), unique=True, min_size=1), st.sampled_from("abcd "))
def test_moving_keeps_every_unit(units: list[str], before: str) -> None:
    found = moved(units, units[0], before)
    assert sorted(found) == sorted(units)
    if before in units[1:]:
        assert found[found.index(before) - 1] == units[0]


def test_regions_are_highlighted_and_kept_in_the_address(sources: Sources, view: View) -> None:
    marked = after_event(view, {"row": "", "act": "mark"})
    assert marked.marks == ("chr1:100001-101000",)
    elsewhere = replace(marked, region=Interval("chr2", 10, 500))
    both = after_event(elsewhere, {"row": "", "act": "mark"})
    assert parse_view(both.query(), choices_of(sources)).view == both
    shapes = draw([], REGION, 310_000, look_of(both, "light", exact=True)).layout["shapes"]
    assert [(shape["x0"], shape["x1"]) for shape in shapes] == [(10.5, 500.5)]
    assert after_event(both, {"row": "", "act": "unmark"}).marks == ()
    wrong = parse_view("?marks=chr9:1-5", choices_of(sources))
    assert wrong.view.marks == ()
    assert wrong.problems
