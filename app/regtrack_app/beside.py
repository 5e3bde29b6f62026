"""Further regions side by side with the view, on the same scales."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from dash import Dash
from flask import Flask, Response, request
from plotly.utils import PlotlyJSONEncoder

from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval, parse_region
from regtrack_app.choices import Choices
from regtrack_app.figures import draw
from regtrack_app.look import Look, look_of
from regtrack_app.scales import Range, ranges
from regtrack_app.screen import screen_of
from regtrack_app.state import View, parse_view
from regtrack_app.view_data import Scene, ViewData


def regions_of(view: View, assembly: Assembly) -> list[Interval]:
    """The regions of a view, from left to right."""
    return [view.region, *(parse_region(text, assembly) for text in view.beside)]


def shared_spans(
    scenes: Sequence[Scene], regions: Sequence[Interval], look: Look
) -> dict[str, Range]:
    """The range of each row's axis, by its key, that shows the row's values in all regions."""
    found: dict[str, Range] = {}
    for scene, region in zip(scenes, regions, strict=True):
        for row, (low, high) in zip(scene.rows, ranges(scene.rows, region, look), strict=True):
            least, most = found.get(row.key, (low, high))
            found[row.key] = min(low, least), max(high, most)
    return found


def spans_beside(
    view: View, scene: Scene, data: ViewData, look: Look, screen: int | None = None
) -> dict[str, Range] | None:
    """The ranges of a view that has regions beside it; None for one that stands alone.

    Args:
        view: the view.
        scene: of its first region.
        data: reads the others.
        look: how they are drawn.
        screen: height of the window (pixels).
    """
    if not view.beside:
        return None
    regions = regions_of(view, data.sources.assembly)
    scenes = [data.scene(replace(view, region=region), screen) for region in regions[1:]]
    return shared_spans([scene, *scenes], regions, look)


def register(app: Dash, data: ViewData, choices: Choices) -> None:
    """Add the route of the figures beside the view: one request for all, on one scale."""
    server: Flask = app.server

    @server.route("/beside")
    def beside() -> Response:
        """The figures of the regions beside the first one, in order."""
        view = parse_view(request.args.get("search", ""), choices).view
        height = request.args.get("height", -1, int)
        screen = screen_of({"theme": request.args.get("theme"), "height": height})
        regions = regions_of(view, data.sources.assembly)
        scenes = [data.scene(replace(view, region=region), screen.height) for region in regions]
        look = look_of(view, screen.theme, exact=scenes[0].exact)
        spans = shared_spans(scenes, regions, look)
        length = data.sources.assembly.length
        figures = [
            draw(scene.rows, region, length(region.chrom), look, spans).figure()
            for scene, region in list(zip(scenes, regions, strict=True))[1:]
        ]
        return Response(json.dumps(figures, cls=PlotlyJSONEncoder), mimetype="application/json")
