"""Reliability curves: what is drawn, from bases counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from regtrack.figures.reliability import before_and_after, lines_of, reliability_figure
from regtrack.figures.style import save_figure
from regtrack.measures.reliability import Reliability


def curve(slope: float) -> Reliability:
    scores = np.random.default_rng(0).beta(0.3, 2, size=20_000)
    return Reliability.of_values(scores, np.random.default_rng(1).random(20_000) < scores * slope)


def test_a_dot_is_a_bin_and_the_legend_has_the_error(tmp_path: Path) -> None:
    before, after = curve(0.4), curve(1.0)
    figure = reliability_figure({"TF, 3 markers": before_and_after(before, after)})
    curves, counts = figure.axes
    assert curves.get_title(loc="left") == "TF, 3 markers"
    diagonal, one, two = curves.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    np.testing.assert_allclose(one.get_xdata(), before.score())
    np.testing.assert_allclose(two.get_ydata(), after.fraction())
    labels = [text.get_text() for text in curves.get_legend().get_texts()]
    assert labels[0] == f"before, ECE {float(before.error()):.2g}"
    np.testing.assert_array_equal(counts.patches[1].get_data().values, after.bases)
    save_figure(figure, tmp_path / "curves.svg")
    assert "Labelled fraction" in (tmp_path / "curves.svg").read_text()


def test_models_are_told_apart_and_panels_are_laid_out_in_rows() -> None:
    lines = lines_of({f"model {at}": curve(1 / (at + 1)) for at in range(9)})
    assert len({(line.colour, line.dashes) for line in lines}) == 9
    assert len(reliability_figure(dict.fromkeys("abcd", lines)).axes) == 8
    with pytest.raises(ValueError, match="at least one panel"):
        reliability_figure({})
