"""Files of tracks for other programs and for pages of other servers, such as igv.js elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Flask, Response, jsonify, request

from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval
from regtrack.hub.contents import Hub, first_markers
from regtrack.tracks.session import known_genome
from regtrack_app.access import Access
from regtrack_app.references import igv_reference
from regtrack_app.sign_in import SHARED_RULE

SHARED_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Range",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range",
    "Access-Control-Max-Age": "86400",
    # browsers ask for it where a public page reads from this machine
    "Access-Control-Allow-Private-Network": "true",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Headers with which browsers let pages of other servers read a response in parts."""

HUB = "hub.txt"
_CONFIG = "igv.json"
_FIRST_VIEW = 100_000  # bp
# the routes whose files are shared
_FILES = {"data", "sequence", "sizes", "shared_hub", "shared_config"}


def shared(access: Access) -> bool:
    """Whether the current request is for a file that pages of other servers may read."""
    return access.share and request.endpoint in _FILES


def add_shared(
    server: Flask, sources: Sources, access: Access, outside: Callable[[str], str]
) -> None:
    """Add a hub and a configuration of igv.js of all tracks, if they are shared.

    Args:
        server: the application.
        sources: the tracks.
        access: whether they are shared.
        outside: the address of a path here for other programs.
    """
    if not access.share:
        return

    @server.route(f"/{HUB}")
    @server.route(f"{SHARED_RULE}/{HUB}")
    def shared_hub(_token: str = "") -> Response:
        """A track hub for UCSC and its mirrors."""
        if known_genome(sources.assembly) is None:
            return Response(
                "UCSC does not know the assembly of these tracks; regtrack hub writes a hub that "
                "brings its sequence\n", 404, mimetype="text/plain",
            )  # fmt: skip
        return Response(_hub(sources, outside).hub_text(), mimetype="text/plain")

    @server.route(f"/{_CONFIG}")
    @server.route(f"{SHARED_RULE}/{_CONFIG}")
    def shared_config(_token: str = "") -> Response:
        """A configuration of igv.js."""
        config = _hub(sources, outside).config()
        reference = igv_reference(sources, outside("sequence/"))
        return jsonify(config | {"reference": reference, "loadDefaultGenomes": False})


def _hub(sources: Sources, outside: Callable[[str], str]) -> Hub:
    catalog, first = sources.catalog, sources.assembly.names[0]
    region = Interval(first, 0, min(_FIRST_VIEW, sources.assembly.length(first)))
    genome = known_genome(sources.assembly) or "genome"
    hub = Hub(catalog, catalog.tracks[0].path.parent, genome, region, shown=first_markers(catalog))
    addresses = {track.path: outside(f"data/{track.id}") for track in catalog.tracks}
    return replace(hub, served=addresses)
