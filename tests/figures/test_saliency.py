"""The saliency figure: what it draws, read back from the figure itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import StepPatch

from regtrack.figures.envelope import envelope
from regtrack.figures.panels import bins_of
from regtrack.figures.saliency import saliency_figure
from regtrack.figures.style import WIDTHS, save_figure
from regtrack.model_style import OKABE_ITO
from regtrack.saliency.values import Saliency

Make = Callable[..., Saliency]
MODELS = ("CNN7", "DILATED", "BI-LSTM")


def steps(axes: Axes) -> list[StepPatch]:
    return [patch for patch in axes.patches if isinstance(patch, StepPatch)]


def bars(axes: Axes) -> list[tuple[float, float]]:
    (found,) = axes.collections
    return [(box.vertices[:, 0].min(), box.vertices[:, 0].max()) for box in found.get_paths()]


def test_one_panel_per_model_in_black_on_one_scale(saliency: Make) -> None:
    shown = [saliency(model, length=1_500) for model in MODELS]
    figure = saliency_figure(shown)
    assert [axes.get_title("left") for axes in figure.axes] == [
        "(a) CNN7", "(b) DILATED", "(c) BI-LSTM",
    ]  # fmt: skip
    for axes, one in zip(figure.axes, shown, strict=True):
        (drawn,) = steps(axes)
        values, edges, baseline = drawn.get_data()
        np.testing.assert_array_equal(values, one.values)
        np.testing.assert_array_equal(edges, one.start + 0.5 + np.arange(1_501))
        assert baseline == 0
        assert to_hex(drawn.get_facecolor()) == OKABE_ITO["black"]
    (limit,) = {axes.get_ylim() for axes in figure.axes}
    assert limit[1] > max(float(one.values.max()) for one in shown)


def test_one_panel_has_no_letter(saliency: Make) -> None:
    (axes,) = saliency_figure([saliency("CNN7")]).axes
    assert axes.get_title("left") == "CNN7"
    assert axes.get_title("right").startswith("sees 460 bp, max ")
    (axes,) = saliency_figure([saliency("BI-LSTM", method="gradient-x-input")]).axes
    assert axes.get_title("right").startswith("sees all that is read, −")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_lone_peak_of_a_long_region_keeps_its_height(saliency: Make, width: str) -> None:
    one = saliency(length=1_000_000)
    values = np.zeros(1_000_000, np.float32)
    values[123_456] = 7
    (axes,) = saliency_figure([replace(one, values=values)], width=width).axes
    (drawn,) = steps(axes)
    heights, edges, _ = drawn.get_data()
    assert len(heights) == bins_of(width)
    (where,) = np.flatnonzero(heights)
    assert heights[where] == 7
    assert edges[where] <= one.start + 123_456 + 1 <= edges[where + 1]


def test_signed_values_go_both_ways(saliency: Make) -> None:
    one = saliency(method="gradient-x-input")
    (axes,) = saliency_figure([one]).axes
    highs, lows = (patch.get_data().values for patch in steps(axes))
    expected = envelope(one.values, bins_of("double"))
    np.testing.assert_array_equal(highs, expected.highs)
    np.testing.assert_array_equal(lows, expected.lows)


def test_outputs_are_blue_bars_below_the_scale(saliency: Make) -> None:
    one = saliency(length=1_000)
    (axes,) = saliency_figure([one]).axes
    left = one.start + 0.5
    assert bars(axes) == [(left + 250, left + 500), (left + 997, left + 998)]
    (found,) = axes.collections
    assert to_hex(found.get_facecolor()[0]) == OKABE_ITO["blue"]
    assert found.get_linewidth()[0] > 0  # a bar narrower than a pixel is still seen
    top = found.get_paths()[0].vertices[:, 1].max()
    bottom, high = axes.get_ylim()
    assert bottom + top * (high - bottom) < 0


def test_marks_are_rows_below_with_their_names(saliency: Make) -> None:
    one = saliency(length=1_000)
    peaks = np.zeros(1_000, bool)
    peaks[100:200] = True
    *_, low = saliency_figure([one], marks={"Peaks": peaks, "Planted": ~peaks}).axes
    assert [label.get_text() for label in low.get_yticklabels()] == ["Peaks", "Planted"]
    first, second = low.collections
    assert len(first.get_paths()) == 1
    assert len(second.get_paths()) == 2
    box = first.get_paths()[0].vertices[:, 0]
    assert (box.min(), box.max()) == (one.start + 100.5, one.start + 200.5)


@pytest.mark.parametrize(
    ("length", "unit", "label"),
    [(25_000, "bp", "1,250,000"), (1_000_000, "kb", "1,600"), (20_000_000, "Mb", "20")],
)
def test_positions_are_in_a_unit_that_fits(
    saliency: Make, length: int, unit: str, label: str
) -> None:
    (axes,) = saliency_figure([saliency(length=length)]).axes
    assert axes.get_xlabel() == f"Position on chr7 ({unit})"
    FigureCanvasAgg(axes.figure).draw()
    assert label in [tick.get_text() for tick in axes.get_xticklabels()]


def test_small_values_have_short_tick_labels_and_a_power_in_the_name(saliency: Make) -> None:
    one = saliency()
    small = replace(one, values=one.values / 1e6)
    figure = saliency_figure([small, small])
    (name,) = (text.get_text() for text in figure.texts)
    assert name == r"Norm of the gradient ($\times 10^{-6}$)"
    assert saliency_figure([small]).axes[0].get_ylabel() == name.replace(" (", "\n(")
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["0", "2", "4"]


def test_nothing_but_zeros_can_be_drawn(saliency: Make) -> None:
    one = saliency()
    silent = replace(one, values=np.zeros_like(one.values), outputs=np.zeros_like(one.outputs))
    figure = saliency_figure([silent])
    assert steps(figure.axes[0]) == []
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["Norm of the gradient"]


@pytest.mark.parametrize(("width", "millimetres"), WIDTHS.items())
def test_the_width_is_that_of_a_journals_column(
    saliency: Make, width: str, millimetres: float
) -> None:
    figure = saliency_figure([saliency()], width=width)
    assert figure.get_size_inches()[0] * 25.4 == pytest.approx(millimetres)


@pytest.mark.parametrize(("rule", "label"), [("", "Outputs, GM12878_CTCF"), ("A ≥ 1", "A ≥ 1")])
def test_the_legend_gives_the_rule_that_selected_the_outputs(
    saliency: Make, rule: str, label: str
) -> None:
    (legend,) = saliency_figure([replace(saliency(), rule=rule)]).legends
    assert legend.get_texts()[-1].get_text() == label


def test_a_part_of_the_notes_without_room_is_left_out_everywhere(saliency: Make) -> None:
    shown = [saliency("CNN7"), saliency("DILATED (trained-for-longer)")]
    for width, part in (("single", False), ("double", True)):
        panels = saliency_figure(shown, width=width).axes
        assert ["sees" in axes.get_title("right") for axes in panels] == [part, part]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_label_of_a_single_axis_is_next_to_it(saliency: Make, width: str) -> None:
    one = saliency()
    small = replace(one, values=one.values / 1e6, rule="Labelled GM12878_CTCF")
    figure = saliency_figure([small], width=width)
    FigureCanvasAgg(figure).draw()
    (axes,), (legend,) = figure.axes, figure.legends
    name, panel = axes.yaxis.label.get_window_extent(), axes.get_window_extent()
    assert name.y0 + name.y1 == pytest.approx(panel.y0 + panel.y1, abs=2)
    assert not name.overlaps(legend.get_window_extent())


def test_texts_do_not_overlap(saliency: Make) -> None:
    models = (*MODELS, "DILATED (dilated-max)", "DILATED (trained-for-longer)")
    for width in WIDTHS:
        shown = [saliency(model, method="gradient-x-input") for model in models]
        figure = saliency_figure(shown, width=width)
        FigureCanvasAgg(figure).draw()
        texts = [figure.texts[0], *figure.legends[0].get_texts(), figure.axes[-1].xaxis.label]
        for axes in figure.axes:
            found = [axes.title, axes._left_title, axes._right_title]
            found += [*axes.get_yticklabels(), *(axes.get_xticklabels()[1:-1])]
            texts += [text for text in found if text.get_text() and text.get_visible()]
        boxes = [text.get_window_extent() for text in texts]
        for number, box in enumerate(boxes):
            for other in boxes[number + 1 :]:
                assert not box.overlaps(other)
            assert figure.bbox.x0 <= box.x0
            assert box.x1 <= figure.bbox.x1 + 1


def test_files_are_small_the_same_and_their_text_is_text(saliency: Make, tmp_path: Path) -> None:
    shown = [saliency(model) for model in MODELS]
    figures = {name: saliency_figure(shown) for name in "ab"}
    for kind, most in (("pdf", 250_000), ("svg", 900_000), ("png", 150_000)):
        first, again = (tmp_path / f"{name}.{kind}" for name in figures)
        for figure, path in zip(figures.values(), (first, again), strict=True):
            save_figure(figure, path)
        assert first.read_bytes() == again.read_bytes()
        assert first.stat().st_size < most
    drawn = (tmp_path / "a.svg").read_text()
    for text in ("(b) DILATED", "Position on chr7 (bp)", "Outputs, GM12878_CTCF"):
        assert f">{text}</text>" in drawn
    raw = (tmp_path / "a.pdf").read_bytes()
    assert b"/CIDFontType2" in raw
    assert b"/Type3" not in raw


def test_mismatched_input_is_refused(saliency: Make) -> None:
    with pytest.raises(ValueError, match="at least one"):
        saliency_figure([])
    one = saliency("CNN7")
    with pytest.raises(ValueError, match=r"interval chr7:1,234,502.*as CNN7 has"):
        saliency_figure([one, replace(one, start=one.start + 1)])
    with pytest.raises(ValueError, match="method gradient-x-input; expected gradient-norm"):
        saliency_figure([one, saliency(method="gradient-x-input")])
