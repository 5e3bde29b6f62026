"""igv.js loads hubs and sessions in Chromium, from loopback alone, and finds the files' values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import pytest
from hub_server import HubServer, serve_hub
from playwright.sync_api import Browser, Page
from regtrack_app import igv as installed
from small_tracks import write_bigwig, write_sweep

from regtrack.hub.make_items import ItemFiles
from regtrack.hub.publish import HubRequest, write_hub

pytestmark = [
    pytest.mark.browser,
    pytest.mark.network,
    pytest.mark.skipif(
        installed.SCRIPT.find() is None and "CI" not in os.environ, reason="no igv.js; run make igv"
    ),
]

LENGTH = 40_000
# a few bases, the first ones, and the last ones of the chromosome
REGIONS = ((20_000, 20_060), (0, 2_000), (LENGTH - 1_500, LENGTH))
_PAGE = (
    '<!DOCTYPE html><meta charset="utf-8"><div id="igv"></div><script src="igv.min.js"></script>'
)
_VALUES = """async ([name, start, end]) => {
    const rows = window.igvBrowser.trackViews.map(view => view.track)
    const tracks = rows.flatMap(one => one.type === 'merged' ? one.tracks : [one])
    const track = tracks.find(one => one.name === name)
    if (!track) return rows.map(one => `${one.type} ${one.name}`)
    const found = await track.featureSource.getFeatures({
        chr: 'chr1', start, end, bpPerPixel: 0.1, visibilityWindow: -1})
    return found.map(f => [f.start, f.end, f.value ?? f.name])
}"""
# how many pixels of each nucleotide's colour the track shows
_LETTERS = """name => {
    const view = window.igvBrowser.trackViews.find(one => one.track.name === name)
    const canvas = view.viewports[0].canvas
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
    const found = {}
    for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] < 250) continue
        const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`
        found[colour] = (found[colour] || 0) + 1
    }
    return found
}"""


@dataclass
class Tab:
    """A page with igv.js.

    Attributes:
        page: the page.
        server: what is served.
        complaints: errors and warnings of the console.
        strangers: other hosts that were asked.
    """

    page: Page
    server: HubServer
    complaints: list[str] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)

    def load(self, script: str) -> None:
        """Open the page and run a script that makes a browser."""
        self.page.goto(f"{self.server.address}/page.html")
        self.page.evaluate(
            "async () => { const at = document.getElementById('igv'); "
            f"window.igvBrowser = {script} }}"
        )

    def values(self, name: str, start: int, end: int) -> Any:
        """The features of a track on chr1: start, end, and value or name."""
        return self.page.evaluate(_VALUES, [name, start, end])


@dataclass(frozen=True)
class House:
    """A hub's folder, and the values of its tracks."""

    folder: Path
    values: dict[str, npt.NDArray[np.float32]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("hub")
    random = np.random.default_rng(3)
    values = {
        name: random.normal(size=LENGTH).astype(np.float32)
        for name in ("cnn7", "dilated", "saliency", *"ACGT")
    }
    for model in ("cnn7", "dilated"):
        values[model] = np.abs(values[model]) / 8
        write_sweep(folder / "tracks" / model, model, {"K562_CTCF": {"chr1": values[model]}})
    saliency = folder / "tracks" / "saliency"
    tracks = {"K562_CTCF": {"chr1": values["saliency"]}}
    write_sweep(saliency, "hybrid", tracks, "gradient-x-input of logits")
    for letter in "ACGT":
        write_bigwig(folder / "tracks" / f"locus.{letter}.bw", {"chr1": values[letter]})
    letters = random.choice(np.frombuffer(b"ACGT", np.uint8), LENGTH).tobytes().decode()
    (folder / "r.fa").write_text(f">chr1\n{letters}\n")
    (folder / "ctcf.bed").write_text("chr1\t20010\t20050\nchr1\t9500\t9900\n")
    (folder / "hits.bed").write_text("chr1\t20020\t20021\trs7\n")
    (folder / "genes.gtf").write_text('chr1\tx\texon\t9001\t9300\t.\t+\t.\tgene_id "NOL9";\n')
    request = HubRequest(
        paths=[folder / "tracks"], out=folder, genome="planted", reference=folder / "r.fa",
        labels=folder / "ctcf.bed", genes=folder / "genes.gtf", region="chr1:20001-20060",
        items=ItemFiles(variants=(folder / "hits.bed",)),
    )  # fmt: skip
    write_hub(request)
    (folder / "page.html").write_text(_PAGE)
    script = installed.SCRIPT.find()
    assert script is not None
    (folder / "igv.min.js").symlink_to(script)
    return House(folder, values)


@pytest.fixture(scope="module")
def opened(house: House, browser: Browser) -> Iterator[Tab]:
    with serve_hub(house.folder) as server:
        context = browser.new_context(viewport={"width": 1200, "height": 1000})
        tab = Tab(context.new_page(), server)
        page = tab.page
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: tab.complaints.append(said.text) if said.type == "error" else None,
        )

        page.on(
            "response",
            lambda answer: tab.complaints.append(answer.url) if answer.status >= 400 else None,
        )

        def seen(address: str) -> None:
            place = urlsplit(address)
            if place.scheme in {"http", "https"} and not server.address.endswith(place.netloc):
                tab.strangers.add(address)

        page.on("request", lambda request: seen(request.url))
        yield tab
        context.close()


@pytest.fixture
def tab(opened: Tab) -> Iterator[Tab]:
    """The tab; no test of it may end with an error, or with another host having been asked."""
    opened.complaints.clear()
    yield opened
    assert opened.complaints == []
    assert opened.strangers == set()


def assert_same(found: Any, values: npt.NDArray[np.float32], start: int, end: int) -> None:
    """The intervals hold the values of a region, and no others within it."""
    drawn = np.full(len(values), np.nan, np.float32)
    for low, high, value in found:
        drawn[low:high] = value
    np.testing.assert_array_equal(drawn[start:end], values[start:end])


def test_the_configuration_of_igv_js(tab: Tab, house: House) -> None:
    tab.load("await igv.createBrowser(at, await (await fetch('igv.json')).json())")
    for start, end in REGIONS:
        for name, label in (("cnn7", "CNN7 K562_CTCF"), ("dilated", "DILATED K562_CTCF")):
            assert_same(tab.values(label, start, end), house.values[name], start, end)
    assert tab.values("K562_CTCF labels", 20_000, 20_060) == [[20_010, 20_050, "K562_CTCF"]]
    assert tab.values("hits", 20_000, 20_060) == [[20_020, 20_021, "rs7"]]
    assert tab.values("Genes", 9_000, 9_400) == [[9_000, 9_300, "NOL9"]]
    seen = tab.page.evaluate(_LETTERS, "HYBRID K562_CTCF saliency")
    # letters appear: igv.js's colours of A, C, G and T, which bars would not have
    for colour in ("0,200,0", "0,0,200", "209,113,5", "255,0,0"):
        assert seen.get(colour, 0) > 100


def test_the_session_of_desktop_igv(tab: Tab, house: House) -> None:
    """igv.js reads it too, if it knows the genome by the name in the session."""
    text = (house.folder / "igv-session.xml").read_text()
    assert 'genome="genome.2bit"' in text
    (house.folder / "named.xml").write_text(text.replace("genome.2bit", "planted"))
    known = "genomes: [{id: 'planted', twoBitURL: 'genome.2bit'}]"
    tab.load(f"await igv.createBrowser(at, {{loadDefaultGenomes: false, {known}, "
             "sessionURL: 'named.xml'})")  # fmt: skip
    for start, end in REGIONS:
        for name, label in (("cnn7", "CNN7 K562_CTCF"), ("dilated", "DILATED K562_CTCF")):
            assert_same(tab.values(label, start, end), house.values[name], start, end)
    assert tab.values("hits", 20_000, 20_060) == [[20_020, 20_021, "rs7"]]


def test_the_hub(tab: Tab, house: House) -> None:
    tab.load("await igv.createBrowser(at, {loadDefaultGenomes: false, "
             "hubURL: location.origin + '/hub.txt'})")  # fmt: skip
    for start, end in REGIONS:
        assert_same(tab.values("DILATED", start, end), house.values["dilated"], start, end)
