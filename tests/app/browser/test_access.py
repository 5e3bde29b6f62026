"""Readable by everyone: axe finds nothing serious, at three widths, in both themes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dashboard import Dashboard
from playwright.sync_api import expect
from regtrack_app import ids, igv

AXE = Path(__file__).parents[2] / "readers" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
needs_igv = pytest.mark.skipif(
    igv.SCRIPT.find() is None and "CI" not in os.environ, reason="no igv.js; run make igv"
)


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        message = "no axe-core; fetch it with make readers"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return AXE.read_text()


def faults(page: Dashboard, axe: str) -> list[str]:
    """What axe finds that keeps someone from using the page."""
    if not page.page.evaluate("() => 'axe' in window"):
        page.page.evaluate(axe)
    found = page.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in found["violations"]
        for node in fault["nodes"]
        if fault["impact"] in SERIOUS
    ]


@pytest.mark.parametrize(
    ("width", "theme", "panel"),
    [
        # the theme turns once: whatever is in sight is drawn anew then
        (1500, "light", "measures"),
        (1500, "light", "scores"),
        (820, "light", "windows"),
        (390, "light", "measures"),
        pytest.param(390, "light", "igv", marks=needs_igv),
        (390, "dark", "saliency"),
        (820, "dark", "scores"),
        (1500, "dark", "windows"),
        pytest.param(1500, "dark", "igv", marks=needs_igv),
    ],
)
def test_axe_finds_nothing_serious(
    page: Dashboard, axe: str, width: int, theme: str, panel: str
) -> None:
    page.page.set_viewport_size({"width": width, "height": 900})
    page.turn(theme)
    page.visit(region="chr1:90001-110000", panel=panel)
    filled = {
        "measures": f"#{ids.MEASURES} tbody tr",
        "windows": f"#{ids.WINDOWS_GRID} tbody tr",
        "scores": f"#{ids.SCORES_GRAPH} .point",
        "saliency": f"#{ids.SALIENCY_START}",
        "igv": f"#{ids.IGV} .igv-track-label",
    }[panel]
    expect(page.page.locator(filled).first).to_be_visible()
    assert faults(page, axe) == []


@pytest.mark.parametrize(("width", "theme"), [(1500, "dark"), (820, "light"), (390, "dark")])
def test_axe_finds_nothing_serious_beside_the_tracks(
    page: Dashboard, axe: str, width: int, theme: str
) -> None:
    """Regions side by side, a row of places, all markers, own regions, and the figure's command."""
    page.page.set_viewport_size({"width": width, "height": 900})
    page.turn(theme)
    with page.answered():
        page.follow("?region=chr1:90001-110000&beside=chr2:5001-6000&tracks=mine.bed&panel=heat")
    own = page.page.locator(f"#{ids.OWN}")
    own.locator("summary").click()
    own.get_by_text("Add this region").click()
    expect(page.page.locator(f"#{ids.BESIDE} .xtick")).not_to_have_count(0)
    page.page.locator(f"#{ids.HEAT_VIEW} canvas").hover()
    expect(page.page.locator(".heat-note")).to_be_visible()
    page.wait_title("mine.bed")
    assert faults(page, axe) == []
    own.get_by_label("Remove chr1:90001-110000").click()
    own.locator("summary").click()
    page.page.click("details.drop > summary")
    page.page.click("#figure-command-open")
    expect(page.page.locator("#figure-command-text")).to_contain_text("regtrack figure")
    assert faults(page, axe) == []
    page.page.locator("#figure-command").get_by_text("Close").click()
    page.page.locator("h1").click()


@pytest.mark.parametrize("width", [1500, 820, 390])
def test_nothing_hangs_over_the_side(page: Dashboard, width: int) -> None:
    page.page.set_viewport_size({"width": width, "height": 900})
    page.visit(region="chr1:90001-110000", panel="none")
    page.page.wait_for_function(
        "() => document.documentElement.scrollWidth === document.documentElement.clientWidth"
    )


def test_axe_finds_nothing_serious_in_what_opens(page: Dashboard, axe: str) -> None:
    page.page.set_viewport_size({"width": 1500, "height": 900})
    page.turn("light")
    page.visit(region="chr1:90001-110000", panel="none")
    page.page.locator("#tracks").focus()
    page.page.keyboard.press("?")
    assert faults(page, axe) == []
    page.page.keyboard.press("Escape")
    page.page.click("details.drop > summary")
    assert faults(page, axe) == []
    page.page.locator(".row-button").first.focus()
    page.page.keyboard.press("Enter")
    expect(page.page.locator(".row-menu")).to_be_visible()
    assert faults(page, axe) == []
    page.page.keyboard.press("Escape")
    page.page.locator("h1").click()
    page.page.click(f"#{ids.MARKERS}")
    expect(page.page.locator(".dash-dropdown-search")).to_be_visible()
    assert faults(page, axe) == []
    page.page.keyboard.press("Escape")


def test_tab_reaches_every_control(page: Dashboard) -> None:
    page.page.set_viewport_size({"width": 1500, "height": 900})
    page.visit(region="chr1:90001-110000", panel="none")
    page.page.locator("h1").click()
    reached: list[str] = []
    while "page's end" not in reached and len(reached) < 100:
        page.page.keyboard.press("Tab")
        reached.append(
            page.page.evaluate(
                '() => document.activeElement === document.body ? "page\'s end"'
                " : document.activeElement.id || document.activeElement.closest('[id]').id"
            )
        )
    wanted = {ids.REGION, ids.GO, *ids.MOVES.values(), ids.THEME, ids.HELP_OPEN, ids.MARKERS,
              ids.MODELS, ids.PAIR_A, ids.PAIR_B, ids.DIFFERENCES, ids.PANEL}  # fmt: skip
    assert wanted <= set(reached)
    assert reached.index(ids.MARKERS) < reached.index(ids.PAIR_A) < reached.index(ids.PANEL)
    page.page.focus(f"#{ids.MARKERS}")
    page.page.keyboard.press("Enter")
    expect(page.page.locator(".dash-dropdown-search")).to_be_visible()
    page.page.keyboard.press("Escape")
