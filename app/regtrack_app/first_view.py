"""The page as a browser asks for it first: with its view in it, so that nothing is drawn twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import html
from flask import has_request_context, request

from regtrack_app import ids
from regtrack_app.callbacks.view import OUTPUTS, Page, answer
from regtrack_app.choices import Choices
from regtrack_app.screen import screen_of
from regtrack_app.state import parse_view
from regtrack_app.view_data import ViewData

_LAYOUT = "/_dash-layout"  # where Dash's scripts ask for the page's elements


def with_first_view(
    make: Callable[[], html.Div], data: ViewData, choices: Choices
) -> Callable[[], html.Div]:
    """A function that Dash calls for the elements of each page that is loaded.

    The page says in its request what its address asks for, `search`, and how large the window is.

    Args:
        make: makes the elements without a view.
        data: reads views.
        choices: what views may name.
    """

    def layout() -> html.Div:
        """The elements, with the view of the request."""
        page = make()
        if has_request_context() and request.path.endswith(_LAYOUT):
            fill(page, request.args.get("search", ""), _screen(request.args), data, choices)
        return page

    return layout


def fill(
    page: html.Div, query: str, screen: Mapping[str, Any], data: ViewData, choices: Choices
) -> None:
    """Put a view into the elements of a page.

    Args:
        page: the elements.
        query: the address, as the browser has it.
        screen: the reader's browser, as `screen_of` reads it.
        data: reads views.
        choices: what views may name.
    """
    parsed = parse_view(query, choices)
    scene = data.scene(parsed.view, screen_of(screen).height)
    found = answer(Page(query, "", {ids.SCREEN: screen}), parsed, scene, {}, data)
    values = {place: found[name] for name, place in OUTPUTS.items()}
    values |= {(name, "value"): value for name, value in found["controls"].items()}
    values |= {(ids.URL, "search"): query, (ids.SCREEN, "data"): dict(screen)}
    for (element, name), value in values.items():
        setattr(page[element], name, value)


def _screen(fields: Mapping[str, str]) -> dict[str, Any]:
    height = fields.get("height", "")
    return {
        "theme": fields.get("theme", "light"),
        "height": float(height) if height.isdecimal() else None,
    }
