"""Regions side by side: their figures, on scales that show the values of all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from regtrack_app.beside import regions_of, shared_spans, spans_beside
from regtrack_app.choices import choices_of
from regtrack_app.create_app import create_app
from regtrack_app.look import PLAIN
from regtrack_app.scales import ranges
from regtrack_app.state import View, default_view
from regtrack_app.view_data import ViewData

from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval

LOCAL = {"base_url": "http://localhost"}


@pytest.fixture
def view(sources: Sources) -> View:
    view = default_view(choices_of(sources))
    beside = ("chr2:10001-11000", "chr1:1-310000")
    return replace(view, region=Interval("chr1", 100_000, 100_100), beside=beside)


def test_scales_show_the_values_of_all_regions(sources: Sources, view: View) -> None:
    data = ViewData(sources)
    regions = regions_of(view, sources.assembly)
    assert regions[1:] == [Interval("chr2", 10_000, 11_000), Interval("chr1", 0, 310_000)]
    scenes = [data.scene(replace(view, region=region)) for region in regions]
    own = [
        dict(zip([row.key for row in scene.rows], ranges(scene.rows, region, PLAIN), strict=True))
        for scene, region in zip(scenes, regions, strict=True)
    ]
    shared = shared_spans(scenes, regions, PLAIN)
    assert shared["K562_CTCF"][1] == max(spans["K562_CTCF"][1] for spans in own)
    assert spans_beside(view, scenes[0], data, PLAIN) == shared
    assert spans_beside(replace(view, beside=()), scenes[0], data, PLAIN) is None


def test_each_region_has_its_figure(sources: Sources, view: View) -> None:
    with create_app(sources).server.test_client() as client:
        asked = {"search": view.query(), "theme": "dark", "height": "900"}
        layouts = [
            figure["layout"]
            for figure in client.get("/beside", query_string=asked, **LOCAL).get_json()
        ]
        shown = [
            [region.start + 0.5, region.end + 0.5] for region in regions_of(view, sources.assembly)
        ]
        assert [layout["xaxis"]["range"] for layout in layouts] == shown[1:]
        assert len({layout["yaxis3"]["range"][1] for layout in layouts}) == 1
        alone = asked | {"search": replace(view, beside=()).query()}
        assert client.get("/beside", query_string=alone, **LOCAL).get_json() == []
