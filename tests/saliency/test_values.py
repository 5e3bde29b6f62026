"""Saliency and curves check their shapes; widths against all possible stretches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regtrack.labels.marker import Marker
from regtrack.model_style import style_of
from regtrack.saliency.method import GRADIENT_NORM, ISM, Method
from regtrack.saliency.values import Curve, Saliency

MARKER = Marker("K562_CTCF", "TF", "K562", "CTCF")


def curve(mass: list[float], before: int) -> Curve:
    distance = np.arange(-before, len(mass) - before)
    return Curve(style_of("cnn3"), MARKER, distance, np.array(mass, dtype=np.float64), 1, 100)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.data())
def test_the_width_is_that_of_the_narrowest_stretch_around_the_output(
    weights: list[int], data: st.DataObject
) -> None:
    before = data.draw(st.integers(0, len(weights) - 1))
    percent = data.draw(st.sampled_from([50, 90, 99]))
    total = sum(weights)
    narrowest = min(
        last - first + 1
        for first in range(before + 1)
        for last in range(before, len(weights))
        if 100 * sum(weights[first : last + 1]) >= percent * total
    )
    found = curve([weight / max(total, 1) for weight in weights], before)
    assert found.width(percent) == narrowest
    first, last = found.stretch(percent)
    assert first <= 0 <= last
    assert found.widths[percent] == last - first + 1


def test_a_curve_needs_its_output() -> None:
    with pytest.raises(ValueError, match="the output at distance 0"):
        Curve(style_of("cnn3"), MARKER, np.array([1, 2]), np.array([0.5, 0.5]), 1, None)


def test_shapes_that_do_not_fit_are_refused() -> None:
    codes, outputs = np.zeros(5, np.uint8), np.zeros(5, bool)

    def make(values: np.ndarray, method: Method) -> Saliency:
        return Saliency("chr1", 7, codes, values, outputs, method, MARKER, "CNN3", 100)

    found = make(np.arange(5, dtype=np.float32), GRADIENT_NORM)
    assert str(found.interval) == "chr1:8-12"
    assert found.to_dict()["highest"] == 4
    make(np.zeros((5, 4), np.float32), ISM)
    with pytest.raises(ValueError, match=r"expected \(5, 4\)"):
        make(np.zeros(5, np.float32), ISM)
    with pytest.raises(ValueError, match=r"expected \(5,\)"):
        make(np.zeros((5, 4), np.float32), GRADIENT_NORM)
