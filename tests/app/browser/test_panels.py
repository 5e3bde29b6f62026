"""What opens below the tracks: measures, ranked windows, scores; and what is taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from dashboard import Dashboard
from playwright.sync_api import Locator, expect
from regtrack_app import ids
from sklearn.metrics import average_precision_score, roc_auc_score
from small_world import World

REGION = "chr1:100001-101000"


@pytest.fixture
def at_start(page: Dashboard) -> Dashboard:
    page.visit(region=REGION, markers="K562_CTCF", models="cnn7,dilated", panel="none")
    page.forget()
    return page


@pytest.fixture
def windows(at_start: Dashboard) -> Iterator[Dashboard]:
    """The page with the table of windows, filled."""
    open_panel(at_start, "windows")
    at_start.page.locator(f"#{ids.PANELS['windows']}").wait_for()
    expect(cell(at_start, 0, "region")).to_contain_text(":")
    at_start.forget()
    yield at_start
    open_panel(at_start, "none")
    at_start.page.locator(f"#{ids.PANELS['windows']}").wait_for(state="hidden")


def open_panel(page: Dashboard, name: str) -> None:
    page.page.locator(
        f"#{ids.PANEL} label", has=page.page.locator(f"input[value='{name}']")
    ).click()


def cell(page: Dashboard, row: int, column: str) -> Locator:
    return page.page.locator(f"#{ids.WINDOWS_GRID} [data-row='{row}'] [data-field='{column}']")


def text_of(page: Dashboard, row: int, column: str) -> str:
    return (cell(page, row, column).text_content() or "").replace(",", "")


def highlighted(page: Dashboard) -> list[str]:
    """The rows of the table that are tinted or have the focus."""
    found: list[str] = page.page.evaluate(
        """() => [...document.querySelectorAll('#windows-grid tbody tr')]
            .filter(row => !getComputedStyle(row).backgroundColor.endsWith(' 0)')
                || row.matches(':focus'))
            .map(row => row.dataset.row)"""
    )
    return found


def test_measures_are_those_of_the_files(page: Dashboard, world: World) -> None:
    page.visit(region="chr1:100001-120000", markers="K562_CTCF", panel="measures")
    table = page.page.locator(f"#{ids.MEASURES}")
    expect(table).to_contain_text("100,001-120,000")
    place = slice(100_000, 120_000)
    labels = world.labels["K562_CTCF"]["chr1"][place]
    for row, model in enumerate(("cnn7", "dilated")):
        scores = world.scores[model]["K562_CTCF"]["chr1"][place]
        cells = table.locator("tbody tr").nth(row)
        for expected in (
            average_precision_score(labels, scores),
            roc_auc_score(labels, scores),
            np.corrcoef(labels, scores)[0, 1],
            labels.mean(),
        ):
            expect(cells).to_contain_text(f"{expected:.3f}")


def test_several_moves_bring_measures_once_when_the_view_rests(page: Dashboard) -> None:
    table = page.page.locator(f"#{ids.MEASURES}")
    page.visit(region="chr1:201001-202000", panel="measures")
    expect(table).to_contain_text("201,001-202,000")
    page.page.locator("#tracks").focus()
    page.forget()
    for _ in range(4):
        page.page.keyboard.press("ArrowRight")
    expect(table).to_contain_text("202,001-203,000")
    assert len(page.updates()) - len(page.moves()) == 1


def test_windows_are_ranked_and_a_click_leads_there(windows: Dashboard) -> None:
    values = [float(text_of(windows, row, "value")) for row in range(5)]
    assert values == sorted(values, reverse=True)
    region = text_of(windows, 2, "region")
    cell(windows, 2, "region").click()
    windows.wait_region(region)
    assert len(windows.moves()) == 1


def test_n_and_p_step_through_the_windows(windows: Dashboard) -> None:
    regions = [text_of(windows, row, "region") for row in range(4)]
    cell(windows, 0, "region").click()
    windows.wait_region(regions[0])
    windows.forget()
    windows.page.locator("#tracks").focus()
    for key, row in (("n", 1), ("n", 2), ("n", 3), ("p", 2)):
        windows.page.keyboard.press(key)
        windows.wait_region(regions[row])
    assert len(windows.moves()) == 4


def test_only_the_window_on_screen_is_highlighted(windows: Dashboard) -> None:
    cell(windows, 0, "region").click()  # where the pointer stays
    windows.wait_region(text_of(windows, 0, "region"))
    windows.page.keyboard.press("n")
    windows.wait_region(text_of(windows, 1, "region"))
    assert highlighted(windows) == ["1"]
    windows.page.locator("#tracks").focus()
    windows.page.keyboard.press("n")
    windows.wait_region(text_of(windows, 2, "region"))
    assert highlighted(windows) == ["2"]
    expect(windows.page.locator("#tracks")).to_be_focused()  # so that the arrows still move it


def test_the_table_is_sorted_and_stepped_through_by_keys(windows: Dashboard) -> None:
    ranked = [text_of(windows, row, "region") for row in range(3)]
    heads = windows.page.locator(f"#{ids.WINDOWS_GRID} th")
    heads.locator("button", has_text="Window").click()
    heads.locator("button", has_text="Window").click()
    expect(heads.nth(0)).to_have_attribute("aria-sort", "ascending")
    first = [text_of(windows, row, "region") for row in range(3)]
    assert first == ["chr2:1-10000", "chr2:10001-20000", "chr2:20001-30000"]
    cell(windows, 0, "region").click()
    windows.wait_region(first[0])
    windows.page.keyboard.press("ArrowDown")
    windows.wait_region(first[1])
    assert highlighted(windows) == ["1"]
    windows.page.keyboard.press("Home")
    windows.wait_region(first[0])
    heads.locator("button", has_text="Window").click()
    assert [text_of(windows, row, "region") for row in range(3)] == ranked


def test_windows_are_filtered_by_split(windows: Dashboard, world: World) -> None:
    windows.page.locator(
        f"#{ids.WINDOWS_SPLIT} label", has=windows.page.locator("input[value='test']")
    ).click()
    windows.wait_field("split", "test")
    # those of chr2, the test split, where there are values
    values = world.scores["cnn7"]["K562_CTCF"]["chr2"][:130_000].reshape(-1, 10_000)
    count = np.count_nonzero(~np.isnan(values).all(axis=1))
    expect(windows.page.locator(f"#{ids.WINDOWS_STATUS}")).to_contain_text(f" {count} windows")
    splits = windows.page.locator(f"#{ids.WINDOWS_GRID} td[data-field='split']")
    assert set(splits.all_inner_texts()) == {"test"}


def test_windows_are_ranked_by_other_measures(windows: Dashboard) -> None:
    for kind in ("error", "score"):
        first = text_of(windows, 0, "value")
        windows.page.locator(
            f"#{ids.WINDOWS_KIND} label", has=windows.page.locator(f"input[value='{kind}']")
        ).click()
        windows.wait_field("rank", kind)
        expect(cell(windows, 0, "value")).not_to_have_text(first)


def test_a_point_of_the_scores_leads_to_its_marker(at_start: Dashboard) -> None:
    open_panel(at_start, "scores")
    status = at_start.page.locator(f"#{ids.SCORES_STATUS}")
    expect(status).to_contain_text("DILATED is better on 2 of 2 markers")
    rows = at_start.page.locator(f"#{ids.SCORES_TABLE} tbody tr")
    expect(rows).to_have_count(2)
    points = at_start.page.locator(f"#{ids.SCORES_GRAPH} .scatterlayer .point")
    expect(points).to_have_count(2)
    markers: list[str] = at_start.page.evaluate(
        "() => document.querySelector('#scores-graph .js-plotly-plot')._fullData"
        ".flatMap(t => t.customdata ? Array.from(t.customdata) : [])"
    )
    other = markers.index("K562_DNase")
    points.nth(other).scroll_into_view_if_needed()
    box = points.nth(other).bounding_box()
    assert box is not None
    at_start.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(at_start.page.locator(f"#{ids.SCORES_GRAPH} .hoverlayer .hovertext")).to_be_visible()
    at_start.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    at_start.wait_field("markers", "K562_DNase")
    at_start.wait_title("K562_DNase")


def test_the_scores_of_one_model_are_set_beside_chance(page: Dashboard) -> None:
    page.visit(region=REGION, markers="K562_CTCF", models="dilated", panel="scores")
    status = page.page.locator(f"#{ids.SCORES_STATUS}")
    expect(status).to_contain_text("DILATED is better than chance on 2 of 2 markers")
    expect(page.page.locator(f"#{ids.SCORES_GRAPH} .scatterlayer .point")).to_have_count(2)
    page.visit(region=REGION, markers="K562_CTCF", models="", panel="scores")
    expect(status).to_contain_text("select a model")
    expect(page.page.locator(f"#{ids.SCORES_GRAPH} .scatterlayer .point")).to_have_count(0)


def saved(page: Dashboard, button: str, folder: Path) -> Path:
    """The file that a button of the menu saves."""
    page.page.click("details.drop > summary")
    with page.page.expect_download() as download:
        page.page.click(f"#{button}")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    page.page.locator("h1").click()  # closes the menu
    return path


def test_images_of_the_view_are_saved(at_start: Dashboard, tmp_path: Path) -> None:
    png = saved(at_start, ids.EXPORT_PNG, tmp_path)
    assert png.read_bytes().startswith(b"\x89PNG")
    assert png.name == "regtrack_chr1_100001-101000.png"
    svg = saved(at_start, ids.EXPORT_SVG, tmp_path)
    text = "".join(ElementTree.parse(svg).getroot().itertext())
    assert "K562_CTCF" in text


def test_the_values_of_the_view_are_saved(
    at_start: Dashboard, world: World, tmp_path: Path
) -> None:
    path = saved(at_start, ids.EXPORT_CSV, tmp_path)
    assert path.name == "regtrack_chr1_100001-101000.csv"
    csv = path.read_text().splitlines()
    names = csv[0].split(",")
    first = dict(zip(names, csv[1].split(","), strict=True))
    assert first["start"] == "100000"
    scores = [value for name, value in first.items() if "dilated" in name]
    assert np.float32(scores[0]) == world.scores["dilated"]["K562_CTCF"]["chr1"][100_000]
    bed = saved(at_start, ids.EXPORT_BED, tmp_path).read_text()
    assert 'track type=bedGraph name="' in bed
    assert "chr1\t100000\t" in bed


def test_a_file_that_cannot_be_had_is_refused_on_the_page(at_start: Dashboard) -> None:
    at_start.page.route(
        "**/export/window.csv*check=yes", lambda route: route.fulfill(status=400, body="no disk")
    )
    at_start.page.click("details.drop > summary")
    at_start.page.click(f"#{ids.EXPORT_CSV}")
    expect(at_start.page.locator(f"#{ids.PROBLEMS}")).to_have_text("no disk")
    at_start.page.unroute("**/export/window.csv*check=yes")
    at_start.page.locator("h1").click()
    at_start.forget()  # the browser noted the status


def test_an_igv_session_names_tracks_that_can_be_read(
    at_start: Dashboard, world: World, tmp_path: Path
) -> None:
    session = ElementTree.parse(saved(at_start, ids.EXPORT_IGV, tmp_path)).getroot()
    assert re.sub(",", "", session.get("locus") or "") == REGION
    paths = [found.get("path") or "" for found in session.iter("Resource")]
    assert len(paths) == 2
    for path in paths:
        assert path.startswith(at_start.address)
        answer = at_start.page.request.get(path, headers={"Range": "bytes=0-3"})
        assert answer.status == 206
        assert answer.body() == (0x888FFC26).to_bytes(4, "little")


def test_the_link_is_copied(at_start: Dashboard) -> None:
    at_start.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    at_start.page.click("details.drop > summary")
    at_start.page.click(f"#{ids.EXPORT_LINK}")
    expect(at_start.page.locator(f"#{ids.EXPORT_LINK}")).to_have_text("Copied")
    copied = at_start.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == at_start.page.url
    at_start.page.locator("h1").click()


def test_without_a_checkpoint_the_panel_says_what_is_missing(page: Dashboard) -> None:
    page.visit(region=REGION, panel="saliency")
    expect(page.page.locator(f"#{ids.PANELS['saliency']}")).to_contain_text("needs a checkpoint")
    expect(page.page.locator(f"#{ids.SALIENCY_START}")).to_be_disabled()
