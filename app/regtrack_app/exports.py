"""Views as files: values and labels as text of any length, sent as it is read, and IGV sessions."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from flask import Response

from regtrack.compare.region_text import bed_pieces, csv_pieces
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack_app.regions import region_text
from regtrack_app.state import View

_MOST = 4  # texts that are sent at once, each of which holds a thread of the server
_sent = threading.BoundedSemaphore(_MOST)


@dataclass(frozen=True)
class Export:
    """A kind of file.

    Attributes:
        ending: of its name, after the region.
        media_type: of the response.
        pieces: of its text, for a region, tracks and labelled markers; None: an IGV session.
    """

    ending: str
    media_type: str
    pieces: Callable[..., Iterator[str]] | None = None


EXPORTS = {
    "window.csv": Export(".csv", "text/csv", csv_pieces),
    "window.bed": Export(".bed", "text/plain", bed_pieces),
    "session.xml": Export("_session.xml", "application/xml"),
}


def exported(export: Export, sources: Sources, view: View, session: Callable[[], str]) -> Response:
    """A view as a file that is named after its region.

    Args:
        export: the kind of file.
        sources: tracks and labels.
        view: what is exported.
        session: makes the IGV session of the view.

    Raises:
        RegtrackError: something of the view cannot be read, or too many texts are being sent.
    """
    if export.pieces is None:
        answer = Response(session(), mimetype=export.media_type)
    else:
        labelled = [name for name in view.markers if sources.has_labels(name)]
        files = {file.id for file in sources.annotations}
        places = [name for name in view.tracks if name in files]
        pieces = export.pieces(sources, view.region, track_ids(sources, view), labelled, places)
        first = next(pieces, "")  # what cannot be read is refused before anything is sent
        answer = _stream(chain([first], pieces), export)
    name = re.sub(r"[^\w.-]+", "_", region_text(view.region), flags=re.ASCII)
    name = f"regtrack_{name}{export.ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def track_ids(sources: Sources, view: View) -> list[str]:
    """The tracks that a view draws, in its order, without files of places."""
    files = {file.id for file in sources.annotations}
    pairs = [
        sources.catalog.find(model, marker) for marker in view.markers for model in view.models
    ]
    return [track.id for track in pairs if track is not None] + [
        name for name in view.tracks if name not in files
    ]


def _stream(pieces: Iterator[str], export: Export) -> Response:
    if not _sent.acquire(blocking=False):
        raise RegtrackError(f"{_MOST} exports are being sent already; try again later")
    answer = Response(pieces, mimetype=export.media_type)
    answer.call_on_close(_sent.release)
    return answer
