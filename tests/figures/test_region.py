"""Pictures of a region, read back from the figure: what is drawn, where, and how large."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from regtrack.figures.region.draw import region_figure
from regtrack.figures.region.genes import place_genes
from regtrack.figures.region.scale_bar import bar_length, length_text
from regtrack.figures.region.values import Bars, Bases, GeneModels, Line, Panel, Picture
from regtrack.figures.style import WIDTHS, save_figure, style
from regtrack.figures.text_size import fitted, text_width
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.tracks.genes import GeneRows

PLACE = Interval("chr1", 70_000, 74_000)
EDGES = np.linspace(70_000, 74_000, 41)
BLUE, ORANGE = "#0072b2", "#d55e00"


def line(name: str = "CNN7", colour: str = BLUE, height: float = 0.2) -> Line:
    values = np.full(40, 0.01, np.float32)
    values[6:8] = height
    return Line(name, colour, EDGES, (values,))


def panel(*lines: Line, name: str = "", **looks: object) -> Panel:
    return replace(Panel(name or "key", name, "GM12878", lines, (0.0, 0.2)), **looks)


LABELS = Bars("CTCF", "GM12878", Intervals.merged(np.array([70_500]), np.array([70_900])))


def genes(*places: tuple[str, int, int, int]) -> GeneRows:
    """Genes with exons of 400 bp at both ends, of which the second half codes."""
    names, lows, highs, strands = zip(*places, strict=True)
    starts, ends = np.array(lows), np.array(highs)
    return GeneRows(
        names, starts, ends, np.array(strands, np.int8), np.zeros(len(names), np.int64),
        np.stack([starts, ends - 400], 1).ravel(), np.stack([starts + 400, ends], 1).ravel(),
        np.repeat(np.arange(len(names)), 2), 0, np.stack([starts + 200, ends - 200], 1),
    )  # fmt: skip


def drawn(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if any(isinstance(p, StepPatch) for p in axes.patches)]


def steps(axes: Axes) -> list[StepPatch]:
    return [patch for patch in axes.patches if isinstance(patch, StepPatch)]


def bars(axes: Axes) -> list[list[tuple[float, float]]]:
    """Left and right of the boxes of each collection, in the order drawn."""
    return [
        [(box.vertices[:, 0].min(), box.vertices[:, 0].max()) for box in found.get_paths()]
        for found in axes.collections
    ]


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_text()]


def test_a_track_is_filled_in_its_colour_from_the_bottom_of_its_axis() -> None:
    figure = region_figure(Picture(PLACE, (LABELS, panel(line(), tint=LABELS.spans))))
    (axes,) = drawn(figure)
    (found,) = steps(axes)
    values, edges, baseline = found.get_data()
    np.testing.assert_array_equal(values, line().values[0])
    np.testing.assert_array_equal(edges, EDGES + 0.5)  # base i is centred at i, counted from 1
    assert baseline == 0
    assert to_hex(found.get_facecolor()) == BLUE
    assert axes.get_ylim() == (0.0, 0.2)
    assert axes.get_xlim() == (70_000.5, 74_000.5)
    assert bars(axes)[0] == [(70_500.5, 70_900.5)]
    assert texts(figure) == ["CTCF", "GM12878", "labels", "GM12878", "CNN7"]


def test_lines_that_share_a_panel_are_in_a_legend() -> None:
    dashed = replace(line("DILATED", ORANGE, 0.1), dashes=(4, 1))
    figure = region_figure(Picture(PLACE, (panel(line(), dashed, name="CTCF"),)))
    legend = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert {"CNN7", "DILATED"} < set(legend)
    lines = [found for axes in figure.axes for found in axes.lines if len(found.get_xdata()) == 40]
    assert [found.get_color() for found in lines] == [BLUE, BLUE, ORANGE, ORANGE]
    # each on a thin solid one, so that no peak falls into a gap
    assert [found.is_dashed() for found in lines] == [False, False, False, True]


def test_a_difference_is_in_the_colour_of_the_higher_one() -> None:
    values = np.linspace(-1, 1, 40).astype(np.float32)
    less = Line("CNN7 − DILATED", BLUE, EDGES, (values,), below=ORANGE)
    (axes,) = drawn(region_figure(Picture(PLACE, (panel(less, limits=(-1.0, 1.0)),))))
    above, below = steps(axes)
    np.testing.assert_array_equal(above.get_data().values, np.maximum(values, 0))
    np.testing.assert_array_equal(below.get_data().values, np.minimum(values, 0))
    assert [to_hex(part.get_facecolor()) for part in (above, below)] == [BLUE, ORANGE]


def test_what_is_absent_is_hatched() -> None:
    values = np.ones(40, np.float32)
    values[10:20] = np.nan
    (axes,) = drawn(region_figure(Picture(PLACE, (panel(Line("A", BLUE, EDGES, (values,))),))))
    hatched = [bars(axes)[at] for at, found in enumerate(axes.collections) if found.get_hatch()]
    assert hatched == [[(71_000.5, 72_000.5)]]


def test_a_logarithmic_axis_keeps_what_is_not_positive_below_it() -> None:
    values = np.array([0.0, 0.1], np.float32)
    one = Line("A", BLUE, np.array([70_000.0, 72_000, 74_000]), (values,))
    (axes,) = drawn(region_figure(Picture(PLACE, (panel(one, log=True, limits=(0.01, 1.0)),))))
    assert axes.get_yscale() == "log"
    assert steps(axes)[0].get_data().values.tolist() == pytest.approx([1e-9, 0.1])


def test_letters_are_as_high_as_their_values() -> None:
    short = Interval("chr1", 100, 104)
    values = np.array([0.5, -0.25, 0, 1], np.float32)
    one = Line("A", BLUE, np.arange(100.0, 105), (values,), letters="ACGT")
    figure = region_figure(
        Picture(short, (panel(one, limits=(-1.0, 1.0)), Bases(100, "ACGT")), width=89.0)
    )
    axes = next(axes for axes in figure.axes if axes.get_ylim() == (-1.0, 1.0))
    assert axes.get_xlim() == (100.5, 104.5)
    boxes = [patch.get_path().get_extents() for patch in axes.patches]
    assert sorted((round(box.x0 + box.x1) / 2, round(float(box.height), 2)) for box in boxes) == [
        (101, 0.5), (102, 0.25), (104, 1.0),
    ]  # fmt: skip
    letters = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert letters[-4:] == ["A", "C", "G", "T"]


def test_genes_have_thin_exons_thick_coding_parts_and_arrows() -> None:
    models = GeneModels(genes(("NOL9", 70_200, 73_000, -1), ("A", 73_300, 74_500, 1)))
    figure = region_figure(Picture(PLACE, (models, panel(line()))))
    axes = next(axes for axes in figure.axes if any("NOL9" in t.get_text() for t in axes.texts))
    assert [text.get_text() for text in axes.texts] == ["← NOL9", "A →"]
    bodies, exons, coding = axes.collections
    assert [path.vertices[:, 0].tolist() for path in bodies.get_paths()] == [
        [70_200.5, 73_000.5], [73_300.5, 74_000.5],
    ]  # fmt: skip
    assert bars(axes)[1] == [
        (70_200.5, 70_600.5), (72_600.5, 73_000.5), (73_300.5, 73_700.5),
    ]  # fmt: skip
    assert bars(axes)[2] == [
        (70_400.5, 70_600.5), (72_600.5, 72_800.5), (73_500.5, 73_700.5),
    ]  # fmt: skip
    heights = [np.ptp(found.get_paths()[0].vertices[:, 1]) for found in (exons, coding)]
    assert heights[1] == pytest.approx(heights[0] * 1.7 / 0.75)
    _, left = axes.lines
    assert len(left.get_xdata()) > 5  # along the intron of NOL9
    assert ((left.get_xdata() > 70_600) & (left.get_xdata() < 72_600)).all()


def test_genes_beyond_the_last_lane_are_counted() -> None:
    many = genes(*[(f"GENE{number}", 70_000, 74_000, 1) for number in range(9)])
    figure = region_figure(Picture(PLACE, (GeneModels(many, most_lanes=6), panel(line()))))
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "3 more not shown" in said
    assert "no genes here" not in said


@given(st.lists(st.tuples(st.integers(69_000, 73_900), st.integers(1, 3_000)), max_size=12))
def test_names_of_genes_never_overlap(places: list[tuple[int, int]]) -> None:
    found = [(f"GENE{low}", low, low + size, 1) for low, size in sorted(places)]
    found = [one for one in found if one[2] > PLACE.start] or [("A", 70_000, 70_400, 1)]
    models = GeneModels(genes(*found), most_lanes=50)
    with style():
        lanes = place_genes(PLACE, models, 120.0)
        bp = len(PLACE) / 120.0
        spans = [
            (lane, at, at + text_width(f"{models.rows.names[gene]} →", 5.5, italic=True) * bp)
            for gene, lane, at in zip(lanes.kept, lanes.lanes, lanes.named_at, strict=True)
        ]
    assert len(spans) == len(found)
    for number, (lane, low, high) in enumerate(spans):
        assert PLACE.start <= low
        assert not [
            other for other in spans[number + 1 :]
            if other[0] == lane and other[1] < high and low < other[2]
        ]  # fmt: skip


@pytest.mark.parametrize("width", [*WIDTHS.values(), 60.0])
def test_texts_neither_overlap_nor_leave_the_figure(width: float) -> None:
    long = "GM12878_a-very-long-name-of-a-marker_with-treatment"
    rows = (
        GeneModels(genes(("NOL9", 70_200, 73_000, -1), ("LONG-NAME", 73_900, 74_500, 1))),
        LABELS,
        panel(line("DILATED, max pooling (trained-for-longer)")),
        panel(line(), name=long, limits=(0.00025, 0.00175)),
        panel(line(), replace(line("DILATED"), colour=ORANGE), name="CTCF"),
    )
    picture = Picture(PLACE, rows, width=width, title="chr1:70,001-74,000", assembly="hg38")
    figure = region_figure(picture)
    FigureCanvasAgg(figure).draw()
    assert figure.get_size_inches()[0] * 25.4 == pytest.approx(width)
    found = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    found += [figure.axes[-1].xaxis.label, *figure.axes[-1].get_xticklabels()[1:-1]]
    boxes = [(t.get_text(), t.get_window_extent()) for t in found if t.get_text()]
    for number, (text, box) in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1 + 1, text
        for other, beside in boxes[number + 1 :]:
            assert not box.padded(-1).overlaps(beside.padded(-1)), (text, other)


def test_a_name_is_shortened_in_its_middle() -> None:
    with style():
        short = fitted("GM12878_H3K4me3_replicate-1", 7, 20, bold=True)
        assert text_width(short, 7, bold=True) <= 20
        assert fitted("CTCF", 7, 20, bold=True) == "CTCF"
    head, tail = short.split("…")
    assert "GM12878_H3K4me3_replicate-1".startswith(head)
    assert "GM12878_H3K4me3_replicate-1".endswith(tail)


@given(st.integers(1, 300_000_000))
def test_a_scale_bar_is_a_round_number_and_at_most_a_quarter(span: int) -> None:
    length = bar_length(span)
    assert str(length).rstrip("0") in {"1", "2", "5"}
    assert length == 1 or span * 0.1 <= length <= span * 0.25
    number, unit = length_text(length).split()
    assert float(number) * {"bp": 1, "kb": 1_000, "Mb": 1_000_000}[unit] == length


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    figure = region_figure(Picture(PLACE, (panel(line()),)))
    head = figure.axes[0]
    assert [text.get_text() for text in head.texts] == ["1 kb", ""]
    low, high = head.lines[0].get_xdata()
    assert (low, high) == (73_000.5, 74_000.5)
    assert head.get_position().x0 == drawn(figure)[0].get_position().x0


def test_fonts_are_inside_every_file(tmp_path: Path) -> None:
    picture = Picture(PLACE, (LABELS, panel(line())), title="chr1 − CTCF", width=89.0)
    figures = {name: region_figure(picture) for name in "ab"}
    for name in ("a.pdf", "a.svg", "b.svg", "b.pdf"):
        save_figure(figures[name[0]], tmp_path / name, about="regtrack figure a")
    for kind in ("pdf", "svg"):  # the same figure is the same bytes
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Subject (regtrack figure a)" in pdf
    (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) [\d.]+ \]", pdf)
    assert float(box) / 72 * 25.4 == pytest.approx(89, abs=0.01)
    svg = (tmp_path / "a.svg").read_text()
    assert "<dc:description>regtrack figure a</dc:description>" in svg
    assert "font-family: 'regtrack-figure', 'Arial'" in svg
    held = {}
    for weight, packed in re.findall(r"font-weight:(\w+);.*?base64,([\w+/=]+)", svg):
        held[weight] = set(TTFont(io.BytesIO(base64.b64decode(packed))).getBestCmap())
    assert {ord(letter) for letter in "chr1 − CTCF"} <= held["bold"]
    assert {ord(letter) for letter in "GM12878 labels"} <= held["normal"]
    assert ord("Q") not in held["bold"]
    assert len(svg) < 40_000
