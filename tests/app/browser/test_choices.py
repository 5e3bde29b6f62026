"""What is shown: markers, models, other tracks, modes, scales, differences, theme, and links."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from dashboard import Dashboard
from playwright.sync_api import Page, expect
from regtrack_app import ids
from small_world import GAP, World

REGION = "chr1:100001-101000"  # up to a bin a base, so that what is drawn is what is in the file
PLACE = slice(100_000, 101_000)


@pytest.fixture
def at_start(page: Dashboard) -> Dashboard:
    page.visit(region=REGION, markers="K562_CTCF", models="cnn7,dilated", panel="none")
    page.forget()
    return page


def tick(page: Dashboard, group: str, value: str) -> None:
    """Click a check box or radio button by its value."""
    page.page.locator(f"#{group} label", has=page.page.locator(f"input[value='{value}']")).click()


def on_screen(page: Dashboard, number: int) -> np.ndarray:
    """The drawn values of a curve from the first base on screen to the last."""
    start, end = page.region()
    first, step = page.page.evaluate(
        "number => { const t = document.querySelector('#view-graph .js-plotly-plot')._fullData"
        ".filter(t => t.hovertemplate)[number]; return [t.x0, t.dx]; }",
        number,
    )
    assert step == 1
    values = page.values()[number]
    kept = values[int(start - first) : int(end - first) + 1]
    return np.array([np.nan if value is None else value for value in kept], dtype=np.float32)


def test_what_is_drawn_is_what_the_files_hold(at_start: Dashboard, world: World) -> None:
    for number, model in enumerate(("cnn7", "dilated")):
        expected = world.scores[model]["K562_CTCF"]["chr1"][PLACE]
        np.testing.assert_array_equal(on_screen(at_start, number), expected)
    expect(at_start.page.locator(f"#{ids.NOTES}")).to_contain_text("Exact")


def test_a_wide_view_says_that_it_is_a_summary(page: Dashboard) -> None:
    page.visit(region="chr1:1-310000", panel="none")
    expect(page.page.locator(f"#{ids.NOTES}")).to_contain_text("Zoom summary")
    assert max(len(values) for values in page.values()) <= 1_500


def test_absent_stretches_are_hatched_and_have_no_value(page: Dashboard) -> None:
    page.visit(region=f"chr1:{GAP.stop - 299}-{GAP.stop + 200}", panel="none")
    hatched = page.page.evaluate(
        "() => document.querySelector('#view-graph .js-plotly-plot')._fullData"
        ".filter(t => t.name === 'no value').map(t => t.x[2])"
    )
    assert hatched == [GAP.stop + 0.5]
    values = on_screen(page, 0)
    assert np.isnan(values[:300]).all()
    assert not np.isnan(values[300:]).any()


def test_models_are_toggled(at_start: Dashboard) -> None:
    assert len(at_start.values()) == 2
    tick(at_start, ids.MODELS, "cnn7")
    at_start.wait_field("models", "dilated")
    assert len(at_start.values()) == 1
    assert len(at_start.updates()) == 1
    tick(at_start, ids.MODELS, "cnn7")
    at_start.wait_field("models", "dilated,cnn7")


def test_modes_and_differences(at_start: Dashboard) -> None:
    tick(at_start, ids.MODE, "stack")
    at_start.wait_title("DILATED")
    assert at_start.titles() == ["K562_CTCF", "CNN7", "DILATED", "Genes"]
    tick(at_start, ids.DIFFERENCES, "models")
    at_start.wait_title("CNN7 − DILATED")
    tick(at_start, ids.DIFFERENCES, "labels")
    at_start.wait_title("DILATED − labels")
    at_start.wait_field("differences", "models,labels")
    tick(at_start, ids.MODE, "overlay")
    at_start.wait_field("mode", None)
    assert len(at_start.updates()) == 4


def test_scales(at_start: Dashboard) -> None:
    def top() -> float:
        found: float = at_start.page.evaluate(
            "() => document.querySelector('#view-graph .js-plotly-plot').layout.yaxis3.range[1]"
        )
        return found

    tick(at_start, ids.SCALE, "limits")
    at_start.wait_field("scale", "limits")
    assert top() == 1
    at_start.page.fill(f"#{ids.LIMITS}", "0 to 0.3")
    at_start.page.keyboard.press("Enter")
    at_start.wait_field("limits", "0:0.3")
    assert top() == 0.3
    tick(at_start, ids.SCALE, "own")
    at_start.wait_field("scale", "own")
    assert top() >= max(map(max, at_start.values()))
    assert len(at_start.updates()) == 3


def test_a_wide_view_draws_maxima_and_rows_grow_with_the_window(page: Dashboard) -> None:
    page.visit(
        region="chr1:1-310000", markers="K562_CTCF,K562_DNase", models="cnn7,dilated",
        mode="stack", panel="none",
    )  # fmt: skip
    expect(page.page.locator(f"#{ids.NOTES}")).to_contain_text("the maximum over")
    low = page.page.locator("#view-graph").bounding_box()
    page.resize(1500, 1300)
    page.page.wait_for_function(
        "height => document.querySelector('#view-graph').clientHeight > height + 100",
        arg=low["height"] if low else 0,
    )
    assert len(page.moves()) == 2
    page.resize(1500, 900)


def test_markers_are_found_by_any_word_and_chosen(at_start: Dashboard) -> None:
    at_start.page.click(f"#{ids.MARKERS}")
    at_start.page.fill(".dash-dropdown-search", "dnase")
    options = at_start.page.locator(".dash-dropdown-option")
    expect(options).to_have_count(1)
    options.click()
    at_start.page.keyboard.press("Escape")
    at_start.wait_field("markers", "K562_CTCF,K562_DNase")
    at_start.wait_title("K562_DNase")
    assert len(at_start.moves()) == 1


def test_all_markers_are_chosen_where_no_model_predicts_them(page: Dashboard) -> None:
    page.visit(region=REGION, markers="K562_CTCF", models="", panel="none")
    page.wait_title("none of the chosen models")
    page.page.click(f"#{ids.MARKERS}")
    page.page.get_by_role("button", name="Select All", exact=True).click()
    page.page.keyboard.press("Escape")
    page.wait_field("markers", "K562_CTCF,K562_DNase")
    page.wait_title("K562_DNase")
    assert len(page.moves()) == 2  # and, as after every test, the console is silent


def test_markers_are_narrowed_without_a_request(at_start: Dashboard) -> None:
    at_start.page.click("details.narrow summary")
    at_start.page.click(f"#{ids.FILTERS['category']}")
    at_start.page.locator(".dash-dropdown-option", has_text="DNase").click()
    at_start.page.keyboard.press("Escape")
    at_start.page.click(f"#{ids.MARKERS}")
    # the one that is chosen stays in the list
    expect(at_start.page.locator(".dash-dropdown-option")).to_have_text(["K562_CTCF", "K562_DNase"])
    at_start.page.keyboard.press("Escape")
    assert at_start.updates() == []


def test_other_tracks_are_searched_and_shown(at_start: Dashboard) -> None:
    at_start.page.click(f"#{ids.TRACKS}")
    at_start.page.fill(".dash-dropdown-search", "signal")
    at_start.page.locator(".dash-dropdown-option").click()
    at_start.page.keyboard.press("Escape")
    at_start.wait_title("signal")
    np.testing.assert_array_equal(on_screen(at_start, 2), np.arange(100_000, 101_000))


def test_the_badge_says_whose_windows_these_are(page: Dashboard) -> None:
    badge = page.page.locator(f"#{ids.BADGE}")
    page.visit(region="chr2:1001-2000", panel="none")
    expect(badge).to_have_class("badge test")
    page.visit(region=REGION, panel="none")
    expect(badge).to_have_class("badge train")
    expect(badge).to_contain_text("were trained here")


def test_the_view_is_told_in_words(at_start: Dashboard) -> None:
    summary = at_start.page.locator(f"#{ids.SUMMARY}")
    expect(summary).to_contain_text("chr1:100,001-101,000")
    expect(summary).to_contain_text("K562_CTCF")


def test_a_deep_link_opens_what_it_says(page: Dashboard) -> None:
    page.load(
        "?region=chr2:5001-6000&markers=K562_DNase&models=dilated&mode=stack&scale=limits"
        "&differences=labels&theme=dark&panel=windows&split=test"
    )
    page.wait_region("chr2:5001-6000")
    assert page.titles()[:3] == ["K562_DNase", "DILATED", "DILATED − labels"]
    expect(page.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.page.locator(f"#{ids.PANELS['windows']}")).to_be_visible()
    for group, value in (
        (ids.MODE, "stack"),
        (ids.SCALE, "limits"),
        (ids.WINDOWS_SPLIT, "test"),
    ):
        expect(page.page.locator(f"#{group} input[value='{value}']")).to_be_checked()
    expect(page.page.locator(f"#{ids.MODELS} input[value='cnn7']")).not_to_be_checked()


@pytest.fixture
def dark_system(tab: Page) -> Iterator[None]:
    tab.emulate_media(color_scheme="dark")
    yield
    tab.emulate_media(color_scheme="light")


def test_the_system_s_dark_theme_is_followed(dark_system: None, page: Dashboard) -> None:
    page.forget_choices()
    page.load("?panel=none")
    expect(page.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert "theme" not in page.fields()
