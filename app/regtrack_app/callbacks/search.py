"""Suggestions while the user types into the region box."""

from __future__ import annotations

from itertools import islice

from dash import Dash, Input, Output, html

from regtrack.compare.sources import Sources
from regtrack_app import ids

_OFFERED = 20


def register(app: Dash, sources: Sources) -> None:
    """Let the region box suggest names."""

    @app.callback(
        Output(ids.REGION_NAMES, "children"),
        Input(ids.GENE_PREFIX, "data"),
        prevent_initial_call=True,
    )
    def offer(prefix: str | None) -> list[html.Option]:
        """Options for the text typed so far."""
        return [html.Option(value=name) for name in names_like(sources, str(prefix or "")[:60])]


def names_like(sources: Sources, prefix: str) -> list[str]:
    """Chromosomes and genes whose names begin with a prefix, ignoring case."""
    low = prefix.strip().lower()
    if not low:
        return []
    chroms = (name for name in sources.assembly.names if name.lower().startswith(low))
    genes = sources.genes.complete(prefix, _OFFERED) if sources.genes else []
    return [*islice(chroms, _OFFERED), *genes][:_OFFERED]
