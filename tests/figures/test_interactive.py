"""Pages by plotly: the data they hold, and that they need nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from regtrack.errors import OutputError
from regtrack.figures.interactive import (
    interactive_receptive_field,
    interactive_saliency,
    save_html,
)
from regtrack.saliency.values import Curve, Saliency

Make = Callable[..., Saliency]


def test_a_short_region_is_drawn_base_by_base(saliency: Make) -> None:
    shown = [saliency(model, length=1_500) for model in ("CNN7", "DILATED")]
    figure = interactive_saliency(shown, {"Peaks": shown[0].outputs})
    areas = [trace for trace in figure.data if trace.fill == "tozeroy"]
    for trace, one in zip(areas, shown, strict=True):
        np.testing.assert_array_equal(trace.x, one.start + 1 + np.arange(1_500))
        np.testing.assert_array_equal(trace.y, one.values)
    outputs = [trace for trace in figure.data if trace.name == "Outputs, GM12878_CTCF"]
    assert [trace.showlegend for trace in outputs] == [True, False]
    left = shown[0].start + 0.5
    assert outputs[0].x == (left + 375, left + 750, None, left + 1_497, left + 1_498, None)
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range
    assert figure.layout.xaxis.range == (left, left + 1_500)
    assert figure.layout.yaxis2.title.text == "Norm of the gradient"
    assert [note.text for note in figure.layout.annotations[::2]] == [
        "<b>(a) CNN7</b>", "<b>(b) DILATED</b>",
    ]  # fmt: skip


def test_a_long_region_keeps_its_peaks(saliency: Make) -> None:
    one = saliency(length=200_000)
    values = np.zeros(200_000, np.float32)
    values[77_777] = 5
    (area, _) = interactive_saliency([replace(one, values=values)]).data
    assert len(area.y) == 30_000
    assert area.y.max() == 5
    assert abs(area.x[area.y.argmax()] - (one.start + 77_778)) < 10


def test_a_short_region_has_letters_and_the_effects_of_mutations(saliency: Make) -> None:
    one = saliency(length=40, method="ism")
    figure = interactive_saliency([one])
    bar, _, heat, dots = figure.data
    assert "".join(bar.text) == "".join("ACGTN"[code] for code in one.codes)
    np.testing.assert_allclose(bar.y, -one.values.sum(axis=1) / 3)
    np.testing.assert_array_equal(heat.z, one.values.T)
    assert len(dots.x) == 39  # one base is N
    scale = figure.layout.coloraxis
    assert -scale.cmin == scale.cmax == np.abs(one.values).max()
    assert scale.colorbar.title.text == "Effect on<br>the logits"


def test_curves_are_drawn_with_their_widths(curve: Callable[..., Curve]) -> None:
    one = curve()
    _, _, dots = interactive_receptive_field([one]).data
    assert list(dots.x) == list(one.widths.values())


@pytest.fixture
def page(saliency: Make, tmp_path: Path) -> Path:
    """A figure as a file."""
    path = tmp_path / "a.html"
    save_html(interactive_saliency([saliency("<b>CNN7", length=900)]), path)
    return path


def test_the_page_loads_nothing_from_elsewhere(page: Path) -> None:
    text = page.read_text()
    assert get_plotlyjs() in text
    ours = text.replace(get_plotlyjs(), "")
    assert "http" not in ours
    assert not re.search(r"""(src|href)\s*=|@import|url\(""", ours)
    assert "&lt;b&gt;CNN7" in ours or r"\u003cb" in ours


def test_the_same_figure_is_byte_identical_and_replaces_nothing(
    saliency: Make, page: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again" / "a.html"
    save_html(interactive_saliency([saliency("<b>CNN7", length=900)]), again)
    assert again.read_bytes() == page.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        save_html(interactive_saliency([saliency()]), page)


@pytest.mark.browser
def test_the_page_draws_itself_offline_at_any_width(browser: Any, page: Path) -> None:
    shown = browser.new_page(viewport={"width": 1_200, "height": 700})
    asked: list[str] = []
    wrong: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.goto(page.as_uri())
    shown.wait_for_selector(".main-svg")
    buttons = [
        button.get_attribute("data-title") for button in shown.query_selector_all(".modebar-btn")
    ]
    assert buttons[0] == "Download plot"
    assert not any(
        "cloud" in str(button).lower() or "edit" in str(button).lower() for button in buttons
    )
    shown.set_viewport_size({"width": 700, "height": 700})
    shown.wait_for_function(
        "document.querySelector('.main-svg').getBoundingClientRect().width < 701"
    )
    assert asked == [page.as_uri()]
    assert wrong == []
