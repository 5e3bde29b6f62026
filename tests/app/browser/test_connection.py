"""A server that goes and comes back: the page says so, keeps its state, and goes on by itself."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dashboard import Dashboard, served
from playwright.sync_api import Page, expect
from regtrack_app import ids
from regtrack_app.create_app import create_app
from small_world import World

START = "chr1:100001-120000"


def test_the_page_outlives_its_server(tab: Page, world: World) -> None:
    sources = world.open()
    with served(create_app(sources)) as address:
        page = Dashboard(tab, address)
        says = tab.locator(f"#{ids.CONNECTION}")
        page.load(f"?region={START}&panel=none")
        tab.locator("#tracks").focus()
        expect(says).to_be_empty()
    expect(says).to_contain_text("The server does not answer")  # nothing was asked for
    before = tab.locator(f"#{ids.NOTES}").text_content()
    tab.keyboard.press("ArrowRight")
    page.wait_region(START)
    assert tab.locator(f"#{ids.NOTES}").text_content() == before
    # curves and positions are still those of the last answer, and of its theme
    layers = tab.locator(".cartesianlayer .mlayer").all()
    assert {layer.evaluate("layer => layer.style.transform") for layer in layers} == {""}
    theme = tab.locator("html").get_attribute("data-theme")
    tab.click("#theme-toggle")
    expect(tab.locator("html")).to_have_attribute("data-theme", str(theme))
    with served(create_app(sources), urlsplit(address).port):
        page.wait_region("chr1:105001-125000")  # what was asked for meanwhile
        expect(says).to_be_empty()
        expect(tab.locator("html")).not_to_have_attribute("data-theme", str(theme))
        tab.locator("#tracks").focus()
        tab.keyboard.press("ArrowRight")
        page.wait_region("chr1:110001-130000")
    page.leave()
    sources.pool.close()


def test_plotly_is_asked_for_once_at_an_address_that_browsers_keep(page: Dashboard) -> None:
    page.load("?panel=none")
    asked = [request.url for request in page.requests if "plotly" in request.url]
    assert len(asked) == 1
    assert re.search(r"/plotly\.js\?m=[0-9a-f]{12}$", asked[0])
