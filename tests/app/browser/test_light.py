"""A figure of the same rows is drawn at once, as Plotly draws it a moment later."""

from __future__ import annotations

from typing import Any

import pytest
from dashboard import Dashboard
from playwright.sync_api import expect

# what is drawn of the traces, and of axes and titles, after each drawing: lightly or by Plotly
_WATCH = """() => {
  const graph = document.querySelector('#view-graph .js-plotly-plot');
  const given = (place, found, ...names) => [...place.querySelectorAll(found)]
    .map(one => names.map(name => one.getAttribute(name)).join(' ') + one.textContent);
  const picture = () => ({
    traces: [...graph.querySelectorAll('.scatterlayer > .trace')].map(trace => [
      given(trace, '.js-line', 'd').join(''), given(trace, '.js-fill', 'd', 'style'),
      given(trace, '.points path', 'd', 'transform', 'style'),
      given(trace, '.text text', 'x', 'y', 'transform'),
    ]),
    axes: given(graph, '.ticks, .zl, [class$=tick] text', 'd', 'transform'),
    marks: given(graph, '.shapelayer path', 'd', 'style'),
    titles: [...graph.querySelectorAll('.infolayer text')].map(text => [
      text.getBoundingClientRect().left.toFixed(1),
      ...[...text.childNodes].filter(part => part.textContent).map(part => {
        const { fontWeight, fill } = part.style || {};
        return `${part.textContent} ${fontWeight} ${fill}`;
      }),
    ]),
  });
  const from = String(graph.layout.xaxis.range);
  window.drawn = {};
  const note = () => {
    if (String(graph.layout.xaxis.range) === from) return;
    const light = graph.classList.contains('light');
    window.drawn[light ? 'light' : 'plotly'] = picture();
    if (!light) graph.removeListener('plotly_afterplot', note);
  };
  graph.on('plotly_afterplot', note);
}"""

# so far from the gap that it is not in the legend before and after
WIDE = {"region": "chr1:180001-220000", "panel": "none"}
VIEWS = {
    "highlighted": WIDE | {"marks": "chr1:190001-191000,chr1:240001-250000"},
    "overlaid": WIDE,
    "stacked": WIDE | {"mode": "stack", "differences": "models,labels"},
    "logarithmic": WIDE | {"axis": "log", "draw": "both"},
    "fold": WIDE | {"axis": "fold", "tracks": "signal"},
    "at a gap": WIDE | {"region": "chr1:40001-65000"},
    "genes": WIDE | {"region": "chr1:1-8000"},
    "bases": WIDE | {"region": "chr1:100001-100120"},
}


def move(page: Dashboard, key: str) -> dict[str, Any]:
    """What was drawn after a key, by `light` and `plotly`."""
    expect(page.page.locator(".js-plotly-plot.light")).to_have_count(0)
    page.page.evaluate(_WATCH)
    page.page.keyboard.press(key)
    page.page.wait_for_function("() => window.drawn.plotly")
    found: dict[str, Any] = page.page.evaluate("() => window.drawn")
    return found


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("key", ["ArrowRight", "Shift+ArrowRight", "+"])
def test_what_is_drawn_at_once_is_what_plotly_draws(page: Dashboard, view: str, key: str) -> None:
    page.visit(**VIEWS[view])
    page.page.locator("#tracks").focus()
    found = move(page, key)
    assert "light" in found
    assert found["light"] == found["plotly"]


def test_another_width_that_is_drawn_otherwise_is_left_to_plotly(page: Dashboard) -> None:
    page.visit(**WIDE | {"region": "chr1:180001-250000"})
    page.page.locator("#tracks").focus()
    found = move(page, "-")  # beyond it maxima are drawn and not means
    assert "light" not in found


def test_the_pointer_finds_what_was_drawn_last(page: Dashboard) -> None:
    page.visit(**WIDE)
    page.page.locator("#tracks").focus()
    with page.answered():
        page.page.keyboard.press("Shift+ArrowRight")
    page.wait_region("chr1:220001-260000")
    plot = page.page.locator(".nsewdrag").last
    plot.hover(position={"x": 5, "y": 20})
    hover = page.page.locator(".hoverlayer .legend")
    expect(hover).to_be_visible()
    expect(hover).to_contain_text("220,")
    expect(page.page.locator(".js-plotly-plot.light")).to_have_count(0)
