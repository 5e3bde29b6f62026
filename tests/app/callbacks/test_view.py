"""Whatever happens on the page becomes a view, and a view what changes on the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dash import Patch, no_update
from regtrack_app import ids
from regtrack_app.callbacks.view import Page, answer, axis_range, follow
from regtrack_app.choices import Choices, choices_of
from regtrack_app.heat import shown_of
from regtrack_app.state import Parsed, View, compared, default_view, parse_view
from regtrack_app.theme import THEMES
from regtrack_app.view_data import ViewData

from regtrack.compare.sources import Sources
from regtrack.errors import RegionError
from regtrack.genome.interval import Interval


@pytest.fixture
def choices(sources: Sources) -> Choices:
    return choices_of(sources)


@pytest.fixture
def data(sources: Sources) -> ViewData:
    return ViewData(sources)


def values_of(view: View, **more: Any) -> dict[str, Any]:
    """The values of a page's elements where it shows a view."""
    return {
        ids.MARKERS: list(view.markers), ids.MODELS: list(view.models),
        ids.TRACKS: list(view.tracks), ids.MODE: view.mode, ids.SCALE: view.scale,
        ids.LIMITS: view.limits, ids.FLOOR: view.floor, ids.AXIS: view.axis, ids.DRAW: view.draw,
        ids.DIFFERENCES: list(view.differences), ids.PANEL: view.panel, ids.PAIR_A: None,
        ids.PAIR_B: None, ids.WINDOWS_KIND: view.rank, ids.WINDOWS_SPLIT: view.split,
        ids.HEAT: shown_of(view), ids.ORDER: view.order, **more,
    }  # fmt: skip


def happened(choices: Choices, cause: str, query: str = "", **values: Any) -> Parsed:
    view = parse_view(query, choices).view
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return follow(Page(query, cause, values_of(view) | named), choices)


def test_the_address_counts_first(choices: Choices) -> None:
    parsed = follow(Page("?region=chr2:101-200", ids.URL, {}), choices)
    assert parsed.view.region == Interval("chr2", 100, 200)


def test_all_markers_at_once_are_cut_with_a_word(choices: Choices) -> None:
    many = replace(choices, markers=tuple(f"a-rather-long-name-{at}" for at in range(259)))
    view = replace(default_view(many), markers=many.markers)
    assert len(view.query()) > 4_000
    parsed = follow(Page("", ids.MARKERS, values_of(view)), many)
    assert parsed.view.markers == many.markers[:12]
    assert parsed.problems == ("12 of 259 markers are shown, which is the maximum",)


def test_a_move_of_the_figure(choices: Choices) -> None:
    moved = {"low": 1_000.5, "high": 2_000.5, "at": 7}
    parsed = happened(choices, ids.MOVED, "?region=chr1", moved=moved)
    assert parsed.view.region == Interval("chr1", 1_000, 2_000)


def test_a_move_without_an_answer_comes_before_what_happens_next(choices: Choices) -> None:
    query, moved = "?region=chr1", {"low": 1_000.5, "high": 2_000.5, "at": 7}
    view = parse_view(query, choices).view
    values = values_of(view) | {ids.MOVED: moved, ids.MODE: "stack"}
    parsed = follow(Page(query, ids.MODE, values, answered=6), choices)
    assert (parsed.view.region, parsed.view.mode) == (Interval("chr1", 1_000, 2_000), "stack")
    for page in (Page(query, ids.MODE, values, answered=7), Page(query, ids.URL, values)):
        assert follow(page, choices).view.region == view.region


@pytest.mark.parametrize(
    "moved",
    [None, {}, {"low": 1}, {"low": "x", "high": 2}, {"low": 1, "high": float("nan")},
     {"low": float("inf"), "high": 2}, [1, 2], "chr1", {"low": 1e300, "high": 2}],
)  # fmt: skip
def test_a_move_to_nowhere_is_refused(choices: Choices, moved: Any) -> None:
    with pytest.raises(RegionError, match="not a pair of positions"):
        axis_range(moved)
    parsed = happened(choices, ids.MOVED, moved=moved)
    assert parsed.view == default_view(choices)
    assert parsed.problems


def test_a_move_past_the_end_stops_there(choices: Choices) -> None:
    moved = {"low": 309_000.5, "high": 312_000.5}
    parsed = happened(choices, ids.MOVED, "?region=chr1", moved=moved)
    assert parsed.view.region == Interval("chr1", 307_000, 310_000)


def test_the_region_box(choices: Choices) -> None:
    parsed = happened(choices, ids.REGION, typed="chr2:1-5,000")
    assert parsed.view.region == Interval("chr2", 0, 5_000)
    cut = happened(choices, ids.GO, typed="chr2:130,000-900,000")
    assert cut.view.region.end == 130_013
    assert cut.problems == ("chr2 ends at 130,013; the region is shown up to there",)
    wrong = happened(choices, ids.GO, "?region=chr2:101-200", typed="chr3")
    assert wrong.view.region == Interval("chr2", 100, 200)
    assert "chr3" in wrong.problems[0]


def test_several_regions_are_side_by_side(choices: Choices, data: ViewData) -> None:
    typed = "chr2:1-5,000, chr1:100,001-101,000,chr1:7"
    view = happened(choices, ids.GO, "?region=chr1:1-200", typed=typed).view
    assert (view.region, view.beside) == (
        Interval("chr2", 0, 5_000), ("chr1:100001-101000", "chr1:1-200")
    )  # fmt: skip
    assert parse_view(view.query(), choices).view == view
    found = answered(data, view)
    assert found["loaded"]["region"] == "chr2:1-5,000, chr1:100,001-101,000, chr1:1-200"
    assert found["figure"]["layout"]["showlegend"] is False
    alone = happened(choices, ids.GO, view.query(), typed="chr2:1-5,000").view
    assert alone.beside == ()
    many = happened(choices, ids.GO, typed=",".join(f"chr1:{at}1-{at}99" for at in range(1, 6)))
    assert "5 regions are too many" in many.problems[0]
    wrong = happened(choices, ids.GO, "?region=chr1:1-200", typed="chr2:1-50, nowhere")
    assert wrong.view.region == Interval("chr1", 0, 200)
    assert "nowhere" in wrong.problems[0]


def test_controls_count_whatever_happened(choices: Choices) -> None:
    parsed = happened(
        choices, ids.MODE, "?region=chr2:101-200", mode="stack", markers=["K562_DNase"]
    )
    assert parsed.view.mode == "stack"
    assert parsed.view.markers == ("K562_DNase",)
    assert parsed.view.region == Interval("chr2", 100, 200)


def test_hostile_controls_are_dropped(choices: Choices) -> None:
    parsed = happened(
        choices, ids.MODE, markers=["../x", "K562_CTCF"], mode="<b>", models=[5, None]
    )
    assert parsed.view.markers == ("K562_CTCF",)
    assert parsed.view.mode == "overlay"
    assert parsed.view.models == ()


def test_a_row_of_the_table_leads_to_its_window(choices: Choices) -> None:
    chosen = {"region": "chr2:10,001-20,000"}
    parsed = happened(choices, ids.CHOSEN_WINDOW, chosen_window=chosen)
    assert parsed.view.region == Interval("chr2", 10_000, 20_000)
    none = happened(choices, ids.CHOSEN_WINDOW, chosen_window=None)
    assert none.view == default_view(choices)


def test_a_point_of_the_scores_leads_to_its_marker(choices: Choices) -> None:
    point = {"marker": "K562_DNase", "at": None, "more": False}
    found = happened(choices, ids.PICKED, "?region=chr1", picked=point).view
    assert (found.markers, len(found.region)) == (("K562_DNase",), 310_000)


def test_a_click_on_the_picture_of_all_markers_opens_the_tracks(choices: Choices) -> None:
    click = {"marker": "K562_DNase", "at": 200_000}
    there = happened(choices, ids.PICKED, "?region=chr1", picked=click).view
    assert there.markers == ("K562_DNase",)
    assert there.region == Interval("chr1", 175_000, 225_000)
    near = happened(choices, ids.PICKED, "?region=chr1:1-50000", picked=click | {"more": True}).view
    assert near.markers == ("K562_CTCF", "K562_DNase")
    assert near.region == Interval("chr1", 0, 50_000)
    other = happened(choices, ids.PICKED, picked={"marker": "/etc/passwd", "at": None})
    assert other.view == default_view(choices)


def test_what_the_picture_shows_by_itself_is_not_in_the_address(choices: Choices) -> None:
    assert happened(choices, ids.HEAT, heat_shown="cnn7").view.heat == ""
    assert happened(choices, ids.HEAT, heat_shown="=labels").view.heat == "=labels"


def test_a_row_s_event_is_checked_as_an_address_is(choices: Choices) -> None:
    def event(**fields: str) -> Parsed:
        return happened(choices, ids.ROW_EVENT, row_event=fields)

    assert event(row="K562_CTCF", act="height", value="120").view.looks == ("K562_CTCF~h120",)
    assert event(row="K562_CTCF", act="colour", value="#d55e00").view.looks[0].endswith("~cd55e00")
    for wrong in ({"act": "colour", "value": "red"}, {"act": "limits", "value": "1 to 0"}):
        found = event(row="K562_CTCF", **wrong)
        assert found.view == default_view(choices)
        assert found.problems


def test_a_and_b_name_the_models_they_stand_for(choices: Choices) -> None:
    shown = {ids.PAIR_A: "cnn7", ids.PAIR_B: "dilated"}
    values = values_of(default_view(choices)) | shown
    same = follow(Page("", ids.MODE, values), choices).view
    assert same.pair == ()
    fewer = follow(Page("", ids.MODELS, values | {ids.MODELS: ["dilated"]}), choices).view
    assert compared(fewer) == ("dilated",)
    turned = follow(Page("", ids.PAIR_A, values | {ids.PAIR_A: "dilated"}), choices).view
    assert compared(turned) == ("dilated", "cnn7")
    kept = follow(Page("?pair=dilated,cnn7", ids.MODE, values | {
        ids.PAIR_A: "dilated", ids.PAIR_B: "cnn7"}), choices).view  # fmt: skip
    assert kept.pair == ("dilated", "cnn7")


def test_held_out_windows_are_ranked_unless_there_are_none(choices: Choices) -> None:
    assert default_view(choices).split == "test"
    assert default_view(replace(choices, splits=())).split == "all"


def test_limits_are_typed_and_checked(choices: Choices) -> None:
    assert happened(choices, ids.LIMITS, limits="0 to 0.3").view.limits == "0:0.3"
    wrong = happened(choices, ids.LIMITS, "?limits=0:1", limits="much")
    assert wrong.view.limits == ""
    assert "expected two numbers" in wrong.problems[0]


def answered(
    data: ViewData, view: View, cause: str = ids.MOVED, loaded: dict[str, str] | None = None
) -> dict[str, Any]:
    page = Page("", cause, values_of(view))
    return answer(page, Parsed(view), data.scene(view), loaded or {}, data)


def test_the_first_answer_is_a_whole_figure_and_leaves_the_address(
    data: ViewData, choices: Choices
) -> None:
    found = answered(data, default_view(choices), cause="")
    assert isinstance(found["figure"], dict)
    assert found["query"] is no_update
    assert found["loaded"]["region"] == str(default_view(choices).region)
    assert found["style"]["height"].endswith("px")
    assert found["badge"].startswith("test")


def test_a_small_move_sends_no_curves(data: ViewData, choices: Choices) -> None:
    view = replace(default_view(choices), region=Interval("chr1", 100_000, 101_000))
    first = answered(data, view)
    moved = replace(view, region=Interval("chr1", 100_200, 101_200))
    found = answered(data, moved, loaded=first["loaded"])
    assert isinstance(found["figure"], Patch)
    sent = {tuple(op["location"]) for op in found["figure"].to_plotly_json()["operations"]}
    assert ("layout", "xaxis") in sent
    line = next(
        index for index, trace in enumerate(first["figure"]["data"]) if trace.get("name") == "CNN7"
    )
    assert ("data", line) not in sent
    assert found["loaded"]["tile"] == first["loaded"]["tile"]
    assert found["query"] == moved.query()

    far = replace(view, region=Interval("chr1", 200_000, 201_000))
    found = answered(data, far, loaded=first["loaded"])
    sent = {tuple(op["location"]) for op in found["figure"].to_plotly_json()["operations"]}
    assert ("data", line) in sent
    assert found["loaded"]["tile"] != first["loaded"]["tile"]


def test_the_theme_is_the_reader_s_and_not_the_link_s(data: ViewData, choices: Choices) -> None:
    view = default_view(choices)
    page = Page("", ids.SCREEN, values_of(view) | {ids.SCREEN: {"theme": "dark", "height": 900}})
    found = answer(page, Parsed(view), data.scene(view), answered(data, view)["loaded"], data)
    assert found["figure"]["layout"]["paper_bgcolor"] == THEMES["dark"].ground
    assert "theme" not in view.query()


def test_other_rows_are_a_new_figure(data: ViewData, choices: Choices) -> None:
    view = replace(default_view(choices), region=Interval("chr1", 100_000, 101_000))
    first = answered(data, view)
    found = answered(data, replace(view, mode="stack"), loaded=first["loaded"])
    assert isinstance(found["figure"], dict)


def test_another_pair_or_chromosome_sends_its_data(data: ViewData, choices: Choices) -> None:
    region = Interval("chr1", 20_000, 21_000)
    view = replace(default_view(choices), region=region, differences=("models",))
    loaded = answered(data, view)["loaded"]
    other = replace(view, region=Interval("chr2", 20_000, 21_000))
    operations = answered(data, other, loaded=loaded)["figure"].to_plotly_json()["operations"]
    assert any(op["location"][0] == "data" and "y" in op["params"]["value"] for op in operations)
    # the colours above and below 0 are those of the pair, so the figure is another one
    swapped = answered(data, replace(view, pair=("dilated", "cnn7")), loaded=loaded)
    assert isinstance(swapped["figure"], dict)


def test_only_controls_that_differ_are_set(data: ViewData, choices: Choices) -> None:
    view = default_view(choices)
    controls = answered(data, view)["controls"]
    assert {controls.pop(ids.PAIR_A), controls.pop(ids.PAIR_B)} == set(compared(view))
    assert set(map(repr, controls.values())) == {repr(no_update)}
    controls = answered(data, view, cause=ids.URL)["controls"]
    assert controls[ids.MARKERS] == ["K562_CTCF"]
    assert (controls[ids.PAIR_A], controls[ids.PAIR_B]) == ("cnn7", "dilated")


@pytest.mark.parametrize(
    "loaded", [{"tile": "x"}, {"shape": 5, "tile": "chr1:1-2/1"}, {"contents": "x"}]
)
def test_what_the_browser_says_it_has_is_checked(
    data: ViewData, choices: Choices, loaded: dict[str, Any]
) -> None:
    assert isinstance(answered(data, default_view(choices), loaded=loaded)["figure"], dict)
