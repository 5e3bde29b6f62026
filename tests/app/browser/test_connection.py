"""A server that goes and comes back: the page says so, keeps its state, and goes on by itself."""

from __future__ import annotations

import socket
from contextlib import ExitStack

from dashboard import Dashboard, served
from playwright.sync_api import Browser, expect
from regtrack_app import ids
from regtrack_app.create_app import create_app
from small_world import World

START = "chr1:100001-120000"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_the_page_outlives_its_server(browser: Browser, world: World) -> None:
    sources, port = world.open(), free_port()
    context = browser.new_context()
    page = Dashboard(context.new_page(), f"http://127.0.0.1:{port}")
    says = page.page.locator(f"#{ids.CONNECTION}")
    with ExitStack() as running:
        running.enter_context(served(create_app(sources), port))
        page.load(f"?region={START}&panel=none")
        page.page.locator("#tracks").focus()
        expect(says).to_be_empty()
    expect(says).to_contain_text("The server does not answer")  # nothing was asked for
    before = page.page.locator(f"#{ids.NOTES}").text_content()
    page.page.keyboard.press("ArrowRight")
    page.wait_region(START)
    assert page.page.locator(f"#{ids.NOTES}").text_content() == before
    with served(create_app(sources), port):
        page.wait_region("chr1:105001-125000")  # what was asked for meanwhile
        expect(says).to_be_empty()
        page.page.keyboard.press("ArrowRight")
        page.wait_region("chr1:110001-130000")
    context.close()
    sources.pool.close()
