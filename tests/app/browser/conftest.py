"""One server and one page a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dashboard import Dashboard, served
from playwright.sync_api import Browser, expect
from regtrack_app.create_app import create_app
from small_world import World

HERE = Path(__file__).parent

expect.set_options(timeout=30_000)  # a slow machine is no failure; milliseconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    """Where the small world is served."""
    sources = world.open(genes=world.folder / "genes.gtf", reference=world.folder / "genome.fa")
    with served(create_app(sources)) as address:
        yield address
    sources.pool.close()


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Iterator[Dashboard]:
    """The page, loaded once for all tests of a module, since loading it is what takes long."""
    context = browser.new_context(
        viewport={"width": 1500, "height": 900}, locale="en-GB", accept_downloads=True
    )
    page = Dashboard(context.new_page(), address)
    page.load("?panel=none")
    yield page
    context.close()


@pytest.fixture
def page(opened: Dashboard) -> Iterator[Dashboard]:
    """The page; no test of it may end with a complaint, or with another host having been asked."""
    opened.forget()
    yield opened
    assert opened.complaints == []
    assert opened.strangers() == set()
