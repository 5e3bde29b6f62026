"""One server and one tab for all modules, of which one may serve something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from dashboard import Dashboard, served
from playwright.sync_api import Browser, Page, ViewportSize, expect
from regtrack_app.create_app import create_app
from small_world import World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources

HERE = Path(__file__).parent
VIEWPORT: ViewportSize = {"width": 1500, "height": 900}

expect.set_options(timeout=120_000)  # a slow machine is no failure; milliseconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def everything(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the small world is served, with all that can be shown beside it."""
    places = tmp_path_factory.mktemp("places") / "mine.bed"
    places.write_text("chr1\t95000\t96000\tfirst\nchr2\t5000\t5500\n")
    sources = open_sources(
        [world.folder / "sweeps", world.folder / "signal.bw", places],
        labels=world.folder / "data",
        genes=world.folder / "genes.gtf",
        reference=world.folder / "genome.fa",
    )
    with served(create_app(sources)) as address:
        yield address
    sources.pool.close()


@pytest.fixture(scope="module")
def address(everything: str) -> str:
    """What the tests of a module look at."""
    return everything


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Iterator[Page]:
    """The tab of all tests: a page loads three times as fast as in a new one."""
    context = browser.new_context(viewport=VIEWPORT, locale="en-GB", accept_downloads=True)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def opened(tab: Page, address: str, everything: str) -> Iterator[Dashboard]:
    """The page in the tab, as in a first visit; it is loaded only if the tab shows another one."""
    tab.set_viewport_size(VIEWPORT)
    page = Dashboard(tab, address, mark="everything" if address == everything else "")
    page.start("?panel=none", afresh=True)
    yield page
    page.leave()


@pytest.fixture
def page(opened: Dashboard) -> Iterator[Dashboard]:
    """The page; no test of it may end with a complaint, or with another host having been asked."""
    opened.start("?panel=none")
    opened.forget()
    yield opened
    assert opened.complaints == []
    assert opened.strangers() == set()


@pytest.fixture
def show(tab: Page) -> Iterator[Callable[[Sources], Dashboard]]:
    """Serve other sources during a test; gives their page, for which the same holds."""
    shown: list[Dashboard] = []
    with ExitStack() as serving:

        def show(sources: Sources) -> Dashboard:
            serving.callback(sources.pool.close)
            shown.append(Dashboard(tab, serving.enter_context(served(create_app(sources)))))
            return shown[-1]

        yield show
        for page in shown:
            page.leave()
            assert page.complaints == []
            assert page.strangers() == set()
