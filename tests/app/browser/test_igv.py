"""The igv.js panel: on the same region and tracks, or saying how to get it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from dashboard import Dashboard
from playwright.sync_api import expect
from regtrack_app import ids, igv as installed, npm_scripts
from small_world import World

from regtrack.compare.sources import Sources


def test_without_igv_the_panel_says_how_to_get_it(
    show: Callable[[Sources], Dashboard],
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.delenv(installed.SCRIPT.variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(npm_scripts, "_MODULES", tmp_path)
    page = show(world.open())
    page.load("?panel=igv")
    status = page.page.locator(f"#{ids.IGV_STATUS}")
    expect(status).to_contain_text("set REGTRACK_IGV_JS to its path")


@pytest.mark.skipif(
    installed.SCRIPT.find() is None and "CI" not in os.environ, reason="no igv.js; run make igv"
)
def test_igv_follows_the_region_and_the_tracks(page: Dashboard) -> None:
    page.visit(region="chr1:100001-101000", panel="igv")
    igv = page.page.locator(f"#{ids.IGV}")
    locus = igv.locator("input.igv-search-input")
    expect(locus).to_have_value("chr1:100,001-101,000")
    labels = igv.locator(".igv-track-label")
    expect(labels.filter(has_text="CNN7")).to_be_visible()
    expect(labels.filter(has_text="DILATED")).to_be_visible()
    page.page.locator("#tracks").focus()
    page.page.keyboard.press("Shift+ArrowRight")
    expect(locus).to_have_value("chr1:101,001-102,000")
    page.page.locator(f"#{ids.MODELS} label", has_text="CNN7").click()
    expect(labels.filter(has_text="CNN7")).to_have_count(0)
    assert labels.filter(has_text="DILATED").count() == 1
    for name in ("K562_CTCF labels", "Genes"):
        expect(labels.filter(has_text=name)).to_be_visible()
    # its tracks came in ranges of the catalog's files
    assert any("/data/" in request.url for request in page.requests)
    # whoever moves igv.js takes the page along
    locus.fill("chr1:101,201-102,200")
    locus.press("Enter")
    page.page.wait_for_function(
        "() => Math.abs(document.querySelector('#view-graph .js-plotly-plot').layout"
        ".xaxis.range[0] - 101200) < 5"
    )
    start, end = page.region()
    assert (start, end) == (pytest.approx(101_201, abs=5), pytest.approx(102_200, abs=5))
    page.wait_region(f"chr1:{start}-{end}")
    page.visit(region="chr2:1001-2000", panel="igv")
    expect(locus).to_have_value("chr2:1,001-2,000")
    assert page.fields()["region"] == "chr2:1001-2000"
    named = "input[type=range], select"
    assert all(each.get_attribute("aria-label") for each in igv.locator(named).all())
