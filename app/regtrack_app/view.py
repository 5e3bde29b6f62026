"""The dashboard inside a notebook: served by the notebook's own process, shown in a frame."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from regtrack.closing import Closing
from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources
from regtrack_app.access import Access, access_of
from regtrack_app.connections import Server
from regtrack_app.create_app import create_app
from regtrack_app.serve import make_server
from regtrack_app.sign_in import FIELD

_HUB = "JUPYTERHUB_SERVICE_PREFIX"  # the path of a user's own server on a JupyterHub


class Viewer(Closing):
    """A dashboard that runs until it is closed, or the notebook ends; a notebook shows its page.

    Attributes:
        address: of the page.
        height: of its frame in a notebook, in pixels.
    """

    def __init__(self, address: str, height: int, server: Server, sources: Sources) -> None:
        self.address, self.height = address, height
        self._server, self._sources = server, sources
        self._thread = threading.Thread(target=server.run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the server; its page no longer answers."""
        self._server.stop()
        self._thread.join(10)
        self._sources.pool.close()

    def _repr_html_(self) -> str:
        return (
            f'<iframe src="{escape(self.address)}" width="100%" height="{self.height}" '
            'style="border:0" allow="clipboard-write" title="regtrack"></iframe>'
        )


def view(
    paths: str | Path | Sequence[str | Path],
    *,
    labels: str | Path | None = None,
    genes: str | Path | None = None,
    checkpoints: Sequence[str | Path] = (),
    reference: str | Path | None = None,
    region: str | None = None,
    height: int = 820,
) -> Viewer:
    """Show the dashboard in a notebook: the page of `regtrack serve`, in a frame.

    On a JupyterHub the page comes through jupyter-server-proxy, which must be installed there, and
    needs a token, which its address has; elsewhere only this machine can connect.

    Args:
        paths: see `open_sources`; a single one need not be in a list.
        labels: a dataset, a markers table (.tsv), or one BED.
        genes: a GTF, plain or gzip.
        checkpoints: of the models, for saliency.
        reference: a FASTA; default: that of the sweeps.
        region: where the page opens, such as `chr1:1,000-2,000`.
        height: of the frame, in pixels.

    Returns:
        What the notebook shows; `close` stops its server.

    Raises:
        RegtrackError: a file is missing, cannot be read, or does not fit the others.
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    sources = open_sources(
        given, labels=labels, genes=genes, checkpoints=checkpoints, reference=reference
    )
    listening = socket.create_server(("127.0.0.1", 0))
    port, hub = listening.getsockname()[1], os.environ.get(_HUB)
    if hub is None:
        access, place, base = Access(), f"http://localhost:{port}/", "/"
    else:
        # the hub's name is not known here, and the token makes up for that
        access = access_of("127.0.0.1", ["*"], "auto")
        place = base = f"{hub.rstrip('/')}/proxy/{port}/"
    app = create_app(sources, access=access, url_base=base, framed=True)
    fields = {"region": region, FIELD: access.token}
    query = urlencode({name: text for name, text in fields.items() if text}, safe=":,")
    address = f"{place}?{query}" if query else place
    return Viewer(address, height, make_server(app, listening), sources)
