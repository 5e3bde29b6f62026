"""Saliency on request: started, drawn, cancelled, and never in the way of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from dashboard import Dashboard, served
from playwright.sync_api import expect
from regtrack_app import ids
from regtrack_app.create_app import create_app
from small_world import World

REGION = "chr1:100001-100200"


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    """A server whose saliency is a stand-in."""
    sources = world.open(reference=world.folder / "genome.fa")
    sources = replace(sources, checkpoints={"dilated": world.folder / "none.safetensors"})
    with served(create_app(sources, saliency="fake_saliency:explain")) as address:
        yield address
    sources.pool.close()


def test_saliency_is_computed_and_drawn(page: Dashboard) -> None:
    page.visit(region=REGION, panel="saliency")
    page.page.click(f"#{ids.SALIENCY_START}")
    page.wait_title("Saliency of DILATED")
    page.wait_field("saliency", "on")
    expect(page.page.locator(f"#{ids.SALIENCY_STATUS}")).to_contain_text("Done")
    values = page.values()[-1]
    assert values[200:400] == list(range(200))
    assert np.isnan([*values[:200], *values[400:]]).all()
    # it stays where it was computed
    page.page.locator("#tracks").focus()
    page.page.keyboard.press("ArrowRight")
    page.wait_title("recompute it for the rest")
    page.page.keyboard.press("ArrowLeft")
    page.wait_region(REGION)
    page.page.keyboard.press("Shift+ArrowRight")
    page.wait_region("chr1:100201-100400")
    page.wait_title("not computed here")


def test_saliency_is_cancelled_and_the_page_answers_meanwhile(page: Dashboard) -> None:
    status = page.page.locator(f"#{ids.SALIENCY_STATUS}")
    page.visit(region="chr2:100001-100200", panel="saliency")
    page.page.click(f"#{ids.SALIENCY_START}")
    expect(status).to_contain_text("explaining 50 %")
    page.page.locator("#tracks").focus()
    page.page.keyboard.press("ArrowRight")
    page.wait_region("chr2:100051-100250")
    page.page.click(f"#{ids.SALIENCY_CANCEL}")
    expect(status).to_contain_text("Cancelled")
    expect(page.page.locator(f"#{ids.SALIENCY_CANCEL}")).to_be_hidden()
    assert "Saliency of DILATED" not in page.titles()


def test_saliency_that_cannot_be_computed_says_so(page: Dashboard) -> None:
    page.visit(region="chr1:1-200", panel="saliency")
    page.page.click(f"#{ids.SALIENCY_START}")
    status = page.page.locator(f"#{ids.SALIENCY_STATUS}")
    expect(status).to_contain_text("this one cannot be explained")


def test_a_view_too_wide_says_so(page: Dashboard) -> None:
    page.visit(region="chr1:1-310000", panel="saliency")
    page.page.click(f"#{ids.SALIENCY_START}")
    expect(page.page.locator(f"#{ids.SALIENCY_STATUS}")).to_contain_text("zoom in")
