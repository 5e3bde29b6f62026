"""The window figure: what it draws, read back from the figure itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from regtrack.figures.window import Row, bin_means, window_figure
from regtrack.genome.interval import Interval
from regtrack.model_style import style_of

INTERVAL = Interval("chr4", 30_000, 34_000)


def row(name: str = "CTCF") -> Row:
    labels = np.zeros(4_000, np.uint8)
    labels[500:900] = labels[2_000:2_300] = 1
    rising = np.linspace(0, 1, 4_000, dtype=np.float32)
    rising[3_000:3_500] = np.nan
    falling = 1 - rising
    return Row(name, "TF", labels, {style_of("dilated"): rising, style_of("cnn7"): falling})


def spans(axes: Axes) -> list[list[tuple[float, float]]]:
    """Left and right of the boxes of each collection, in the order drawn."""
    return [
        [(box.vertices[:, 0].min(), box.vertices[:, 0].max()) for box in found.get_paths()]
        for found in axes.collections
    ]


def test_one_named_panel_per_row() -> None:
    figure = window_figure(INTERVAL, [row("CTCF"), row("REST")])
    texts = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert texts == [["CTCF", "TF"], ["REST", "TF"]]
    assert figure.axes[-1].get_xlabel() == "Position on chr4 (bp)"


def test_labels_are_bars_and_absent_bases_are_shaded() -> None:
    (axes,) = window_figure(INTERVAL, [row()]).axes
    tint, bars, absent = spans(axes)
    assert bars == [(30_500, 30_900), (32_000, 32_300)]
    assert tint == bars
    assert absent == [(33_000, 33_500)]


def test_lines_are_the_binned_tracks_in_the_colours_of_their_models() -> None:
    one = row()
    (axes,) = window_figure(INTERVAL, [one], bins=40).axes
    assert len(axes.lines) == 2
    for line, track in zip(axes.lines, one.tracks.values(), strict=True):
        x, y = line.get_data()
        np.testing.assert_array_equal(x, INTERVAL.start + np.arange(50, 4_000, 100))
        np.testing.assert_allclose(y, track.reshape(40, 100).mean(axis=1), rtol=1e-5)
        assert np.isnan(y[30:35]).all()
    colours = [to_hex(line.get_color()) for line in axes.lines]
    assert colours == [style_of("dilated").light, style_of("cnn7").light]
    assert len({line.get_linestyle() for line in axes.lines}) == 2


def test_the_legend_names_the_models_and_absent_only_where_something_is() -> None:
    def legend(found: Row) -> list[str]:
        (legend,) = window_figure(INTERVAL, [found]).legends
        return [text.get_text() for text in legend.get_texts()]

    assert legend(row()) == ["Labelled", "DILATED", "CNN7", "Absent"]
    whole = {name: np.nan_to_num(track) for name, track in row().tracks.items()}
    assert legend(replace(row(), tracks=whole)) == ["Labelled", "DILATED", "CNN7"]


def test_labels_alone_can_be_drawn() -> None:
    (axes,) = window_figure(INTERVAL, [replace(row(), tracks={})]).axes
    assert len(axes.lines) == 0
    assert len(spans(axes)[1]) == 2


def test_mismatched_input_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        window_figure(INTERVAL, [])
    with pytest.raises(ValueError, match=r"shape \(4000,\); expected \(10,\)"):
        window_figure(Interval("chr4", 0, 10), [row()])
    with pytest.raises(ValueError, match="expected"):
        window_figure(INTERVAL, [row(), replace(row(), tracks={})])


@given(
    st.lists(st.floats(0, 1, width=32) | st.just(float("nan")), min_size=1, max_size=50),
    st.integers(1, 60),
)
def test_bin_means_leave_out_nan(numbers: list[float], bins: int) -> None:
    values = np.array(numbers, np.float32)
    edges, means = bin_means(values, bins)
    assert edges[0] == 0
    assert edges[-1] == len(values)
    assert len(means) == min(bins, len(values)) == len(edges) - 1
    sizes = np.diff(edges)
    assert sizes.min() >= 1
    assert sizes.max() - sizes.min() <= 1
    for start, end, mean in zip(edges[:-1], edges[1:], means, strict=True):
        there = [value for value in values[start:end] if not np.isnan(value)]
        assert np.isnan(mean) if not there else mean == pytest.approx(np.mean(there), abs=1e-6)
