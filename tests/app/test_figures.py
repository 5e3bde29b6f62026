"""The figure: what is drawn where, and that a patch turns one view's figure into another's."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from regtrack_app.figures import Drawing, draw, region_of_axis, structure
from regtrack_app.look import PLAIN, Look
from regtrack_app.rows import Curve, GeneRow, LetterRow, Row, SpanRow, ValueRow
from regtrack_app.scales import ranges
from regtrack_app.traces import absent_stretches, traces_of, typed

from regtrack.genome.interval import Interval
from regtrack.model_style import TITLES, style_of

REGION = Interval("chr1", 1_000, 2_000)
LENGTH = 50_000


def array(spec: dict[str, str]) -> npt.NDArray[Any]:
    return np.frombuffer(base64.b64decode(spec["bdata"]), dtype=f"<{spec['dtype']}")


def curve(name: str = "cnn7", values: Sequence[float] = (0.1, 0.2, np.nan)) -> Curve:
    mean = np.array(values, dtype=np.float32)
    return Curve(name, style_of(name), 500, 1_000, mean, mean * 2)


def genes() -> GeneRow:
    at = np.array([900, 1_500])
    return GeneRow(("A", "B"), ("+", "-"), at, at + 400, np.array([0, 1]), at, at, at + 50,
                   np.array([0, 1]), at, at + 20, np.array([0, 1]))  # fmt: skip


def all_rows() -> list[Row]:
    split = SpanRow("split", "", "", np.array([0]), np.array([9_000]), "split", ("test",), height=6)
    labels = SpanRow("m/=labels", "K562_CTCF", "TF", np.array([1_200]), np.array([1_300]))
    return [
        split,
        labels,
        ValueRow("m", "", "TF", (curve(), curve("dilated")), "m", "TF"),
        ValueRow("d", "a − b", "m", (curve(),), "m", "models", "difference"),
        ValueRow("s", "saliency", "m", (curve(),), "m", "saliency", "saliency"),
        ValueRow("x", "gone", "", (), "x", "TF", problem="the file is gone"),
        genes(),
        LetterRow(1_000, "ACGTN"),
    ]


def drawn(
    region: Interval = REGION, rows: Sequence[Row] | None = None, look: Look = PLAIN
) -> Drawing:
    return draw(rows or all_rows(), region, LENGTH, look)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_row_is_drawn_and_plotly_understands_it(theme: str) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    figure = drawn(look=Look(theme)).figure()
    plotly_figure = graph_objects.Figure(figure)
    assert len(plotly_figure.data) == len(figure["data"])
    assert {trace["yaxis"] for trace in figure["data"]} == {
        "y", *(f"y{number}" for number in range(2, 9))
    }  # fmt: skip
    json.dumps(figure, allow_nan=False)


def test_a_row_without_curves_has_no_axis() -> None:
    layout = drawn().layout
    assert layout["yaxis6"]["visible"] is False
    assert layout["yaxis5"].get("visible", True)


def test_positions_are_1_based() -> None:
    layout = drawn().layout
    assert layout["xaxis"]["range"] == [1_000.5, 2_000.5]
    assert layout["xaxis"]["maxallowed"] == LENGTH + 0.5
    assert region_of_axis(1_000.5, 2_000.5) == (1_000, 2_000)
    letters = drawn().traces[-1]
    assert (letters["x0"], letters["dx"], letters["text"]) == (1_001, 1, list("ACGTN"))
    labelled = next(trace for trace in drawn().traces if trace.get("name") == "labelled")
    assert array(labelled["x"])[:5].tolist() == [1_200.5, 1_200.5, 1_300.5, 1_300.5, 1_200.5]


def test_a_bin_is_drawn_at_its_middle() -> None:
    line = next(trace for trace in drawn().traces if trace.get("name") == "cnn7")
    # bases 500 to 1499, shown as 501 to 1500
    assert (line["x0"], line["dx"]) == (1_000.5, 1_000)
    np.testing.assert_array_equal(array(line["y"]), curve().mean)


def lines_of(axis: str, drawing: Drawing) -> list[dict[str, Any]]:
    return [trace for trace in drawing.traces if trace["yaxis"] == axis]


def test_absent_is_a_gap_in_the_line_and_hatched() -> None:
    *lines, absent = lines_of("y3", drawn())
    assert all(np.isnan(array(line["y"])[2]) for line in lines)
    assert absent["fillpattern"]["shape"] == "/"
    assert array(absent["x"])[[0, 2]].tolist() == [2_500.5, 3_500.5]


def test_only_a_curve_that_is_alone_is_filled() -> None:
    assert not any("fillcolor" in line for line in lines_of("y3", drawn())[:-1])
    alone: list[Row] = [ValueRow("m", "", "TF", (curve(),), "m", "TF")]
    ground, *_ = lines_of("y", drawn(rows=alone))
    assert ground["fill"] == "tozeroy"
    assert array(ground["y"])[2] == 0


def test_no_peak_falls_into_the_gap_of_a_dashed_line() -> None:
    dashed = [style_of(name) for name in TITLES if style_of(name).dash != "solid"]
    assert dashed
    for style in dashed:
        rows: list[Row] = [ValueRow("m", "", "TF", (curve(style.id),), "m", "TF")]
        lines = [line for line in lines_of("y", drawn(rows=rows)) if line["line"].get("color")]
        assert {line["line"]["color"] for line in lines} == {style.light}
        solid = [line for line in lines if line["line"].get("dash", "solid") == "solid"]
        np.testing.assert_array_equal(array(solid[0]["y"]), curve().mean)


def test_mean_maximum_or_both_are_drawn() -> None:
    def values(statistic: str) -> list[list[float]]:
        rows: list[Row] = [ValueRow("m", "", "", (curve("dilated"), curve("dilated")), "m", "TF")]
        lines = lines_of("y", drawn(rows=rows, look=Look(statistic=statistic)))[:-1]
        return [array(line["y"])[:2].tolist() for line in lines]

    mean, high = curve().mean[:2].tolist(), (curve().mean * 2)[:2].tolist()
    assert values("mean") == [mean, mean]
    assert values("max") == [high, high]
    assert values("both") == [high, mean, high, mean]


def test_a_logarithmic_axis_has_its_range_in_powers_and_no_0() -> None:
    row = ValueRow("m", "", "", (curve(values=[0, 0.01, 1]),), "m", "TF")
    drawing = drawn(Interval("chr1", 500, 3_500), [row], Look(log=True))
    axis = drawing.layout["yaxis"]
    assert axis["type"] == "log"
    assert axis["range"] == pytest.approx([-2, 0])
    assert axis["ticktext"][0] == "0.01"
    assert all(array(line["y"]).min() > 0 for line in drawing.traces if line.get("hovertemplate"))


def test_absent_is_where_no_curve_has_a_value() -> None:
    one, two = curve(values=[np.nan, np.nan, 1, np.nan]), curve(values=[1, np.nan, np.nan, np.nan])
    assert list(absent_stretches((one, two))) == [(1_500, 2_500), (3_500, 4_500)]
    assert not absent_stretches(())


def test_rows_do_not_overlap_and_fill_the_figure() -> None:
    layout = drawn().layout
    domains = [
        layout[f"yaxis{number}" if number > 1 else "yaxis"]["domain"] for number in range(1, 9)
    ]
    for above, below in pairwise(domains):
        assert 0 <= below[0] < below[1] < above[0] < above[1] <= 1
    plot = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    for row, (low, high) in zip(all_rows(), domains, strict=True):
        assert (high - low) * plot == pytest.approx(row.height)


def test_each_name_stands_once_in_the_legend() -> None:
    named = [trace["legendgroup"] for trace in drawn().traces if trace["showlegend"]]
    assert sorted(named) == sorted(
        {"train", "valid", "test", "labelled", "cnn7", "dilated", "no value"}
    )


def test_names_are_no_markup() -> None:
    row = ValueRow("m", "<b>x</b>", "<i>", (curve("<img src=x>"),), "m", "TF")
    text = json.dumps(drawn(rows=[row]).figure())
    assert "<img" not in text.replace('"name": "<img src=x>"', "").replace(
        '"legendgroup": "<img src=x>"', ""
    )
    assert "&lt;b&gt;x" in text


def test_what_is_wrong_is_written_in_its_row() -> None:
    texts = [note["text"] for note in drawn().layout["annotations"]]
    assert "the file is gone" in texts


def test_genes_have_names_arrows_and_lanes() -> None:
    text = next(trace for trace in drawn().traces if trace.get("mode") == "text")
    assert text["text"] == ["A ▸", "◂ B"]
    first, second = array(text["y"])
    assert first > second


def applied(figure: dict[str, Any], patch: Any) -> dict[str, Any]:
    """The figure after a patch, as the browser applies it."""
    found: dict[str, Any] = json.loads(json.dumps(figure))
    for operation in json.loads(json.dumps(patch.to_plotly_json()))["operations"]:
        assert operation["operation"] == "Assign"
        place: Any = found
        for key in operation["location"][:-1]:
            place = place[key]
        place[operation["location"][-1]] = operation["params"]["value"]
    return found


def test_a_patch_makes_the_figure_of_the_other_view() -> None:
    there = Interval("chr1", 1_400, 2_400)
    rows = all_rows()
    rows[-1] = LetterRow(1_400, "GGGGG")
    before, after = drawn().figure(), drawn(there, rows)
    assert applied(before, after.patch(same_data=False)) == json.loads(json.dumps(after.figure()))
    same = applied(before, after.patch(same_data=True))
    assert same["layout"] == json.loads(json.dumps(after.layout))
    assert same["data"][-1]["text"] == list("GGGGG")


def test_a_pan_within_the_tile_sends_no_curve() -> None:
    drawing = drawn()
    narrow = len(json.dumps(drawing.patch(same_data=True).to_plotly_json()))
    wide = len(json.dumps(drawing.patch(same_data=False).to_plotly_json()))
    assert narrow < wide
    operations = drawing.patch(same_data=True).to_plotly_json()["operations"]
    lines = {index for index, trace in enumerate(drawing.traces) if trace.get("name") == "cnn7"}
    assert not any(
        op["location"][:1] == ["data"] and op["location"][1] in lines for op in operations
    )


def test_figures_can_be_patched_where_their_rows_are_the_same() -> None:
    rows = all_rows()
    assert structure(rows, Look()) == structure(all_rows(), Look())
    assert structure(rows, Look()) != structure(rows[:-1], Look())
    for other in (Look("dark"), Look(log=True), Look(statistic="max")):
        assert structure(rows, Look()) != structure(rows, other)


def test_arrays_travel_as_bytes() -> None:
    values = np.array([1.5, np.nan, -2], dtype=np.float64)
    np.testing.assert_array_equal(array(typed(values)), values)
    positions = np.array([248_956_421.5])
    assert array(typed(positions, "f8")) == positions


@pytest.mark.parametrize(("statistic", "edges"), [("mean", 2), ("both", 2), ("max", 0)])
def test_a_spread_is_a_band_around_the_means(statistic: str, edges: int) -> None:
    apart = replace(curve(), spread=np.array([0.3, 0.05, np.nan], dtype=np.float32))
    row = ValueRow("m", "", "TF", (apart,), "m", "TF")
    look = replace(PLAIN, statistic=statistic)
    traces = [trace for trace, _ in traces_of(row, (0.0, 1.0), look)]
    fills = [trace for trace in traces if trace.get("fill") == "tonexty"]
    assert len(fills) == edges // 2
    plain = traces_of(replace(row, curves=(curve(),)), (0.0, 1.0), look)
    assert len(traces) - len(plain) == edges - 1  # the fill below the line is left out
    if fills:
        at = traces.index(fills[0])
        np.testing.assert_allclose(array(traces[at - 1]["y"]), [0, 0.15, 0], atol=1e-6)
        np.testing.assert_allclose(array(fills[0]["y"]), [0.4, 0.25, 0], atol=1e-6)
        (low, high), *_ = ranges([row], Interval("chr1", 500, 3_500), look)
        assert (low, high >= 0.4) == (0.0, True)
