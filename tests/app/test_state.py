"""A view is its address: round trips, hostile addresses, and moving about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from regtrack_app.choices import Choices
from regtrack_app.regions import SHORTEST, region_text
from regtrack_app.state import (
    AXES,
    DIFFERENCES,
    DRAWS,
    FLOORS,
    MODES,
    MOST_MARKERS,
    ORDERS,
    PANELS,
    RANKINGS,
    SCALES,
    SPLITS,
    View,
    compared,
    default_view,
    parse_view,
)

from regtrack.errors import RegionError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval

GENES = {"ISG15": Interval("chr1", 5_000, 6_000), "EDGE": Interval("chr1", 0, 900)}
MARKERS = tuple(f"M{number}" for number in range(20))


def find_gene(name: str) -> Interval:
    if name not in GENES:
        raise RegionError(f'there is no gene "{name}".')
    return GENES[name]


CHOICES = Choices(
    Assembly(("chr1", "chr2"), (100_000, 1_000)), MARKERS, ("a", "b", "c"), ("t1", "t2"), find_gene
)


def several(values: tuple[str, ...], most: int = 20) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=most).map(tuple)


regions = st.tuples(
    st.integers(0, 100_000 - SHORTEST), st.integers(SHORTEST, 100_000)
).map(lambda at: Interval("chr1", at[0], min(at[0] + at[1], 100_000)))  # fmt: skip
views = st.builds(
    View,
    region=regions,
    markers=several(MARKERS, MOST_MARKERS),
    models=several(CHOICES.models),
    tracks=several(CHOICES.tracks),
    pair=several(CHOICES.models, 2),
    mode=st.sampled_from(MODES),
    differences=several(DIFFERENCES),
    scale=st.sampled_from(SCALES),
    limits=st.sampled_from(["", "0:0.3", "-1:2.5"]),
    floor=st.sampled_from(FLOORS),
    axis=st.sampled_from(AXES),
    draw=st.sampled_from(DRAWS),
    panel=st.sampled_from(PANELS),
    rank=st.sampled_from(RANKINGS),
    split=st.sampled_from(SPLITS),
    heat=st.sampled_from(["", "=labels", "=difference", "a", "c"]),
    order=st.sampled_from(ORDERS),
    saliency=st.booleans(),
)


@given(views)
def test_an_address_gives_back_its_view(view: View) -> None:
    parsed = parse_view(view.query(), CHOICES)
    assert parsed.view == view
    assert parsed.problems == ()


@given(st.text(max_size=200))
def test_any_address_gives_a_view(query: str) -> None:
    parsed = parse_view(query, CHOICES)
    assert parsed.view.region.end <= CHOICES.assembly.length(parsed.view.region.chrom)


@given(st.dictionaries(st.sampled_from(["region", "markers", "scale", "pair", "split"]), st.text()))
def test_any_value_gives_a_view_of_what_is_there(fields: dict[str, str]) -> None:
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    view = parse_view(query, CHOICES).view
    assert set(view.markers) <= set(MARKERS)
    assert view.scale in SCALES


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("region=chr1:200,000-200,010", "chr1, whose bases are 1 to 100,000"),
        ("region=chr1:90,000-200,000", "chr1 ends at 100,000; the region is shown up to there"),
        ("region=chr1:500-100", "starts after its end"),
        ("region=chr9:1-2", "chr9"),
        ("region=ISG51", "the assembly has chr1, chr2"),
        ("region=", "no region"),
        ("markers=M1,../../etc/passwd", 'There is no marker "../../etc/passwd"'),
        ("models=<script>", 'There is no model "<script>"'),
        ("scale=Category", 'Did you mean "category"?'),
        ("heat=labls", 'Did you mean "=labels"?'),
        ("limits=1:0", "expected two numbers, the lower first"),
        ("limits=nan:1", "expected two numbers, the lower first"),
        ("region=" + "x" * 100, "too long"),
        ("region=%00%01", "��"),
        ("markers=" + ",".join(MARKERS), "12 of 20 markers are shown, which is the maximum"),
        ("x" * 5_000, "5,000 characters"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(query: str, message: str) -> None:
    parsed = parse_view(query, CHOICES)
    assert len(parsed.problems) == 1
    assert message in parsed.problems[0]
    assert "\n" not in parsed.problems[0]


def test_a_region_past_the_end_is_shown_up_to_there() -> None:
    parsed = parse_view("region=chr1:90,000-200,000", CHOICES)
    assert parsed.view.region == Interval("chr1", 89_999, 100_000)


def test_what_is_right_of_a_wrong_address_is_kept() -> None:
    parsed = parse_view("?region=chr2:11-110&markers=M3,M99&axis=purple", CHOICES)
    assert parsed.view.region == Interval("chr2", 10, 110)
    assert parsed.view.markers == ("M3",)
    assert len(parsed.problems) == 2


def test_many_problems_are_not_all_told() -> None:
    parsed = parse_view("markers=x,y,z&models=x,y,z", CHOICES)
    assert len(parsed.problems) == 4
    assert parsed.problems[-1] == "And 3 more parts of the address are unknown."


def test_the_address_is_short() -> None:
    view = default_view(CHOICES)
    assert view.query() == f"?region={region_text(view.region)}&markers=M0&models=a,b,c&split=all"


def test_without_models_the_other_tracks_are_shown() -> None:
    choices = Choices(CHOICES.assembly, (), (), ("t1", "t2"))
    view = default_view(choices)
    assert view.tracks == ("t1", "t2")
    none = replace(view, tracks=())
    assert parse_view(none.query(), choices).view == none


def test_windows_of_one_model_are_ranked_by_score() -> None:
    choices = Choices(CHOICES.assembly, MARKERS, ("a",))
    view = default_view(choices)
    assert view.rank == "score"
    assert default_view(CHOICES).rank == "disagreement"
    for rank in RANKINGS:
        other = replace(view, rank=rank)
        assert parse_view(other.query(), choices).view == other


def test_models_are_compared_as_chosen_or_as_drawn() -> None:
    view = default_view(CHOICES)
    assert compared(view) == ("a", "b")
    assert compared(View(view.region, (), ("a", "b", "c"), pair=("c",))) == ("c", "a")
    assert compared(View(view.region, (), ("a",), pair=("c", "b"))) == ("c", "b")
    assert compared(View(view.region, (), ())) == ()


def test_a_view_opens_where_its_marker_does_unless_the_address_names_a_region() -> None:
    places = {name: Interval("chr1", 100 * at, 100 * at + 50) for at, name in enumerate(MARKERS)}
    choices = replace(CHOICES, opening=lambda marker: places[marker or "M19"])
    assert default_view(choices).region == parse_view("", choices).view.region == places["M0"]
    assert parse_view("?markers=M3,M4", choices).view.region == places["M3"]
    assert parse_view("?markers=", choices).view.region == places["M19"]
    assert parse_view("?region=chr1:1-1000", choices).view.region == Interval("chr1", 0, 1_000)
