"""Text is sent as gzip; files of numbers and parts are not; scripts and styles are kept."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient
from regtrack_app.create_app import create_app
from regtrack_app.plotly_bundle import PATH

from regtrack.compare.sources import Sources

LOCAL: dict[str, Any] = {"base_url": "http://localhost", "buffered": True}
ZIPPED = {"Accept-Encoding": "br, gzip"}


@pytest.fixture
def client(sources: Sources) -> Iterator[FlaskClient]:
    app = create_app(sources)

    @app.server.route("/pieces")
    def pieces() -> Response:
        return Response((f"line {number}\n" for number in range(1_000)), mimetype="text/csv")

    with app.server.test_client() as client:
        client.get("/", **LOCAL)  # registers the components' files
        yield client


@pytest.mark.parametrize(
    "path",
    ["/_dash-layout", "/_dash-dependencies", f"/{PATH}", "/assets/regtrack.js",
     "/assets/regtrack.css", "/pieces"],
)  # fmt: skip
def test_text_is_sent_compressed_to_those_who_accept_it(client: FlaskClient, path: str) -> None:
    plain = client.get(path, **LOCAL)
    small = client.get(path, headers=ZIPPED, **LOCAL)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) < 0.6 * len(plain.data)
    if "Content-Length" in small.headers:
        assert int(small.headers["Content-Length"]) == len(small.data)


@pytest.mark.parametrize(
    ("path", "more"),
    [("/data/signal", {}), ("/data/signal", {"Range": "bytes=10-5000"}), ("/nowhere", {}),
     ("/assets/regtrack.js", {"Range": "bytes=10-5000"}), ("/sequence/genome.chrom.sizes", {})],
)  # fmt: skip
def test_numbers_parts_and_short_texts_are_sent_as_they_are(
    client: FlaskClient, path: str, more: dict[str, str]
) -> None:
    assert "Content-Encoding" not in client.get(path, headers=ZIPPED | more, **LOCAL).headers


def test_every_script_and_style_of_the_page_is_kept_for_long(client: FlaskClient) -> None:
    page = client.get("/", **LOCAL).get_data(as_text=True)
    addresses = re.findall(r'<(?:script src|link rel="stylesheet" href)="([^"]+)"', page)
    assert len(addresses) >= 10
    for address in addresses:
        kept = client.get(f"/{address.removeprefix(chr(47))}", **LOCAL).headers.get(
            "Cache-Control", ""
        )
        assert "max-age=31536000" in kept, address
    plain = client.get("/assets/regtrack.js", **LOCAL).headers
    assert "max-age=31536000" not in plain.get("Cache-Control", "")
