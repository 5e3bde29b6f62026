"""Files of places beside the tracks: their rows, and their places for the list of regions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from regtrack_app.choices import choices_of
from regtrack_app.create_app import create_app
from regtrack_app.exports import track_ids
from regtrack_app.rows import SpanRow
from regtrack_app.state import View, default_view, parse_view
from regtrack_app.view_data import ViewData
from small_world import World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources
from regtrack.errors import TrackError
from regtrack.figures.region.values import Bars
from regtrack.genome.interval import Interval
from regtrack.views.read import read_picture
from regtrack.views.request import ViewRequest

LOCAL = {"base_url": "http://localhost"}


@pytest.fixture
def given(world: World, tmp_path: Path) -> Sources:
    (tmp_path / "mine.bed").write_text("chr1\t100\t200\tfirst\nchr1\t50000\t50010\nchr2\t5\t6\n")
    (tmp_path / "broken.vcf").write_text("nothing\n")
    files = [tmp_path / "mine.bed", tmp_path / "broken.vcf"]
    sources = open_sources([world.folder / "sweeps", *files])
    for file in sources.annotations:
        file.places.wait(20)
    return sources


def row_of(sources: Sources, name: str, region: Interval) -> SpanRow:
    view = replace(default_view(choices_of(sources)), region=region, tracks=(name,))
    rows = ViewData(sources).scene(view).rows
    row = next(row for row in rows if row.key == name)
    assert isinstance(row, SpanRow)
    return row


def test_places_are_bars_where_they_lie(given: Sources) -> None:
    row = row_of(given, "mine.bed", Interval("chr1", 0, 500))
    assert (row.title, row.note) == ("mine.bed", "BED")
    assert (row.starts.tolist(), row.ends.tolist()) == ([100], [200])
    wide = row_of(given, "mine.bed", Interval("chr1", 0, 310_000))
    assert len(wide.starts) == 2
    assert (wide.ends - wide.starts >= 300).all()  # wide enough to be seen
    assert "expected CHROM, POS" in row_of(given, "broken.vcf", Interval("chr1", 0, 500)).problem


def test_exports_have_the_places_of_a_view(given: Sources) -> None:
    choices = choices_of(given)
    view: View = parse_view("?tracks=mine.bed", choices).view
    assert view.tracks == ("mine.bed",)
    assert parse_view(view.query(), choices).view == view
    assert "mine.bed" not in track_ids(given, view)
    query = "?markers=&tracks=mine.bed&region=chr1:151-500"
    with create_app(given).server.test_client() as client:
        assert client.get(f"/export/session.xml{query}", **LOCAL).status_code == 200
        csv = client.get(f"/export/window.csv{query}", **LOCAL).text
        assert csv == "chrom,start,end,place.mine.bed\nchr1,150,200,1\nchr1,200,500,0\n"
        bed = client.get(f"/export/window.bed{query}", **LOCAL).text
        assert bed == 'track name="mine.bed"\nchr1\t100\t200\tfirst\n'
        config = client.get(f"/igv/config.json{query}", **LOCAL).get_json()
        assert [track["name"] for track in config["tracks"]] == ["mine.bed"]
        address = config["tracks"][0]["source"]["url"]
        for name, value in (("$CHR", "chr1"), ("$START", "150"), ("$END", "40000")):
            address = address.replace(name, value)
        there = {"chr": "chr1", "start": 100, "end": 200, "name": "first"}
        assert client.get(address, **LOCAL).get_json() == [there]
        broken = client.get("/export/window.csv?tracks=broken.vcf&region=chr1:1-50", **LOCAL)
        assert (broken.status_code, b"expected CHROM, POS" in broken.data) == (400, True)


def test_figures_have_the_places_of_a_view(given: Sources) -> None:
    request = ViewRequest("chr1:151-500", markers=("K562_CTCF",), tracks=("mine.bed",))
    row = read_picture(given, request).rows[-1]
    assert isinstance(row, Bars)
    assert (row.name, row.says, list(row.spans)) == ("mine.bed", "BED", [(150, 200)])
    with pytest.raises(TrackError, match=r"there are: .*mine\.bed"):
        read_picture(given, replace(request, tracks=("yours.bed",)))


def test_places_are_offered_as_regions(given: Sources) -> None:
    with create_app(given).server.test_client() as client:
        found = client.get("/places/mine.bed", **LOCAL).get_json()["places"]
        assert found[0] == {"region": "chr1:101-200", "name": "first"}
        assert found[2] == {"region": "chr2:1-20", "name": ""}  # as long as a view at least
        broken = client.get("/places/broken.vcf", **LOCAL)
        assert (broken.status_code, b"broken.vcf" in broken.data) == (400, True)
        assert client.get("/places/other", **LOCAL).status_code == 404
