"""Views as figures for print: the command of a view draws the rows and scales of the page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from regtrack_app.choices import choices_of
from regtrack_app.create_app import create_app
from regtrack_app.figure_words import figure_words
from regtrack_app.look import look_of
from regtrack_app.rows import ValueRow
from regtrack_app.scales import ranges
from regtrack_app.state import View, parse_view
from regtrack_app.view_data import ViewData
from small_world import World

from regtrack.cli import main
from regtrack.compare.inputs import Inputs
from regtrack.compare.open_sources import open_inputs
from regtrack.compare.sources import Sources
from regtrack.figures.region.values import Panel, Picture
from regtrack.views import figure as figures

QUERIES = [
    "",
    "?region=chr1:20001-45000&markers=K562_DNase,K562_CTCF&models=dilated&mode=stack",
    "?region=chr1:1001-9000&mode=stack&differences=models,labels&pair=dilated,cnn7&axis=log",
    "?region=chr1:1-300000&scale=limits&limits=0:0.4&draw=both&marks=chr1:100-5000;chr2:1-20",
    "?region=chr2:1001-1100&axis=fold&floor=lowest&tracks=signal&rows=genes,signal",
    "?mode=stack&looks=K562_CTCF/cnn7~h120~cd55e00~l0:0.3&scale=own&region=chr2:1-20000",
]


@pytest.fixture(scope="module")
def opened(world: World) -> Iterator[Sources]:
    named = {world.folder / "sweeps" / "cnn7": "my CNN"}
    folders = tuple(world.folder / "sweeps" / name for name in ("cnn7", "dilated"))
    files = (world.folder / "data", world.folder / "genes.gtf", world.folder / "genome.fa")
    with open_inputs(Inputs((*folders, world.folder / "signal.bw"), *files, named)) as sources:
        yield sources


@pytest.fixture(scope="module")
def client(opened: Sources) -> Iterator[FlaskClient]:
    with create_app(opened).server.test_client() as client:
        yield client


def view_of(sources: Sources, query: str) -> View:
    # the named model keeps its name as id
    parsed = parse_view(query.replace("cnn7", "my-CNN"), choices_of(sources))
    assert parsed.problems == ()
    return parsed.view


@pytest.mark.parametrize("query", QUERIES)
def test_the_command_draws_the_rows_and_scales_of_the_page(
    opened: Sources, query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = view_of(opened, query)
    words = figure_words(opened, view)
    drawn: list[Picture] = []
    kept = figures.region_figure
    monkeypatch.setattr(figures, "region_figure", lambda p: kept(drawn.append(p) or p))
    monkeypatch.setattr("sys.argv", [*words, "--out", str(tmp_path / "a.png")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    scene = ViewData(opened).scene(view)
    look = look_of(view, "light", exact=scene.exact)
    page = {
        row.key: (limits, [curve.name for curve in row.curves])
        for row, limits in zip(scene.rows, ranges(scene.rows, view.region, look), strict=True)
        if isinstance(row, ValueRow)
    }
    (picture,) = drawn
    panels = {row.key: row for row in picture.rows if isinstance(row, Panel)}
    assert list(panels) == list(page)
    for key, panel in panels.items():
        limits, names = page[key]
        assert [line.name or "signal" for line in panel.lines] == names
        # bins of the page are wider
        assert panel.limits[1] == pytest.approx(limits[1], rel=0.6)
        assert (panel.limits[0] == 0) == (limits[0] == 0)
    assert picture.region == view.region
    assert len(picture.marks) == len(look.marks)


def test_the_command_is_shown_as_a_line_for_a_shell(client: FlaskClient, world: World) -> None:
    answer = client.get("/figure/command?region=chr1:1-5000&markers=K562_CTCF")
    words = shlex.split(answer.get_data(as_text=True))
    assert words[:3] == ["regtrack", "figure", f"my CNN={world.folder / 'sweeps' / 'cnn7'}"]
    assert words[-2:] == ["--out", "regtrack_chr1_1-5000.pdf"]
    assert ["--labels", str(world.folder / "data")] == words[5:7]
    refused = client.get("/figure/command?markers=REST")
    assert refused.status_code == 400
    assert "There is no marker" in refused.get_data(as_text=True)
    assert "choose one" in client.get("/figure/command?markers=&tracks=").get_data(as_text=True)


def test_a_view_is_drawn_by_its_command(client: FlaskClient) -> None:
    assert client.get("/export/figure.pdf?region=chr1:1-5000&check=yes").status_code == 204
    assert client.get("/export/figure.gif?region=chr1:1-5000").status_code == 400
    answer = client.get("/export/figure.svg?region=chr1:1-5000&markers=K562_CTCF")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "image/svg+xml"
    assert "regtrack_chr1_1-5000.svg" in answer.headers["Content-Disposition"]
    text = answer.get_data(as_text=True)
    assert "DILATED" in text
    assert "my CNN" in text


def test_tracks_that_no_command_can_name_are_refused(sources: Sources) -> None:
    bare = replace(sources, inputs=None)
    with create_app(bare).server.test_client() as client:
        assert client.get("/export/figure.pdf?check=yes").status_code == 400
