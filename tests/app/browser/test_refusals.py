"""What is wrong costs a line of words: hostile addresses, and files that vanish while served."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dashboard import Dashboard
from playwright.sync_api import Dialog, expect
from regtrack_app import ids
from small_world import World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources

HOSTILE = {
    "region=%3Cscript%3Ealert(1)%3C/script%3E": "<script>",
    "region=chr1:-5--1": "chr1:-5--1",
    "region=chr1:999999999999999999999-9999999999999999999999": "310,000",
    "region=..%2F..%2Fetc%2Fpasswd": "../../etc/passwd",
    "markers=../../../etc/passwd&models=%00": "no marker",
    "markers=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E": "<img",
    "axis=javascript:alert(1)&panel=nothing&mode=sideways": "And 0 more|no axis",
    f"markers={'A' * 5000}": "4,000",
    "tracks=/etc/passwd": "no track",
    "%FF%FE=%FF&region=%FF": "�",
}


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_address_is_answered_in_words(page: Dashboard, query: str) -> None:
    asked: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.page.on("dialog", dismiss)
    page.follow(f"?panel=none&{query}")
    problems = page.page.locator(f"#{ids.PROBLEMS}")
    expect(problems).to_contain_text(HOSTILE[query].rpartition("|")[2])
    assert page.region()[1] > page.region()[0]
    assert page.page.locator(f"#{ids.PROBLEMS} *").count() == 0
    assert asked == []
    page.page.remove_listener("dialog", dismiss)
    page.visit(region="chr1:1001-2000", panel="none")
    expect(problems).to_be_empty()


def test_what_is_wrong_is_in_sight_wherever_the_page_is_scrolled_to(page: Dashboard) -> None:
    page.visit(region="chr1:1001-2000", panel="windows")
    expect(page.page.locator(f"#{ids.WINDOWS_GRID} [data-row='0']")).to_be_visible()
    page.page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    assert page.page.evaluate("() => scrollY") > 0
    page.follow("?panel=windows&region=nowhere:1-2")
    problems = page.page.locator(f"#{ids.PROBLEMS}")
    expect(problems).to_contain_text("nowhere")
    expect(problems).to_be_in_viewport(ratio=1)
    page.visit(region="chr1:1001-2000", panel="none")
    expect(problems).to_be_empty()


def test_a_hostile_link_opens_a_page_that_works(page: Dashboard) -> None:
    page.load('?region="><script>alert(1)</script>&markers=<b>&models=,,,&pair=x,y,z&rank=0')
    expect(page.page.locator(f"#{ids.PROBLEMS}")).to_contain_text("no marker")
    page.page.locator("#tracks").focus()
    page.page.keyboard.press("+")
    page.wait_region("chr1:291251-303750")


def test_a_bigwig_removed_while_serving_is_a_row_that_says_so(
    show: Callable[[Sources], Dashboard], world: World, tmp_path: Path
) -> None:
    sweeps = tmp_path / "sweeps"
    shutil.copytree(world.folder / "sweeps", sweeps)
    page = show(open_sources([sweeps], labels=world.folder / "data"))
    page.load("?region=chr1:100001-101000&mode=stack&panel=none")
    assert len(page.values()) == 2
    (sweeps / "cnn7" / "cnn7.K562_CTCF.bw").unlink()
    page.visit(region="chr1:200001-201000", mode="stack", panel="measures")
    page.wait_title("restore it")
    assert len(page.values()) == 1  # the other model is still drawn
    expect(page.page.locator(f"#{ids.MEASURES}")).to_contain_text("DILATED")


def test_splits_are_not_offered_without_a_dataset(
    show: Callable[[Sources], Dashboard], world: World
) -> None:
    page = show(world.open(labels=None))
    page.load("?panel=windows")
    expect(page.page.locator(f"#{ids.COMPARED}")).to_be_visible()
    expect(page.page.locator(f"#{ids.COMPARED} fieldset")).to_be_hidden()
