"""Letters and the heat map of mutations: heights, colours and dots, read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch

from regtrack.figures.letters import letters_figure
from regtrack.figures.palette import LETTER_COLOURS
from regtrack.genome.sequence import N, decode
from regtrack.saliency.values import Saliency

Make = Callable[..., Saliency]


def glyphs(axes: Axes) -> list[tuple[float, float, float, str]]:
    """Middle, lowest, highest and colour of every letter that is drawn, from the left."""
    FigureCanvasAgg(axes.figure).draw()
    found = []
    for patch in axes.patches:
        if isinstance(patch, PathPatch):
            box = patch.get_path().get_extents(patch.get_patch_transform())
            if box.height > 1e-9:
                colour = to_hex(patch.get_facecolor())
                found.append(((box.x0 + box.x1) / 2, box.y0, box.y1, colour))
    return sorted(found)


def test_a_letter_is_as_high_as_its_value(saliency: Make) -> None:
    one = saliency(length=60, method="gradient-x-input")
    (axes,) = letters_figure([one]).axes
    drawn = glyphs(axes)
    assert len(drawn) == 60
    bases = decode(one.codes)
    for offset, (middle, low, high, colour) in enumerate(drawn):
        value = one.values[offset]
        assert middle == pytest.approx(one.start + offset + 1, abs=0.01)
        assert (low, high) == pytest.approx((min(value, 0), max(value, 0)), abs=1e-5)
        assert colour == LETTER_COLOURS[bases[offset]]


def test_models_share_the_scale(saliency: Make) -> None:
    one = saliency("CNN7", length=50, method="integrated-gradients")
    high = replace(one, model="DILATED", values=9 * one.values)
    figure = letters_figure([one, high], width="single")
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert [axes.get_title("left") for axes in figure.axes] == ["(a) CNN7", "(b) DILATED"]


def test_mutations_are_a_heat_map_with_the_bases_marked_and_mean_losses_above(
    saliency: Make,
) -> None:
    one = saliency(length=60, method="ism")
    letters, heat, bar = letters_figure([one]).axes
    losses = sorted(np.abs(one.values.sum(axis=1) / 3))
    heights = sorted(high - low for _, low, high, _ in glyphs(letters))
    np.testing.assert_allclose(heights, losses, atol=1e-5)
    (mesh,) = (found for found in heat.collections if isinstance(found, QuadMesh))
    np.testing.assert_array_equal(mesh.get_array(), one.values.T)
    assert mesh.norm.vmin == -mesh.norm.vmax == -np.abs(one.values).max()
    assert [label.get_text() for label in heat.get_yticklabels()] == list("ACGT")
    (dots,) = heat.lines
    x, y = dots.get_data()
    known = one.codes != N
    np.testing.assert_array_equal(x, np.flatnonzero(known) + one.start + 1)
    np.testing.assert_array_equal(y, one.codes[known])
    assert bar.get_ylabel() == "Effect on the logits"


def test_a_loss_is_darker_than_a_gain_in_grey(saliency: Make) -> None:
    _, heat, _ = letters_figure([saliency(length=20, method="ism")]).axes
    (mesh,) = (found for found in heat.collections if isinstance(found, QuadMesh))
    loss, nothing, gain = (np.dot(mesh.cmap(at)[:3], [0.299, 0.587, 0.114]) for at in (0, 0.5, 1.0))
    assert loss < gain - 0.2 < nothing - 0.4


@pytest.mark.parametrize(("width", "most"), [("single", 60), ("double", 200)])
def test_a_long_region_is_refused(saliency: Make, width: str, most: int) -> None:
    letters_figure([saliency(length=most, method="ism")], width=width)
    with pytest.raises(ValueError, match=f"{most + 1} bp of letters; expected at most {most}"):
        letters_figure([saliency(length=most + 1, method="ism")], width=width)


@pytest.mark.parametrize("width", ["single", "double"])
def test_the_name_of_a_lone_axis_stands_beside_it_clear_of_the_legend(
    saliency: Make, width: str
) -> None:
    one = saliency(length=60, method="ism")
    figure = letters_figure([replace(one, values=one.values / 1e6)], width=width)
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    name, panel = axes.yaxis.label.get_window_extent(), axes.get_window_extent()
    assert name.y0 + name.y1 == pytest.approx(panel.y0 + panel.y1, abs=2)
    (legend,) = figure.legends
    assert not name.overlaps(legend.get_window_extent())
