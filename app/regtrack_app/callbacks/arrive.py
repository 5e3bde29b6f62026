"""What the browser does by itself when a response arrives: `assets/regtrack.js`."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from regtrack_app import ids


def register(app: Dash) -> None:
    """Notify the script of each response, and let it filter the list of markers."""
    in_browser: Any = app.clientside_callback  # it is untyped
    in_browser(ClientsideFunction("regtrack", "arrived"), Input(ids.LOADED, "data"))
    for name, store in (("windows", ids.WINDOWS_ROWS), ("scores", ids.SCORES_FIGURE)):
        found = ClientsideFunction("regtrack", name), Input(store, "data")
        in_browser(*found, prevent_initial_call=True)
    in_browser(
        ClientsideFunction("regtrack", "narrow"),
        Output(ids.MARKERS, "options"),
        *(Input(element, "value") for element in ids.FILTERS.values()),
        State(ids.MARKERS, "value"),
        State(ids.MARKER_LIST, "data"),
        prevent_initial_call=True,
    )
