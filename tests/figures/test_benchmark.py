"""The benchmark's figure shows every number it is given, where it belongs."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes

from regtrack.figures.benchmark import Question, benchmark_figure
from regtrack.model_style import style_of

MODELS = {name: style_of(name) for name in ("cnn7", "dilated")}
SCORES = Question("local", {"cnn7": [0.2, 0.4], "dilated": [0.9, 0.7]}, chance=0.1)
FOUND = Question("far", {"dilated": [0.5]}, control={"dilated": [0.05], "cnn7": [0.02]})
WIDTHS = Question("width", {"cnn7": [300.0], "dilated": [6_000.0, 7_000.0]}, base_pairs=True)


def dots(axes: Axes, row: int) -> list[list[float]]:
    return [
        list(map(float, line.get_xdata()))
        for line in axes.lines
        if line.get_marker() == "o" and len(line.get_xdata()) and line.get_ydata()[0] == row
    ]


def test_each_model_has_a_row_with_its_seeds_control_and_mean() -> None:
    figure = benchmark_figure({"PR AUC": [SCORES, WIDTHS], "saliency": [FOUND, FOUND]}, MODELS)
    scores, widths, found, _ = figure.axes
    assert [label.get_text() for label in scores.get_yticklabels()] == ["CNN7", "DILATED"]
    assert dots(scores, 0) == [[0.2, 0.4]]
    assert dots(scores, 1) == [[0.9, 0.7]]
    assert dots(found, 0) == [[0.02]]
    assert dots(found, 1) == [[0.05], [0.5]]
    assert [text.get_text() for text in scores.texts] == ["0.30", "0.80"]
    assert [text.get_text() for text in widths.texts] == ["300", "6,500"]
    assert [0.1, 0.1] in [list(line.get_xdata()) for line in scores.lines]
    low, high = scores.get_xlim()
    assert low < 0
    assert high > 1
    assert widths.get_xscale() == "log"
    # the first model is at the top
    assert scores.get_ylim()[0] > scores.get_ylim()[1]


def test_panels_are_lettered_and_named() -> None:
    figure = benchmark_figure({"PR AUC": [SCORES, WIDTHS]}, MODELS)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["(a) local", "(b) width"]
    assert [axes.get_xlabel() for axes in figure.axes] == ["PR AUC", "bp"]


def test_the_legend_names_only_what_is_drawn() -> None:
    def named(question: Question) -> set[str]:
        figure = benchmark_figure({"x": [question]}, MODELS, control="untrained")
        return {text.get_text() for text in figure.legends[0].get_texts()}

    assert named(FOUND) - named(WIDTHS) == {"untrained"}
    assert named(SCORES) - named(WIDTHS) == {"chance"}


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="expected equally many"):
        benchmark_figure({"a": [SCORES], "b": [SCORES, FOUND]}, MODELS)
    with pytest.raises(ValueError, match="at least 1"):
        benchmark_figure({}, MODELS)
