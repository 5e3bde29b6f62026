"""The page with a token and below a path, as a proxy shows it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from dashboard import Dashboard, served
from playwright.sync_api import Browser, expect
from regtrack_app import ids, igv
from regtrack_app.access import Access
from regtrack_app.create_app import create_app
from small_world import World

from tests.app.test_url_base import PREFIX, proxied


def test_the_page_works_and_forgets_its_token(browser: Browser, world: World) -> None:
    sources = world.open(reference=world.folder / "genome.fa")
    app = create_app(sources, url_base=PREFIX, access=Access(token="s3cret"))
    context = browser.new_context(accept_downloads=True)
    with (
        served(app) as address,
        proxied(int(urlsplit(address).port or 0), strip=True) as port,
    ):
        page = Dashboard(context.new_page(), f"http://127.0.0.1:{port}{PREFIX.rstrip('/')}")
        page.load("?token=s3cret&region=chr1:100001-101000&panel=none")
        assert "token" not in page.fields()
        page.page.locator("#tracks").focus()
        page.page.keyboard.press("Shift+ArrowRight")
        page.wait_region("chr1:101001-102000")
        page.load("?region=chr1:101001-102000&panel=none")  # by the cookie alone
        page.wait_region("chr1:101001-102000")
        page.page.locator("details.drop summary").click()
        with page.page.expect_download() as download:
            page.page.locator(f"#{ids.EXPORT_CSV}").click()
        assert Path(download.value.path()).read_text().startswith("chrom,start,end,cnn7")
        if igv.SCRIPT.find() is not None:
            page.visit(region="chr1:101001-102000", panel="igv")
            labels = page.page.locator(f"#{ids.IGV} .igv-track-label")
            expect(labels.filter(has_text="CNN7")).to_be_visible()
        assert page.complaints == []
        assert page.strangers() == set()
        context.close()
    sources.pool.close()
