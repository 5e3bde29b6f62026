"""Moving about: keys, wheel, drag, buttons, region box, genes, back and forth."""

from __future__ import annotations

import pytest
from dashboard import Dashboard
from playwright.sync_api import expect
from regtrack_app import ids

START = "chr1:100001-120000"

# answers with a view come, but the page gets them only on release
_HOLD = """() => {
    const send = window.fetch;
    window.held = [];
    window.fetch = async (...asked) => {
        const answer = await send(...asked);
        const outputs = String(asked[1]?.body).split('"inputs"')[0];
        if (!outputs.includes('view-graph.figure')) return answer;
        await new Promise(go => window.held.push(go));
        return answer;
    };
    window.release = () => { window.fetch = send; window.held.forEach(go => go()); };
}"""


@pytest.fixture
def at_start(page: Dashboard) -> Dashboard:
    page.visit(region=START, panel="none")
    page.page.locator("#tracks").focus()
    page.forget()
    return page


@pytest.mark.parametrize(
    ("key", "region"),
    [
        ("ArrowRight", "chr1:105001-125000"),
        ("ArrowLeft", "chr1:95001-115000"),
        ("Shift+ArrowRight", "chr1:120001-140000"),
        ("Shift+ArrowLeft", "chr1:80001-100000"),
        ("+", "chr1:105001-115000"),
        ("ArrowUp", "chr1:105001-115000"),
        ("-", "chr1:90001-130000"),
        ("ArrowDown", "chr1:90001-130000"),
    ],
)
def test_keys_move_with_one_request_each(at_start: Dashboard, key: str, region: str) -> None:
    at_start.page.keyboard.press(key)
    at_start.wait_region(region)
    assert len(at_start.updates()) == len(at_start.moves()) == 1


@pytest.mark.parametrize(
    ("end", "keys"), [(120_002, "+++---"), (120_001, "--++"), (120_003, "+-"), (100_030, "+-")]
)
def test_zooming_back_gives_the_region_back(page: Dashboard, end: int, keys: str) -> None:
    start = f"chr1:100001-{end}"
    page.visit(region=start, panel="none")
    page.page.locator("#tracks").focus()
    regions = [page.fields()["region"]]
    for key in keys:
        page.page.keyboard.press(key)
        page.page.wait_for_function(
            "region => !location.search.includes(region)", arg=f"region={regions[-1]}&"
        )
        regions.append(page.fields()["region"])
    assert regions == regions[::-1]
    page.wait_region(start)


def test_panning_back_gives_the_region_back(page: Dashboard) -> None:
    start = "chr1:100001-120002"
    page.visit(region=start, panel="none")
    page.page.locator("#tracks").focus()
    page.page.keyboard.press("ArrowLeft")
    page.page.wait_for_function("region => !location.search.includes(region)", arg=f"{start}&")
    page.page.keyboard.press("ArrowRight")
    page.wait_region(start)


def test_keys_pressed_in_haste_are_all_followed(at_start: Dashboard) -> None:
    for _ in range(8):
        at_start.page.keyboard.press("ArrowRight")
    at_start.wait_region("chr1:140001-160000")


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("left", "chr1:95001-115000"),
        ("right-far", "chr1:120001-140000"),
        ("in", "chr1:105001-115000"),
        ("out", "chr1:90001-130000"),
    ],
)
def test_buttons_move_with_one_request_each(at_start: Dashboard, name: str, region: str) -> None:
    at_start.page.click(f"#{ids.MOVES[name]}")
    at_start.wait_region(region)
    assert len(at_start.updates()) == 1


def test_dragging_pans_with_one_request(at_start: Dashboard) -> None:
    box = at_start.page.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = at_start.page.mouse
    mouse.move(x, y)
    mouse.down()
    for step in range(1, 6):
        mouse.move(x - step * box["width"] / 20, y)
    mouse.up()
    at_start.page.wait_for_function("region => !location.search.includes(region)", arg=START)
    start, end = at_start.region()
    assert end - start + 1 == 20_000
    # a quarter of the width, to a few pixels
    assert start == pytest.approx(105_001, abs=100)
    at_start.wait_region(f"chr1:{start}-{end}")
    assert len(at_start.updates()) == 1


@pytest.fixture
def place(at_start: Dashboard) -> tuple[float, float]:
    """A place of the screen, a quarter of the view from its left, with the pointer there."""
    box = at_start.page.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2
    at_start.page.mouse.move(x, y)
    return x, y


def test_the_wheel_with_control_zooms_at_the_pointer_with_one_request(
    at_start: Dashboard, place: tuple[float, float]
) -> None:
    at_start.page.keyboard.down("Control")
    at_start.page.mouse.wheel(0, -240)
    at_start.page.keyboard.up("Control")
    at_start.page.wait_for_function("region => !location.search.includes(region)", arg=START)
    start, end = at_start.region()
    at_start.wait_region(f"chr1:{start}-{end}")
    span = end - start + 1
    assert 10_000 < span < 15_000
    assert start + span / 4 == pytest.approx(105_001, abs=200)  # what is under the pointer stays
    assert len(at_start.updates()) == 1


def test_the_wheel_alone_scrolls_the_page_and_sideways_pans(
    at_start: Dashboard, place: tuple[float, float]
) -> None:
    at_start.resize(1500, 300)
    at_start.forget()
    at_start.page.mouse.wheel(0, 120)
    at_start.page.wait_for_function("() => scrollY > 0")
    ruler, bar = at_start.page.locator(f"#{ids.RULER}"), at_start.page.locator(".bar")
    above, at = bar.bounding_box(), ruler.bounding_box()
    assert above is not None
    assert at is not None
    assert at["y"] == pytest.approx(above["y"] + above["height"], abs=8)  # the axis stays in sight
    assert at_start.updates() == []
    at_start.page.mouse.wheel(150, 0)
    at_start.page.wait_for_function("region => !location.search.includes(region)", arg=START)
    start, end = at_start.region()
    assert (start > 100_001, end - start + 1) == (True, 20_000)
    at_start.wait_region(f"chr1:{start}-{end}")
    at_start.resize(1500, 900)


def test_a_double_click_zooms_in_and_a_marked_stretch_is_zoomed_into(
    at_start: Dashboard, place: tuple[float, float]
) -> None:
    mouse, (x, y) = at_start.page.mouse, place
    mouse.dblclick(x, y)
    at_start.page.wait_for_function("region => !location.search.includes(region)", arg=START)
    start, end = at_start.region()
    at_start.wait_region(f"chr1:{start}-{end}")
    assert end - start + 1 == 10_000
    assert start == pytest.approx(102_501, abs=50)
    assert len(at_start.updates()) == 1
    box = at_start.page.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    at_start.page.keyboard.down("Shift")
    mouse.down()
    mouse.move(x + box["width"] / 4, y, steps=3)
    assert at_start.page.locator(f"#{ids.MARKED}").is_visible()
    mouse.up()
    at_start.page.keyboard.up("Shift")
    at_start.page.wait_for_function("span => !location.search.includes(span)", arg=f"-{end}")
    first, last = at_start.region()
    at_start.wait_region(f"chr1:{first}-{last}")
    assert first == pytest.approx(start + 2_500, abs=50)
    assert last - first + 1 == pytest.approx(2_500, abs=50)
    assert not at_start.page.locator(f"#{ids.MARKED}").is_visible()


_CURVE = """() => {
    const size = path => path.getAttribute('d').length;
    const path = [...document.querySelectorAll('#view-graph .js-line')]
        .reduce((one, other) => (size(other) > size(one) ? other : one));
    const graph = document.querySelector('#view-graph .js-plotly-plot');
    const width = graph._fullLayout.xaxis._length;
    const points = path.getAttribute('d').split(/[MLZ]/).slice(1)
        .map(point => point.split(',').map(Number));
    const moved = new DOMMatrix(getComputedStyle(path.closest('.mlayer')).transform).e;
    return points.map(([x, y]) => [x + moved, y]).filter(([x]) => x > 5 && x < width - 5);
}"""


def test_a_drag_shows_at_once_what_is_drawn_when_it_ends(
    at_start: Dashboard, place: tuple[float, float]
) -> None:
    mouse, (x, y) = at_start.page.mouse, place
    mouse.down()
    mouse.move(x + 350, y, steps=3)
    mouse.move(x + 300, y)
    dragged = at_start.page.evaluate(_CURVE)
    assert at_start.updates() == []
    assert at_start.fields()["region"] == START
    mouse.up()
    at_start.page.wait_for_function("region => !location.search.includes(region)", arg=START)
    start, end = at_start.region()
    at_start.wait_region(f"chr1:{start}-{end}")
    drawn = at_start.page.evaluate(_CURVE)
    assert len(drawn) > 500
    assert len(dragged) == pytest.approx(len(drawn), abs=3)
    # to a base's width, since the axis ends at whole bases
    for place_before, place_after in zip(dragged[:400:40], drawn[:400:40], strict=True):
        assert place_before == pytest.approx(place_after, abs=1)


@pytest.mark.parametrize("clicked", [f"#{ids.SCALE} label", f"#{ids.PANEL} label:last-child"])
def test_arrows_move_the_view_after_a_click_on_a_choice(at_start: Dashboard, clicked: str) -> None:
    at_start.page.locator(clicked).last.click()
    at_start.page.keyboard.press("ArrowRight")
    at_start.wait_region("chr1:105001-125000")
    assert at_start.fields().get("panel") == "none"


def test_arrows_choose_in_a_group_that_was_reached_by_tab(at_start: Dashboard) -> None:
    at_start.page.locator(f"#{ids.PANEL} input[value=none]").focus()
    at_start.page.keyboard.press("Shift+Tab")
    at_start.page.keyboard.press("Tab")
    at_start.page.keyboard.press("ArrowLeft")
    at_start.page.wait_for_function("() => !location.search.includes('panel=none')")
    assert at_start.fields()["region"] == START


def test_panning_ends_where_the_chromosome_does(page: Dashboard) -> None:
    page.visit(region="chr1:1001-21000", panel="none")
    page.page.locator("#tracks").focus()
    page.page.keyboard.press("ArrowLeft")
    page.wait_region("chr1:1-20000")
    page.forget()
    page.page.keyboard.press("ArrowLeft")
    page.page.keyboard.press("ArrowRight")
    page.wait_region("chr1:5001-25000")
    assert len(page.updates()) == 1  # at the end there was nothing to ask


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("chr1:50,001-75,000", "chr1:50001-75000"),
        ("chr2", "chr2:1-130013"),
        ("2:1001-2000", "chr2:1001-2000"),
        ("nol9", "chr1:501-2500"),
    ],
)
def test_the_region_box_leads_to_regions_and_genes(
    at_start: Dashboard, typed: str, region: str
) -> None:
    at_start.page.fill(f"#{ids.REGION}", typed)
    at_start.page.press(f"#{ids.REGION}", "Enter")
    at_start.wait_region(region)
    assert len(at_start.moves()) == 1
    expect(at_start.page.locator(f"#{ids.PROBLEMS}")).to_be_empty()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("chr9:1-100", "chr9"),
        ("chr1:900,000-950,000", "310,000"),
        ("NOL8", 'Did you mean "NOL9"'),
        ("chr1:ten-twenty", "chr1:ten-twenty"),
        ("<img src=x onerror=alert(1)>", "<img src=x"),
        ("", "no region given"),
    ],
)
def test_a_wrong_region_says_why_and_the_view_stays(
    at_start: Dashboard, typed: str, says: str
) -> None:
    at_start.page.fill(f"#{ids.REGION}", typed)
    at_start.page.click(f"#{ids.GO}")
    expect(at_start.page.locator(f"#{ids.PROBLEMS}")).to_contain_text(says)
    expect(at_start.page.locator(f"#{ids.REGION}")).to_have_value(typed)  # to be corrected
    assert at_start.fields()["region"] == START
    at_start.page.press(f"#{ids.REGION}", "Escape")
    at_start.wait_region(START)


def test_a_region_that_ends_past_the_chromosome_is_clipped_with_a_note(
    at_start: Dashboard,
) -> None:
    at_start.page.fill(f"#{ids.REGION}", "chr1:300,001-400,000")
    at_start.page.click(f"#{ids.GO}")
    expect(at_start.page.locator(f"#{ids.PROBLEMS}")).to_contain_text("310,000")
    at_start.wait_region("chr1:300001-310000")


def test_what_is_being_typed_stays_while_the_view_changes(at_start: Dashboard) -> None:
    box = at_start.page.locator(f"#{ids.REGION}")
    at_start.page.evaluate(_HOLD)
    at_start.page.keyboard.press("ArrowRight")
    at_start.page.wait_for_function("() => held.length === 1")
    box.fill("chr2:50")
    at_start.page.evaluate("() => release()")
    at_start.wait_field("region", "chr1:105001-125000")
    expect(box).to_have_value("chr2:50")
    expect(box).to_be_focused()
    at_start.page.click(f"#{ids.MODELS} label >> nth=0")  # another answer
    at_start.page.wait_for_function("() => !location.search.includes('cnn7')")
    expect(box).to_have_value("chr2:50")
    box.fill("nonsense")
    box.press("Enter")
    expect(at_start.page.locator(f"#{ids.PROBLEMS}")).to_contain_text("nonsense")
    expect(box).to_have_value("nonsense")
    box.press("Escape")
    expect(box).to_have_value("chr1:105,001-125,000")
    with at_start.answered():
        at_start.page.click(f"#{ids.MODELS} label >> nth=0")


def test_genes_are_offered_while_typing(at_start: Dashboard) -> None:
    at_start.page.fill(f"#{ids.REGION}", "")
    at_start.page.locator(f"#{ids.REGION}").press_sequentially("no")
    option = at_start.page.locator(f"#{ids.REGION_NAMES} option")
    expect(option).to_have_attribute("value", "NOL9")
    assert at_start.moves() == []  # typing moves nothing, and letters are no keys there


def test_back_and_forward_undo_and_redo(at_start: Dashboard) -> None:
    at_start.page.keyboard.press("ArrowRight")
    at_start.wait_region("chr1:105001-125000")
    at_start.page.keyboard.press("+")
    at_start.wait_region("chr1:110001-120000")
    at_start.page.go_back()
    at_start.wait_region("chr1:105001-125000")
    at_start.page.go_back()
    at_start.wait_region(START)
    at_start.page.go_forward()
    at_start.wait_region("chr1:105001-125000")


def test_keys_reach_the_boxes_and_the_help(at_start: Dashboard) -> None:
    at_start.page.keyboard.press("g")
    expect(at_start.page.locator(f"#{ids.REGION}")).to_be_focused()
    at_start.page.locator("#tracks").focus()
    at_start.page.keyboard.press("?")
    expect(at_start.page.locator(f"#{ids.HELP}")).to_be_visible()
    at_start.page.keyboard.press("Escape")
    expect(at_start.page.locator(f"#{ids.HELP}")).to_be_hidden()
    at_start.page.keyboard.press("d")
    expect(at_start.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert "theme" not in at_start.fields()
    at_start.page.keyboard.press("m")
    expect(at_start.page.locator(".dash-dropdown-search")).to_be_focused()
    at_start.page.keyboard.press("Escape")


def test_the_letters_of_the_sequence_are_drawn_when_zoomed_in(page: Dashboard) -> None:
    page.visit(region="chr1:100001-100100", panel="none")
    drawn: str = page.page.evaluate(
        "() => document.querySelector('#view-graph .js-plotly-plot').data"
        ".find(trace => trace.meta === 'letters').text.join('')"
    )
    assert set(drawn) <= set("ACGTN")
    assert len(drawn) >= 100


def test_the_back_button_leads_on_though_an_earlier_answer_has_its_own_address(
    page: Dashboard,
) -> None:
    page.visit(region=START, panel="none")
    page.page.evaluate(
        """([there, url]) => {
            const earlier = location.search;
            history.pushState(null, '', there);
            dispatchEvent(new PopStateEvent('popstate'));
            dash_clientside.set_props(url, { search: earlier });
        }""",
        ["?region=chr1:150001-170000&panel=none", ids.URL],
    )
    page.wait_region("chr1:150001-170000")


_SHIFTED = """() => [...document.querySelectorAll('#view-graph .cartesianlayer .mlayer')]
    .some(layer => layer.style.transform)"""


@pytest.mark.parametrize(
    ("act", "region"),
    [
        ("#theme-toggle", "chr1:105001-125000"),
        ("#mark", "chr1:105001-125000"),
        (f"#{ids.MODELS} label >> nth=0", "chr1:105001-125000"),
        ("#strip > div", "chr1:145001-165000"),
        ("back", "chr1:100001-110000"),
    ],
)
def test_a_move_and_what_follows_before_its_answer_are_both_done(
    page: Dashboard, act: str, region: str
) -> None:
    page.visit(region="chr1:100001-110000", panel="none")
    page.visit(region=START, panel="none")
    page.page.locator("#tracks").focus()
    page.page.evaluate(_HOLD)
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function("() => held.length === 1")
    if act == "back":
        page.page.go_back()
    else:
        page.page.click(act)
    page.page.wait_for_function("() => held.length === 2")
    page.page.evaluate("() => release()")
    page.wait_region(region)
    page.page.wait_for_function(f"() => !({_SHIFTED})()")
    if act.startswith(f"#{ids.MODELS}") or act == "#theme-toggle":
        page.page.click(act)
