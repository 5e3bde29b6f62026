"""What caused a callback."""

from __future__ import annotations

from dash import ctx


def causes() -> set[str]:
    """The ids of the elements that caused a request: several, if they did so in one moment.

    Dash's `triggered_id` is only the first of them; a click while a timer asks would be lost.
    """
    return {str(element) for element in ctx.triggered_prop_ids.values()}
