"""A model has one title and one colour: on the page, in sessions, in figures, alone or not."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from regtrack_app.choices import choices_of
from regtrack_app.figures import draw
from regtrack_app.layout import page
from regtrack_app.look import Look
from regtrack_app.state import default_view
from regtrack_app.view_data import ViewData
from small_world import World

from regtrack.compare.browser_tracks import region_session
from regtrack.compare.open_sources import open_sources
from regtrack.compare.region_text import region_bed
from regtrack.compare.sources import Sources
from regtrack.figures.benchmark import Question, benchmark_figure
from regtrack.figures.receptive_field import receptive_field_figure
from regtrack.figures.window import Row, window_figure
from regtrack.genome.interval import Interval
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle, style_of
from regtrack.saliency.values import Curve

REGION = Interval("chr1", 100_000, 100_500)
MARKER = Marker("K562_CTCF", "TF", "K562", "CTCF")
NAMES = ("dilated", "cnn7")


@pytest.fixture(params=[("cnn7", "dilated"), ("dilated", "cnn7"), ("dilated",)], ids="+".join)
def sources(request: pytest.FixtureRequest, world: World) -> Sources:
    return open_sources([world.folder / "sweeps" / model for model in request.param])


def on_the_page(sources: Sources, theme: str) -> dict[str, tuple[str, str]]:
    """Colour and dashes of each line, by its name in the legend."""
    scene = ViewData(sources).scene(default_view(choices_of(sources)))
    drawing = draw(scene.rows, REGION, sources.assembly.length("chr1"), Look(theme))
    return {
        trace["name"]: (trace["line"]["color"], trace["line"]["dash"])
        for trace in drawing.traces
        if "dash" in trace.get("line", {})
    }


def in_figure(figure: Figure, title: str) -> str:
    """The colour of a model's line in a legend."""
    (handle,) = [
        line
        for legend in figure.legends
        for line, text in zip(legend.get_lines(), legend.get_texts()[1:], strict=False)
        if text.get_text() == title
    ]
    return to_hex(handle.get_color())


def test_the_page_shows_dilated_in_its_own_colour(sources: Sources) -> None:
    style = style_of("dilated")
    assert on_the_page(sources, "light")["DILATED"] == (style.light, style.dash)
    assert on_the_page(sources, "dark")["DILATED"] == (style.dark, style.dash)
    shown = str(page(sources, choices_of(sources), igv_ready=False))
    assert "DILATED" in shown
    assert style.light in shown
    assert style.dark in shown


def test_so_do_sessions_of_igv_and_tracks_for_ucsc(sources: Sources) -> None:
    red, green, blue = (int(style_of("dilated").light[at : at + 2], 16) for at in (1, 3, 5))
    tracks = ["dilated.K562_CTCF"]
    session = region_session(sources, REGION, tracks, genome="g", address=lambda track: track.id)
    (track,) = ElementTree.fromstring(session).iter("Track")
    assert (track.get("name"), track.get("color")) == (
        "DILATED K562_CTCF",
        f"{red},{green},{blue}",
    )
    head = region_bed(sources, REGION, tracks).splitlines()[0]
    assert f'name="DILATED K562_CTCF" color={red},{green},{blue} ' in head


@pytest.mark.parametrize("names", [NAMES, NAMES[::-1]], ids="+".join)
def test_so_do_figures(names: Sequence[str]) -> None:
    styles = {name: style_of(name) for name in names}
    dilated = styles["dilated"]
    scores: dict[ModelStyle, np.ndarray] = {
        style: np.zeros(500, np.float32) for style in styles.values()
    }
    window = window_figure(REGION, [Row("CTCF", "TF", np.zeros(500, np.uint8), scores)])
    assert in_figure(window, dilated.title) == dilated.light

    distance = np.arange(-5, 6)
    curves = [
        Curve(style, MARKER, distance, np.full(11, 1 / 11), 9, 11) for style in styles.values()
    ]
    left = receptive_field_figure(curves).axes[0]
    assert left.lines[names.index("dilated")].get_color() == dilated.light

    question = Question("far", {"dilated": [0.5]})
    (axes,) = benchmark_figure({"PR AUC": [question]}, styles).axes
    dots = [line for line in axes.lines if len(line.get_xdata()) == 1 and line.get_marker() == "o"]
    assert [to_hex(line.get_color()) for line in dots] == [dilated.light]
