"""The view as a figure for print, from the export menu."""

from __future__ import annotations

import shlex

from dashboard import Dashboard
from playwright.sync_api import expect


def test_the_menu_has_the_command_and_the_figure_of_the_view(page: Dashboard) -> None:
    page.visit(region="chr1:20001-45000", markers="K562_CTCF", models="cnn7,dilated")
    page.page.locator("summary", has_text="Export").click()
    page.page.locator("#figure-command-open").click()
    text = page.page.locator("#figure-command-text")
    expect(text).to_contain_text("--region chr1:20001-45000 --markers K562_CTCF")
    assert shlex.split(text.inner_text())[:2] == ["regtrack", "figure"]
    page.page.locator("#figure-command").get_by_text("Close").click()
    page.page.locator("summary", has_text="Export").click()
    with page.page.expect_download() as loaded:
        page.page.locator("#export-figure-svg").click()
    assert loaded.value.suggested_filename == "regtrack_chr1_20001-45000.svg"
    assert "DILATED" in loaded.value.path().read_text()
