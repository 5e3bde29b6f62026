"""The places of a BED or VCF file, for the list of a reader's own regions."""

from __future__ import annotations

from dash import Dash
from flask import Flask, Response, abort, jsonify

from regtrack.compare.sources import Sources
from regtrack_app.regions import clamp, region_text
from regtrack_app.requested import refusal

_MOST = 500  # as many as the list holds


def register(app: Dash, sources: Sources) -> None:
    """Add the route of the places."""
    server: Flask = app.server
    files = {file.id: file for file in sources.annotations}

    @server.route("/places/<name>")
    def places(name: str) -> Response:
        """The first places of a file, as regions that can be shown."""
        if name not in files:
            abort(404)
        file = files[name]
        found = file.listed(_MOST)
        if file.places.value is None:
            says = file.places.error or "still being read; try again in a moment"
            return refusal(f"{file.label}: {says}")
        length = sources.assembly.length
        rows = [
            {"region": region_text(clamp(place, length(place.chrom))), "name": text}
            for place, text in found
        ]
        return jsonify(places=rows)
