"""igv.js on the same files as the dashboard, in the same browser: what moves and drags cost there.

It is a page of its own with nothing but igv.js (`make igv`), from the same server, with the tracks
and the configuration that the dashboard gives to its panel.
"""

from __future__ import annotations

import time

from playwright.sync_api import Browser, Page, Route

_PLACE = "beside-igv"
_PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>igv.js</title>
<body style="margin:0"><div id="igv"></div><script src="igv/igv.min.js"></script><script>
(async () => {
  const config = await (await fetch('igv/config.json' + location.search)).json();
  const tracks = config.tracks.map(track => ({ ...track, height: 58 }));
  window.browser = await igv.createBrowser(document.getElementById('igv'), {
    reference: config.reference, locus: config.locus, loadDefaultGenomes: false, tracks });
  requestAnimationFrame(() => setTimeout(() => { window.ready = true; }));
})();
</script></body></html>"""
# igv.js's promise is kept once all tracks are drawn
GO = """async locus => {
  const begin = performance.now();
  await window.browser.search(locus);
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - begin;
}"""
_COUNT = """() => {
  window.frames_seen = 0;
  const count = () => { window.frames_seen += 1; window.counter = requestAnimationFrame(count); };
  count();
}"""
_COUNTED = "() => { cancelAnimationFrame(window.counter); return window.frames_seen; }"
_DRAG = 60  # moves of the pointer, by 6 pixels each


def open_page(page: Page, address: str, query: str) -> float:
    """Seconds until igv.js has drawn its tracks."""

    def answer(route: Route) -> None:
        route.fulfill(body=_PAGE, content_type="text/html")

    page.route(f"**/{_PLACE}?*", answer)
    begin = time.perf_counter()
    page.goto(f"{address}{_PLACE}{query}")
    page.wait_for_function("() => window.ready")
    return time.perf_counter() - begin


def first_paint(browser: Browser, address: str, query: str, width: int) -> float:
    """Seconds from requesting the page until its tracks are painted, without any cache."""
    with browser.new_page(viewport={"width": width, "height": 900}) as page:
        return open_page(page, address, query)


def frames_of_drag(page: Page, selector: str) -> float:
    """Frames per second while the pointer drags what a selector finds first."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 10, y)
    page.evaluate(_COUNT)
    begin = time.perf_counter()
    for step in range(_DRAG):
        page.mouse.move(x - 10 - 6 * step, y)
    seconds = time.perf_counter() - begin
    frames = float(page.evaluate(_COUNTED)) / seconds
    page.mouse.up()
    page.wait_for_timeout(1_000)
    return frames
