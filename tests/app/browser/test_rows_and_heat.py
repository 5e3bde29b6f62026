"""Rows that are moved, changed and removed by hand, and the picture of all markers."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from dashboard import Dashboard
from playwright.sync_api import Route, expect
from regtrack_app import ids
from small_world import World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources

REGION = "chr1:100001-101000"
BOTH = "K562_CTCF,K562_DNase"


@pytest.fixture
def rows(page: Dashboard) -> Dashboard:
    page.visit(region=REGION, markers=BOTH, models="cnn7,dilated", panel="none")
    page.wait_title("K562_DNase")
    page.forget()
    return page


def menu(page: Dashboard, row: str) -> None:
    page.page.locator(f".row-button[data-row='{row}']").click()
    expect(page.page.locator(".row-menu")).to_be_visible()


def test_a_row_is_dragged_to_another_place(rows: Dashboard) -> None:
    first, second = (
        rows.page.locator(f".row-button[data-row='{name}']").bounding_box()
        for name in BOTH.split(",")
    )
    assert first is not None
    assert second is not None
    rows.page.mouse.move(second["x"] + 5, second["y"] + 5)
    rows.page.mouse.down()
    rows.page.mouse.move(first["x"] + 5, first["y"] - 5, steps=4)
    expect(rows.page.locator(".row-line")).to_be_visible()
    rows.page.mouse.up()
    rows.wait_field("markers", "K562_DNase,K562_CTCF")
    assert len(rows.moves()) == 1
    assert rows.region() == (100_001, 101_000)


def test_escape_leaves_a_dragged_row_where_it_was(rows: Dashboard) -> None:
    box = rows.page.locator(".row-button[data-row='K562_DNase']").bounding_box()
    assert box is not None
    rows.page.mouse.move(box["x"] + 5, box["y"] + 5)
    rows.page.mouse.down()
    rows.page.mouse.move(box["x"] + 5, box["y"] - 300, steps=4)
    line = rows.page.locator(".row-line")
    expect(line).to_be_visible()
    rows.page.keyboard.press("Escape")
    expect(line).to_have_count(0)
    rows.page.mouse.up()
    with rows.answered():  # of which the order would be part
        rows.page.keyboard.press("ArrowRight")
    assert rows.fields()["markers"] == BOTH


def test_the_menu_of_a_row(rows: Dashboard) -> None:
    menu(rows, "K562_CTCF")
    rows.page.fill(".row-menu input[type=text]", "0 to 0.5")
    rows.page.keyboard.press("Enter")
    rows.wait_field("looks", "K562_CTCF~l0:0.5")
    menu(rows, "K562_DNase")
    rows.page.click(".row-menu >> text=Remove")
    rows.wait_field("markers", "K562_CTCF")
    rows.page.click(".row-told button")
    rows.wait_field("markers", BOTH)
    rows.wait_title("K562_DNase")


def test_chosen_markers_are_listed_in_order(rows: Dashboard) -> None:
    chosen = rows.page.locator(f"#{ids.CHOSEN} li span")
    expect(chosen).to_have_text(BOTH.split(","))
    rows.page.get_by_label("Move up: K562_DNase").click()
    expect(chosen).to_have_text(["K562_DNase", "K562_CTCF"])


def test_the_picture_of_all_markers_names_what_is_under_the_pointer(page: Dashboard) -> None:
    page.visit(region="chr1:1-310000", markers="K562_CTCF", panel="heat", heat="dilated")
    canvas = page.page.locator(f"#{ids.HEAT_VIEW} canvas")
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    expect(page.page.locator(".heat-key")).to_contain_text("bars: PR AUC")
    page.page.mouse.move(0, 0)
    box = canvas.bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.75)
    note = page.page.locator(".heat-note")
    expect(note).to_contain_text("K562_DNase · DNase")
    expect(note).to_contain_text("DILATED: ")
    page.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.75)
    page.wait_field("markers", "K562_DNase")
    start, end = page.region()
    assert end - start == 49_999
    assert start < 155_000 < end


PICTURE = "regtrackHeat.picture()?.head"


def hovered(page: Dashboard, part: float) -> str:
    """What is said about a place of the picture, given as a part of its width."""
    canvas = page.page.locator(f"#{ids.HEAT_VIEW} canvas")
    canvas.scroll_into_view_if_needed()
    page.page.mouse.move(0, 0)
    box = canvas.bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] * 0.75)
    note = page.page.locator(".heat-note")
    expect(note).to_be_visible()
    return note.inner_text()


def width_of(said: str) -> int:
    """The width of the column that is named."""
    found = re.search(r":([\d,]+)-([\d,]+)", said)
    assert found is not None
    first, last = (int(end.replace(",", "")) for end in found.groups())
    return last - first + 1


def test_a_first_picture_is_painted_and_then_the_sharp_one(
    show: Callable[[Sources], Dashboard], world: World
) -> None:
    held: list[Route] = []
    page = show(open_sources([world.folder / "sweeps"], labels=world.folder / "data"))

    def hold(route: Route) -> None:
        if "first=yes" in route.request.url:
            route.continue_()
        else:
            held.append(route)

    def release(region: str) -> None:
        while not (mine := [one for one in held if region in one.request.url]):
            page.page.wait_for_timeout(20)
        mine[-1].continue_()

    page.page.route("**/heat/picture*", hold)
    page.load("?region=chr1:1001-309000&panel=heat&heat=dilated")
    page.page.wait_for_function(f"() => {PICTURE}?.step === 2048 && !{PICTURE}.sharp")
    first = hovered(page, 0.5)
    assert "DILATED: " in first
    assert width_of(first) == 2_048
    release("1001-309000")
    page.page.wait_for_function(f"() => {PICTURE}.sharp")
    assert width_of(hovered(page, 0.5)) == 512

    # what is asked for before the sharp picture is there takes its place
    page.visit(region="chr1:1001-270000", panel="heat", heat="cnn7")
    page.page.wait_for_function(f"() => {PICTURE}.query.includes('1001-270000')")
    page.visit(region="chr1:20001-290000", panel="heat", heat="cnn7")
    release("20001-290000")
    page.page.wait_for_function(f"() => {PICTURE}.sharp && {PICTURE}.start === 19968")
    turns = [
        int(parse_qs(urlsplit(one.url).query)["turn"][0])
        for one in page.requests
        if "/heat/picture" in one.url
    ]
    assert turns == sorted(turns)
    assert turns[-1] == 3
    page.page.unroute("**/heat/picture*")


def test_a_move_asks_for_the_picture_at_once(page: Dashboard) -> None:
    page.visit(region="chr1:100001-120000", markers="K562_CTCF", panel="heat", heat="dilated")
    page.page.wait_for_function(f"() => {PICTURE}.sharp")
    page.forget()
    with page.answered():
        page.page.keyboard.press("ArrowRight")
    page.wait_region("chr1:105001-125000")
    page.page.wait_for_function(f"() => {PICTURE}.query.includes('chr1:105001-125000')")
    pictures = [request.url for request in page.requests if "/heat/picture" in request.url]
    assert len(pictures) == 1
    assert "region=chr1:105001-125000" in pictures[0]
    assert len(page.moves()) == 1


def test_own_regions_are_kept_named_gone_to_and_saved(rows: Dashboard) -> None:
    own = rows.page.locator(f"#{ids.OWN}")
    own.locator("summary").click()
    own.get_by_text("Add this region").click()
    own.get_by_label(f"Name of {REGION}").fill("mine")
    rows.page.keyboard.press("Enter")
    rows.visit(region="chr2:5001-6000", panel="none")
    own.get_by_text("Add this region").click()
    own.get_by_text("Add this region").click()
    expect(own.locator("li")).to_have_count(2)
    with rows.page.expect_download() as download:
        own.get_by_text("Download BED").click()
    saved = download.value.path().read_text()
    assert saved == "chr1\t100000\t101000\tmine\nchr2\t5000\t6000\t.\n"
    own.get_by_text(REGION).click()
    rows.wait_region(REGION)
    own.get_by_label("Remove mine").click()
    own.get_by_label("Remove chr2:5001-6000").click()
    expect(own.locator("li")).to_have_count(0)
    own.locator("summary").click()


def test_regions_side_by_side(rows: Dashboard) -> None:
    rows.page.fill(f"#{ids.REGION}", f"{REGION}, chr2:5,001-6,000")
    rows.page.keyboard.press("Enter")
    rows.wait_field("beside", "chr2:5001-6000")
    pane = rows.page.locator(f"#{ids.BESIDE} .js-plotly-plot")
    expect(pane.locator(".xtick")).not_to_have_count(0)
    rows.visit(region=REGION, markers=BOTH, panel="none")
    expect(rows.page.locator(f"#{ids.BESIDE}")).to_be_hidden()
