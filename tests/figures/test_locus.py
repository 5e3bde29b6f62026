"""The locus figure: what it draws, read back from the figure itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import StepPatch

from regtrack.figures.locus import locus_figure, round_top
from regtrack.figures.window import Row
from regtrack.genome.interval import Interval
from regtrack.model_style import style_of
from regtrack.tracks.genes import GeneRows

PLACE = Interval("chr1", 70_000, 74_000)
MODELS = [style_of("cnn7"), style_of("bi-lstm")]


def row(name: str = "CTCF", height: float = 0.2) -> Row:
    labels = np.zeros(4_000, np.uint8)
    labels[500:900] = 1
    weak = np.zeros(4_000, np.float32)
    weak[600:800] = height
    absent = np.full(4_000, 0.01, np.float32)
    absent[3_000:3_500] = np.nan
    return Row(name, "GM12878", labels, dict(zip(MODELS, (weak, absent), strict=True)))


def genes(*places: tuple[str, int, int, int]) -> GeneRows:
    names, starts, ends, strands = zip(*places, strict=True)
    at = np.array(starts), np.array(ends)
    return GeneRows(
        names, *at, np.array(strands, np.int8), np.zeros(len(names), np.int64),
        at[0], at[0] + 50, np.arange(len(names)), 0,
    )  # fmt: skip


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def bars(axes: Axes) -> list[list[tuple[float, float]]]:
    """Left and right of the boxes of each collection, in the order drawn."""
    return [
        [(box.vertices[:, 0].min(), box.vertices[:, 0].max()) for box in found.get_paths()]
        for found in axes.collections
    ]


def steps(axes: Axes) -> StepPatch:
    (found,) = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    return found


def test_a_marker_is_its_labels_and_a_track_per_model_in_its_colour() -> None:
    labels, first, second = locus_figure(PLACE, [row()], bins=40).axes
    assert bars(labels) == [[(70_500, 70_900)]]
    assert texts(labels) == ["labels", "CTCF"]
    assert texts(first) == ["CNN7", "GM12878\n0 to 0.2"]
    assert texts(second) == ["BI-LSTM"]
    for axes, (model, track) in zip((first, second), row().tracks.items(), strict=True):
        drawn = steps(axes)
        assert to_hex(drawn.get_facecolor()) == model.light
        means, edges, _ = drawn.get_data()
        np.testing.assert_allclose(means, track.reshape(40, 100).mean(axis=1), rtol=1e-5)
        np.testing.assert_array_equal(edges, np.arange(70_000, 74_001, 100))
    assert bars(second)[1] == [(73_000, 73_500)]  # hatched: no value
    assert first.get_ylim() == second.get_ylim()
    assert second.get_xlabel() == "Position on chr1 (bp)"


def test_every_marker_has_its_own_scale_and_says_it() -> None:
    panels = locus_figure(PLACE, [row("CTCF", 0.2), row("REST", 0.004)]).axes
    assert [texts(axes)[1] for axes in (panels[1], panels[4])] == [
        "GM12878\n0 to 0.2",
        "GM12878\n0 to 0.01",
    ]
    assert panels[1].get_ylim()[1] == pytest.approx(20 * panels[4].get_ylim()[1])


def test_genes_have_names_arrows_and_lanes() -> None:
    found = genes(("A", 70_100, 71_000, 1), ("B", 70_200, 70_900, -1), ("C", 73_000, 73_500, 0))
    top, *rest = locus_figure(PLACE, [row()], found).axes
    assert len(rest) == 3
    assert texts(top) == ["A →", "← B", "C", "Genes"]
    heights = [text.get_position()[1] for text in top.texts[:3]]
    assert heights[0] != heights[1]
    assert heights[0] == heights[2]


def test_a_gene_that_begins_outside_is_named_inside() -> None:
    top, *_ = locus_figure(PLACE, [row()], genes(("LONG", 10, 90_000, 1))).axes
    assert top.texts[0].get_position()[0] == PLACE.start


def test_a_gene_that_begins_at_the_right_edge_is_named_within_the_figure() -> None:
    found = genes(("A", 73_500, 73_900, 1), ("LATE-GENE", 73_950, 90_000, -1))
    top, *_ = locus_figure(PLACE, [row()], found).axes
    first, last = top.texts[:2]
    assert last.get_position()[0] < 73_700
    assert last.get_position()[1] != first.get_position()[1]  # since their names overlap


def test_nothing_is_known_anywhere() -> None:
    empty = {model: np.full(4_000, np.nan, np.float32) for model in MODELS}
    _, first, _ = locus_figure(PLACE, [replace(row(), tracks=empty)]).axes
    assert texts(first)[1] == "GM12878\n0 to 1"


def test_mismatched_input_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        locus_figure(PLACE, [])
    with pytest.raises(ValueError, match=r"shape \(4000,\); expected \(10,\)"):
        locus_figure(Interval("chr1", 0, 10), [row()])


@given(st.floats(1e-6, 1))
def test_an_axis_ends_at_a_round_number_that_is_near(highest: float) -> None:
    top = round_top(highest)
    assert highest * (1 - 1e-5) <= top <= min(1.0, max(1.6 * highest, 1e-5))
    assert len(f"{top:.2e}".split("e")[0].rstrip("0").replace(".", "")) <= 2
