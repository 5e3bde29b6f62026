"""What is fetched in addition to the page: exports, tracks by id, and igv.js."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from dash import Dash
from flask import Flask, Response, abort, jsonify, request, send_file
from werkzeug.wsgi import wrap_file

from regtrack.compare.browser_tracks import browser_ids, region_session, session_track
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.tracks.session import igv_config
from regtrack_app.access import Access
from regtrack_app.choices import Choices
from regtrack_app.exports import EXPORTS, exported, track_ids
from regtrack_app.igv_annotations import add_annotations, annotation_tracks
from regtrack_app.references import SIZES, igv_reference, reference_files
from regtrack_app.requested import refusal, requested_view
from regtrack_app.share import add_shared
from regtrack_app.sign_in import SHARED_RULE, shared_path
from regtrack_app.state import View

_Outside = Callable[[str], str]  # the address of a path, for other programs


def register(
    app: Dash,
    sources: Sources,
    choices: Choices,
    scripts: Mapping[str, Path | None],
    *,
    prefix: str,
    access: Access,
) -> None:
    """Add the routes; each names ids of the catalog, and no path is made from a request.

    Args:
        app: the application.
        sources: what may be fetched.
        choices: what views may name.
        scripts: files by the paths under which they are served; None: not installed.
        prefix: path below which the page is seen from outside.
        access: its token is part of the addresses in an IGV session.
    """
    server: Flask = app.server

    def outside(path: str) -> str:
        """The address of a path here for other programs."""
        return f"{request.host_url.rstrip('/')}{prefix}{shared_path(path, access)}"

    @server.route("/alive")
    def alive() -> Response:
        """That the server is there."""
        return Response(status=204)

    @server.route("/export/<name>")
    def export(name: str) -> Response:
        """A view as a file; with `check`, only whether it can be had."""
        if name not in EXPORTS:
            abort(404)
        try:
            view = requested_view(choices)
            session = partial(_session, sources, view, outside)
            file = exported(EXPORTS[name], sources, view, session)
        except RegtrackError as error:
            return _refusal(error)
        if "check" in request.args:
            file.close()
            return Response(status=204)
        return file

    @server.route("/data/<track_id>")
    @server.route(f"{SHARED_RULE}/data/<track_id>")
    def data(track_id: str, _token: str = "") -> Response:
        """A bigWig of the catalog; supports range requests."""
        try:
            path = sources.catalog.track(track_id).path
            return _file(path)
        except RegtrackError:
            abort(404)

    @server.route("/sequence/<name>")
    @server.route(f"{SHARED_RULE}/sequence/<name>")
    def sequence(name: str, _token: str = "") -> Response:
        """The reference and its indexes, if it is known."""
        path = reference_files(sources).get(name)
        if path is None:
            abort(404)
        return _file(path)

    @server.route(f"/sequence/{SIZES}")
    @server.route(f"{SHARED_RULE}/sequence/{SIZES}")
    def sizes(_token: str = "") -> Response:
        """Names and lengths of the chromosomes."""
        pairs = zip(sources.assembly.names, sources.assembly.lengths, strict=True)
        return Response("".join(f"{name}\t{size}\n" for name, size in pairs), mimetype="text/plain")

    @server.route("/igv/config.json")
    def config() -> Response:
        """The configuration of igv.js for a view."""
        try:
            view = requested_view(choices)
        except RegtrackError as error:
            return _refusal(error)
        tracks = [
            session_track(sources, sources.catalog.track(name), f"{prefix}data/{name}")
            for name in browser_ids(sources.catalog, track_ids(sources, view))
        ]
        found = igv_config(tracks, igv_reference(sources, f"{prefix}sequence/"), view.region)
        more = annotation_tracks(sources, view.markers, view.tracks, prefix)
        return jsonify(found | {"tracks": [*found["tracks"], *more]})

    add_annotations(server, sources)
    add_shared(server, sources, access, outside)
    for place, script in scripts.items():
        if script is not None:
            server.add_url_rule(f"/{place}", place, partial(_file, script))


def _refusal(error: RegtrackError) -> Response:
    return refusal(error)


def _file(path: Path) -> Response:
    if not path.is_file():
        abort(404)
    answer = send_file(path, mimetype=_KINDS.get(path.suffix), conditional=True, max_age=0)
    part = answer.content_range
    if answer.status_code == 206 and part.start is not None and _SENDS_FILES in request.environ:
        # a part, too, is sent from the file, so that no thread waits for a client that is slow
        file = path.open("rb")
        file.seek(part.start)
        answer.close()
        answer.response = wrap_file(request.environ, file)
    return answer


_SENDS_FILES = "wsgi.file_wrapper"
_KINDS = {".js": "text/javascript", ".bw": "application/octet-stream"}


def _session(sources: Sources, view: View, outside: _Outside) -> str:
    return region_session(
        sources,
        view.region,
        browser_ids(sources.catalog, track_ids(sources, view)),
        genome=outside(f"sequence/{next(iter(reference_files(sources)), SIZES)}"),
        address=lambda track: outside(f"data/{track.id}"),
    )
