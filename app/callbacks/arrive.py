"""What the browser does by itself when an answer arrives: `app/assets/regtrack.js`."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output, State

from app import ids


def register(app: Dash) -> None:
    """Tell the script of each answer, and let it narrow the list of markers."""
    app.clientside_callback(ClientsideFunction("regtrack", "arrived"), Input(ids.LOADED, "data"))
    app.clientside_callback(
        ClientsideFunction("regtrack", "narrow"),
        Output(ids.MARKERS, "options"),
        *(Input(element, "value") for element in ids.FILTERS.values()),
        State(ids.MARKERS, "value"),
        State(ids.MARKER_LIST, "data"),
        prevent_initial_call=True,
    )
