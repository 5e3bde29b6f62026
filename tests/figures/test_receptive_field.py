"""The receptive-field figure: curves, dots, bars and numbers, read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D

from regtrack.figures.content import density, width_curve
from regtrack.figures.receptive_field import receptive_field_figure
from regtrack.figures.style import WIDTHS
from regtrack.model_style import style_of
from regtrack.saliency.values import SHARES, Curve

Make = Callable[..., Curve]


@pytest.fixture
def curves(curve: Make) -> list[Curve]:
    return [curve("cnn7", 90, 460), curve("dilated", 800), curve("bi-lstm", 1_500, None)]


def of_colour(axes: Axes, colour: str) -> list[Line2D]:
    return [line for line in axes.lines if line.get_color() == colour]


def test_curves_dots_and_fields_are_those_of_the_models(curves: list[Curve]) -> None:
    left, right, _ = receptive_field_figure(curves).axes
    assert len(left.lines) == 3
    for line, one in zip(left.lines, curves, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.transpose(density(one)))
        drawn, dots, *field = of_colour(right, line.get_color())
        np.testing.assert_array_equal(drawn.get_xydata(), np.transpose(width_curve(one)))
        np.testing.assert_array_equal(
            dots.get_xydata(), [[one.width(share), share] for share in SHARES]
        )
        assert [bar.get_xdata()[0] for bar in field] == [
            found for found in [one.receptive_field] if found
        ]
    assert len({str(line._dash_pattern) for line in left.lines}) == 3


def test_the_numbers_are_below_the_curves(curves: list[Curve]) -> None:
    texts = [text.get_text() for text in receptive_field_figure(curves).axes[-1].texts]
    assert texts[:5] == ["Widths (bp)", "50 %", "90 %", "99 %", "theoretical"]
    dilated = [f"{width:,}" for width in curves[1].widths.values()]
    assert texts[10:15] == ["DILATED", *dilated, "10,930"]
    assert texts[-1] == "all that is read"


@pytest.mark.parametrize("width", WIDTHS)
def test_numbers_do_not_overlap(curves: list[Curve], width: str) -> None:
    title = "DILATED (dilated with pooling, trained for longer than the others)"
    long = replace(curves[1], style=replace(curves[1].style, title=title))
    figure = receptive_field_figure([*curves, long], width=width)
    FigureCanvasAgg(figure).draw()
    boxes = [text.get_window_extent() for text in figure.axes[-1].texts]
    for number, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])


def test_curves_have_the_lines_of_their_models_in_any_order(curves: list[Curve]) -> None:
    left, *_ = receptive_field_figure(curves[::-1]).axes
    assert [line.get_color() for line in left.lines] == [
        style_of(name).light for name in ("bi-lstm", "dilated", "cnn7")
    ]


def test_no_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one curve"):
        receptive_field_figure([])
