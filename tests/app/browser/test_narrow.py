"""A page that is narrower than its lanes of genes were packed for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from dashboard import Dashboard
from playwright.sync_api import Page
from small_world import World

from regtrack.compare.sources import Sources

_LETTERS = """() => [...document.querySelectorAll('#view-graph .scatterlayer text')]
    .filter(text => text.textContent.length === 1)
    .map(text => text.getBoundingClientRect()).map(box => [box.left, box.right])"""
_NAMES = """() => [...document.querySelectorAll('#view-graph .scatterlayer text')]
    .filter(text => text.textContent.includes('GENE'))
    .map(text => [text.style.visibility === 'hidden', text.getBoundingClientRect()])
    .map(([hidden, box]) => [hidden, box.top, box.left, box.right])"""

_EDGE = """() => {
    const graph = document.querySelector('#view-graph .js-plotly-plot');
    const { _offset, _length } = graph._fullLayout.xaxis;
    return graph.getBoundingClientRect().left + _offset + _length;
}"""


def names(page: Dashboard) -> tuple[list[tuple[float, float, float]], int]:
    """Top, left and right of each name that is shown, and how many are hidden."""
    found = page.page.evaluate(_NAMES)
    return sorted(place for hidden, *place in found if not hidden), sum(row[0] for row in found)


def test_names_and_letters_do_not_run_into_one_another(
    show: Callable[[Sources], Dashboard], tab: Page, world: World, tmp_path: Path
) -> None:
    genes = [
        f'chr1\tx\tgene\t{at}\t{at + 300}\t.\t+\t.\tgene_id "G{at}"; gene_name "GENE{at}";\n'
        for at in range(100_001, 120_001, 500)
    ]
    (tmp_path / "genes.gtf").write_text("".join(genes))
    sources = world.open(genes=tmp_path / "genes.gtf", reference=world.folder / "genome.fa")
    assert sources.gene_file is not None
    sources.gene_file.wait(20)
    tab.set_viewport_size({"width": 1500, "height": 900})
    page = show(sources)
    page.load("?region=chr1:100001-120000&panel=none")
    shown, hidden = names(page)
    assert (len(shown) > 20, hidden) == (True, 0)
    tab.set_viewport_size({"width": 480, "height": 900})
    tab.keyboard.press("ArrowRight")
    page.wait_region("chr1:105001-125000")
    # after the axes, once the names are drawn
    tab.wait_for_function(f"() => ({_NAMES})().filter(([hidden]) => hidden).length > 5")
    shown, _ = names(page)
    assert len(shown) > 5
    for (top, _, right), (other, left, _) in pairwise(shown):
        assert top != other or right <= left
    edge = tab.evaluate(_EDGE)
    assert any(edge - 100 < right for _, left, right in shown if left < edge)
    assert all(right <= edge + 0.5 for _, left, right in shown if left < edge)
    page.visit(region="chr1:100001-100120", panel="none")
    places = tab.evaluate(_LETTERS)
    assert len(places) >= 120
    assert all(right <= left + 0.5 for (_, right), (left, _) in pairwise(sorted(places)))
