"""The page of a report: self-contained, repeatable, and true to the numbers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from made_report import Made
from playwright.sync_api import Browser
from small_world import World

from regtrack.compare.inputs import Inputs
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval
from regtrack.report.html import Cell, number, table
from regtrack.report.pick import Pick
from regtrack.report.write import ReportRequest, why_shown, write_report

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Reader(HTMLParser):
    """Checks that elements nest, and keeps what would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        found = dict(attrs)
        self.ids += [found["id"]] if found.get("id") else []
        self.addresses += [text for name, text in attrs if name in {"src", "href"} and text]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def test_the_page_refers_to_nothing_but_itself(made: Made) -> None:
    reader = read(made.html)
    assert len(set(reader.ids)) == len(reader.ids)
    assert {address.removeprefix("#") for address in reader.addresses} <= set(reader.ids)
    assert all(address.startswith("#") for address in reader.addresses)
    assert "://" not in made.html
    assert set(re.findall(r"url\((?!#)(\w+:)", made.html)) == {"data:"}
    assert "default-src 'none'" in made.html


def test_what_users_wrote_is_escaped(made: Made) -> None:
    assert "<title>Models &amp; &lt;labels&gt;</title>" in made.html
    assert "regtrack report 'a &lt;b&gt;'" in made.html


def test_it_says_how_it_was_made(made: Made) -> None:
    for word in ("CNN7", "DILATED", "K562_CTCF", "Held out", "sha256:", "labelled bp"):
        assert word in made.html
    assert made.written.size == len(made.html.encode())
    assert (made.written.regions, made.written.markers, made.written.split) == (3, 2, "test")
    assert made.html.count("<svg ") == 5  # two of curves


def test_the_same_input_gives_the_same_bytes(made: Made, tmp_path: Path) -> None:
    request = ReportRequest(top=1, title="Models & <labels>")
    out = tmp_path / "again.html"
    write_report(made.inputs, request, out, command="regtrack report 'a <b>'")
    assert out.read_text() == made.html


def test_regions_of_a_bed_are_shown_in_its_order(
    world: World, inputs: Inputs, tmp_path: Path
) -> None:
    bed, out = tmp_path / "loci.bed", tmp_path / "r.html"
    bed.write_text("chr2\t50000\t52000\nchr1\t1000\t3000\nchr1\t60100\t60300\n")
    request = ReportRequest(markers=("*CTCF",), split="all", regions=bed)
    written = write_report(inputs, request, out)
    assert (written.regions, written.markers, written.split) == (3, 1, None)
    text = out.read_text()
    places = re.findall(r"<h3>(chr[^ ]+) <small>", text)
    assert places == ["chr2:50,001-52,000", "chr1:1,001-3,000", "chr1:60,101-60,300"]
    assert "NOL9" in text
    assert "K562_DNase" not in text
    assert "loci.bed" in text
    for place, name in zip(
        (("chr2", 50_000, 52_000), ("chr1", 1_000, 3_000), ("chr1", 60_100, 60_300)),
        places,
        strict=True,
    ):
        chrom, start, end = place
        labelled = world.labels["K562_CTCF"][chrom][start:end].any()
        assert (f"No marker is labelled in {name}." in text) == (not labelled)
    assert "No marker is labelled in" in text


def test_mistakes_are_said_before_anything_is_written(
    world: World, inputs: Inputs, tmp_path: Path
) -> None:
    long = tmp_path / "long.bed"
    long.write_text("chr1\t0\t100\n" * 101)
    (tmp_path / "far.bed").write_text("chr7\t0\t100\n")
    for request, out, message in (
        (ReportRequest(), "r.pdf", "ends in .html"),
        (ReportRequest(split="valid"), "r.html", "no window is known to be in the valid split"),
        (ReportRequest(regions=long), "r.html", "has 101 regions; choose at most 100"),
        (ReportRequest(regions=tmp_path / "none.bed"), "r.html", "none.bed"),
        (ReportRequest(regions=tmp_path / "far.bed"), "r.html", "no region on the chromosomes of"),
        (ReportRequest(markers=("REST",)), "r.html", "no marker matches"),
    ):
        with pytest.raises(RegtrackError, match=message):
            write_report(inputs, request, tmp_path / out)
    with pytest.raises(RegtrackError, match="top"):
        ReportRequest(top=0)
    with pytest.raises(RegtrackError, match="needs tracks of a model"):
        signal = Inputs((world.folder / "signal.bw",), inputs.labels)
        write_report(signal, ReportRequest(), tmp_path / "r.html")
    assert {path.name for path in tmp_path.iterdir()} == {"long.bed", "far.bed"}


def test_an_empty_bed_gives_a_report_that_says_so(inputs: Inputs, tmp_path: Path) -> None:
    bed, out = tmp_path / "empty.bed", tmp_path / "r.html"
    bed.write_text("")
    written = write_report(inputs, ReportRequest(markers=("*CTCF",), regions=bed), out)
    assert written.regions == 0
    assert "The BED has no region." in out.read_text()


def test_a_missing_number_sorts_last() -> None:
    assert 'data-v="-inf"' in table(["a"], [[number(None)]], caption="b")
    assert "&lt;i&gt;" in table(["a"], [[Cell("<i>")]], caption="b")


def test_only_numbers_have_a_minus_sign() -> None:
    region = Interval("chr1", 0, 25_000)
    said = why_shown("worst", Pick(region, "H1-hESC_Egr-1", -0.052))
    assert said == "H1-hESC_Egr-1: −5% of the way from chance to perfect"
    assert why_shown("regions", Pick(region)) == ""


@pytest.mark.browser
def test_it_works_offline_and_its_tables_sort(made: Made, browser: Browser) -> None:
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 800})
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(made.written.path.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [made.written.path.as_uri()]
    head = page.locator("#markers-table th", has_text="DILATED")
    column = "#markers-table tbody td:nth-child(4)"
    head.get_by_role("button").click()
    down = [float(text) for text in page.locator(column).all_inner_texts()]
    assert head.get_attribute("aria-sort") == "descending"
    head.get_by_role("button").press("Enter")
    up = [float(text) for text in page.locator(column).all_inner_texts()]
    assert down == sorted(up, reverse=True) != up
    page.locator("#markers-table th").first.get_by_role("button").click()
    names = page.locator("#markers-table tbody td:first-child").all_inner_texts()
    assert names == ["K562_CTCF", "K562_DNase"]
    font = page.evaluate("document.fonts.load(\"10px 'regtrack-figure'\").then(f => f.length)")
    assert font == 1
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide
    assert said == []
    context.close()
