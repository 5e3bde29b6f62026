"""The dashboard for its tests: a server of some sources, and one page of a browser."""

from __future__ import annotations

import itertools
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from dash import Dash
from playwright.sync_api import ConsoleMessage, Error, Page, Request, expect
from regtrack_app.serve import make_server
from waitress.wasyncore import close_all

_PATIENCE = 120_000  # ms; a slow machine is no failure
_UPDATE = "/_dash-update-component"
_DRAWN = "document.querySelector('#view-graph .js-plotly-plot')"


_marks = itertools.count(1)
_free: list[int] = []  # ports that were served on before


@contextmanager
def served(app: Dash, port: int | None = None) -> Iterator[str]:
    """Serve an application as `regtrack serve` does; gives its address.

    Unless a port is given, a free one that was used before is taken: Chromium keeps compiled
    scripts by address, and loads a page whose scripts it has in a third of the time.
    """
    server: Any = make_server(app, _listening(port))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.task_dispatcher.shutdown()
        # only the loop's own thread may close the connections that it waits for
        server.trigger.pull_trigger(lambda: _close(server))
        thread.join(10)
        if port is None:
            _free.append(int(server.effective_port))


def _listening(port: int | None) -> socket.socket:
    if port is not None:
        return socket.create_server(("127.0.0.1", port))
    try:
        return socket.create_server(("127.0.0.1", _free.pop() if _free else 0))
    except OSError:  # taken by another process since
        return socket.create_server(("127.0.0.1", 0))


def _close(server: Any) -> None:
    for channel in list(server.active_channels.values()):
        channel.handle_close()  # also closes the files of its responses
    close_all(server._map, ignore_all=True)


class Dashboard:
    """One page, with its requests and its errors.

    Attributes:
        page: Playwright's page.
        requests: requests since the last `forget`.
        complaints: errors of the page and of its console since the last `forget`.
    """

    def __init__(self, page: Page, address: str, mark: str = "") -> None:
        """A page of a server; those with the same mark need not be loaded anew for another."""
        self.page, self.address = page, address
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        page.set_default_timeout(_PATIENCE)
        self._mark = mark or next(_marks)
        self._loaded = False
        for event, heard in self._hearing().items():
            page.on(event, heard)  # type: ignore[call-overload]

    def _hearing(self) -> dict[str, Callable[[Any], None]]:
        return {"request": self._note, "console": self._hear, "pageerror": self._fail}

    def leave(self) -> None:
        """Stop listening to the page, which another dashboard may use."""
        for event, heard in self._hearing().items():
            self.page.remove_listener(event, heard)

    def _note(self, request: Request) -> None:
        self.requests.append(request)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _fail(self, error: Error) -> None:
        self.complaints.append(str(error))

    def forget(self) -> None:
        """Clear requests and complaints."""
        self.requests.clear()
        self.complaints.clear()

    def load(self, query: str = "") -> None:
        """Open an address as a link does, and wait until it is drawn."""
        if not self._loaded:  # what is heard until it opens is the tab's earlier page
            self.page.once("framenavigated", lambda _: self.forget())
            self._loaded = True
        self.page.goto(f"{self.address}/{query}")
        self.page.wait_for_function(f"() => {_DRAWN}?.data?.length > 0")
        self.page.wait_for_function("() => document.querySelector('main > section:not([hidden])')")

    def start(self, query: str, *, afresh: bool = False) -> None:
        """Load the page as for a first visit, unless the tab still shows what this loaded.

        Afresh, what the page keeps in the browser is a reason to load it too.
        """
        kept = "window.startedBy === mark"
        if afresh:
            kept += " && localStorage.length === 0"
        if self.page.evaluate(f"mark => {kept}", self._mark):
            return
        self.load(query)
        if self.page.evaluate("() => localStorage.length"):
            self.forget_choices()
            self.load(query)
        self.page.evaluate("mark => { window.startedBy = mark; }", self._mark)

    def forget_choices(self) -> None:
        """Clear what the page stores in the browser."""
        self.page.evaluate("() => localStorage.clear()")

    def visit(self, **fields: str) -> None:
        """Go to an address without reloading the page, as the back button does."""
        query = "?" + urlencode(fields, safe=":,-")
        if urlsplit(self.page.url).query == query[1:]:
            return
        with self.page.expect_response(lambda response: _owns_view(response.request)) as answer:
            self.follow(query)
        answer.value.finished()
        if "region" in fields:
            self.wait_region(fields["region"])

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, and wait until the rows have a new height, if any."""
        before = self.page.viewport_size
        if before is not None and before["height"] == height:
            self.page.set_viewport_size({"width": width, "height": height})
            return
        with self.page.expect_response(lambda response: _owns_view(response.request)) as answer:
            self.page.set_viewport_size({"width": width, "height": height})
        answer.value.finished()

    def turn(self, theme: str) -> None:
        """Turn the page dark or light."""
        html = self.page.locator("html")
        if html.get_attribute("data-theme") == theme:
            return
        with self.page.expect_response(lambda response: _owns_view(response.request)) as answer:
            self.page.click("#theme-toggle")
        answer.value.finished()
        expect(html).to_have_attribute("data-theme", theme)

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Wait for the view that follows from what is done meanwhile."""
        with self.page.expect_response(lambda response: _owns_view(response.request)) as answer:
            yield
        answer.value.finished()

    def follow(self, query: str) -> None:
        """Give the page another query string, valid or not."""
        self.page.evaluate(
            """query => {
                history.pushState(null, '', query);
                dispatchEvent(new PopStateEvent('popstate'));
            }""",
            query,
        )

    def moves(self) -> list[Request]:
        """Requests for another view."""
        return [request for request in self.requests if _owns_view(request)]

    def updates(self) -> list[Request]:
        """Requests for updates of any part of the page."""
        return [
            request for request in self.requests if urlsplit(request.url).path.endswith(_UPDATE)
        ]

    def strangers(self) -> set[str]:
        """Other hosts to which there were requests."""
        ours = urlsplit(self.address).netloc
        places = [urlsplit(request.url) for request in self.requests]
        return {place.netloc for place in places if place.netloc not in {ours, ""}}

    def fields(self) -> dict[str, str]:
        """The fields of the address."""
        found = parse_qs(urlsplit(self.page.url).query)
        return {name: values[0] for name, values in found.items()}

    def region(self) -> tuple[int, int]:
        """First and last base on screen, from the figure's axis."""
        low, high = self.page.evaluate(f"() => {_DRAWN}.layout.xaxis.range.map(Number)")
        return round(low + 0.5), round(high - 0.5)

    def wait_region(self, region: str) -> None:
        """Wait until address, region box and axis agree on a region."""
        start, end = map(int, re.findall(r"[\d]+", region.split(":")[1].replace(",", "")))
        self.page.wait_for_function(
            f"""([start, end]) => {{
                const [low, high] = {_DRAWN}.layout.xaxis.range.map(Number);
                const box = document.getElementById('region').value.replaceAll(',', '');
                const asked = new URLSearchParams(location.search).get('region');
                const drawn = `:${{Math.round(low + 0.5)}}-${{Math.round(high - 0.5)}}`;
                const expected = `:${{start}}-${{end}}`;
                return drawn === expected && box.endsWith(expected) && asked.endsWith(expected);
            }}""",
            arg=[start, end],
        )

    def wait_field(self, name: str, value: str | None) -> None:
        """Wait until a field of the address has a value."""
        self.page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value",
            arg=[name, value],
        )

    def titles(self) -> list[str]:
        """The rows' titles, without their notes."""
        texts: list[str] = self.page.evaluate(
            f"() => {_DRAWN}.layout.annotations.map(note => note.text)"
        )
        return [re.sub(r"<b>(.*?)</b>.*", r"\1", text) for text in texts]

    def wait_title(self, title: str) -> None:
        """Wait until a row's title, or the message about its problem, contains a text."""
        self.page.wait_for_function(
            f"title => ({_DRAWN}.layout.annotations || []).some(note => note.text.includes(title))",
            arg=title,
        )

    def values(self) -> list[list[float]]:
        """The y values of each named curve, from the top, once Plotly has them."""
        expect(self.page.locator("#view-graph .light")).to_have_count(0)
        found: list[list[float]] = self.page.evaluate(
            f"() => {_DRAWN}._fullData.filter(t => t.hovertemplate).map(t => Array.from(t.y))"
        )
        return found


def _owns_view(request: Request) -> bool:
    return (
        urlsplit(request.url).path.endswith(_UPDATE)
        and "view-graph.figure" in (request.post_data or "").split('"inputs"')[0]
    )
