"""Scatter plots and clustered matrices: what is drawn, from arrays written out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.collections import QuadMesh

from regtrack.figures.comparison import cut_name, density_figure, matrix_figure
from regtrack.figures.style import save_figure


def test_a_density_shows_the_bins_that_hold_something(tmp_path: Path) -> None:
    counts = np.zeros((10, 10), dtype=np.int64)
    counts[2, 3], counts[5, 7] = 4, 1_000
    edges = np.linspace(0, 1, 11)
    figure = density_figure(counts, (edges, edges), ("one", "two"), title="Pearson 0.5")
    axes = figure.axes[0]
    (mesh,) = [one for one in axes.collections if isinstance(one, QuadMesh)]
    np.testing.assert_array_equal(np.ma.filled(mesh.get_array(), 0), counts.T)
    assert axes.get_xlim() == (edges[2], edges[6])
    assert axes.get_ylim() == (edges[3], edges[8])
    assert (axes.get_xlabel(), axes.get_title(loc="left")) == ("one", "Pearson 0.5")
    save_figure(figure, tmp_path / "density.png")
    density_figure(counts * 0, (edges, edges), ("one", "two"), across=0)


def test_a_matrix_puts_what_is_alike_side_by_side(tmp_path: Path) -> None:
    table = np.eye(5)
    for one, two in ((0, 3), (1, 4)):
        table[one, two] = table[two, one] = 0.9
    table[2] = table[:, 2] = np.nan
    figure = matrix_figure(table, [*"abcde"], measure="Spearman")
    tree, matrix, bar = figure.axes
    order = "".join(label.get_text() for label in matrix.get_yticklabels())
    assert {"ad", "da"} & {order[at : at + 2] for at in range(4)}
    assert {"be", "eb"} & {order[at : at + 2] for at in range(4)}
    assert {text.get_text() for text in matrix.texts} == {"1.00", "0.90", "0.00", "-"}
    assert len(tree.collections) >= 1
    assert bar.get_xlabel() == "Spearman correlation"
    save_figure(figure, tmp_path / "matrix.pdf")


def test_many_names_are_drawn_without_numbers() -> None:
    random = np.random.default_rng(0)
    figure = matrix_figure(np.corrcoef(random.normal(size=(60, 20))), ["x" * 80] * 60)
    assert not figure.axes[1].texts
    assert len(cut_name("x" * 80)) == 34
