"""Behind a proxy that shows the page below a path: a small one stands in the test."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urljoin, urlsplit

import pytest
from dashboard import served
from regtrack_app import ids
from regtrack_app.access import Access
from regtrack_app.create_app import create_app
from regtrack_app.url_base import checked_base
from small_world import World

from regtrack.errors import RegtrackError

PREFIX = "/user/anna/regtrack/"
VIEW = "?region=chr1:100,001-100,200&markers=K562_CTCF&models=cnn7"


@contextmanager
def proxied(upstream: int, *, strip: bool) -> Iterator[int]:
    """A proxy that shows a server below `PREFIX`, and nothing else; gives its port."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(PREFIX):
                self.send_error(404)
                return
            path = self.path.removeprefix(PREFIX.rstrip("/")) if strip else self.path
            size = int(self.headers.get("Content-Length") or 0)
            with closing(HTTPConnection("127.0.0.1", upstream, timeout=20)) as client:
                client.request(self.command, path, self.rfile.read(size), dict(self.headers))
                answer = client.getresponse()
                body = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name != "Transfer-Encoding":  # of this hop alone
                    self.send_header(name, value)
            if answer.getheader("Content-Length") is None:
                self.send_header("Content-Length", str(len(body)))
            with suppress(ConnectionError):  # a page that moves on gives up what it asked for
                self.end_headers()
                self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(params=[True, False], ids=["stripped", "kept"])
def port(request: pytest.FixtureRequest, world: World) -> Iterator[int]:
    sources = world.open(reference=world.folder / "genome.fa")
    app = create_app(sources, url_base=PREFIX, access=Access(token="s3cret"))
    with (
        served(app) as address,
        proxied(int(urlsplit(address).port or 0), strip=request.param) as port,
    ):
        yield port
    sources.pool.close()


def asked(
    port: int, path: str, method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[HTTPResponse, bytes]:
    client = HTTPConnection("127.0.0.1", port, timeout=20)
    given = {"Authorization": "Bearer s3cret"} | headers
    client.request(method, path, body, given)
    answer = client.getresponse()
    data = answer.read()
    client.close()
    return answer, data


def test_everything_lies_below_the_prefix(port: int) -> None:
    answer, page = asked(port, PREFIX)
    assert answer.status == 200
    text = page.decode()
    addresses = {urljoin(PREFIX, each) for each in re.findall(r'(?:href|src)="([^"]+)"', text)}
    assert len(addresses) > 5
    for address in addresses:
        found, data = asked(port, address)
        assert (found.status, bool(data)) == (200, True), address
    config = json.loads(re.findall(r'id="_dash-config"[^>]*>([^<]+)<', text)[0])
    assert config["requests_pathname_prefix"] == PREFIX


def test_callbacks_and_files_lie_below_the_prefix(port: int) -> None:
    body = {
        "output": f"{ids.MEASURES}.children",
        "outputs": {"id": ids.MEASURES, "property": "children"},
        "inputs": [{"id": ids.RESTED, "property": "data", "value": VIEW}],
        "changedPropIds": [f"{ids.RESTED}.data"],
    }
    answer, _ = asked(
        port, f"{PREFIX}_dash-update-component", "POST", json.dumps(body).encode(),
        **{"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"},
    )  # fmt: skip
    assert answer.status == 200
    config = json.loads(asked(port, f"{PREFIX}igv/config.json{VIEW}")[1])
    for address in (config["tracks"][0]["url"], config["reference"]["fastaURL"]):
        assert address.startswith(PREFIX)
        part, data = asked(port, address, Range="bytes=2-5")
        assert (part.status, len(data)) == (206, 4)
    session = asked(port, f"{PREFIX}export/session.xml{VIEW}")[1].decode()
    (track,) = set(re.findall(r'path="([^"]+)"', session))
    assert track == f"http://127.0.0.1:{port}{PREFIX}with/s3cret/data/cnn7.K562_CTCF"
    place = track.removeprefix(f"http://127.0.0.1:{port}")
    # as desktop IGV asks, which also appends .fai to the address of a FASTA
    assert asked(port, place, Authorization="")[0].status == 200
    fasta = re.findall(r'genome="http://[^/]+([^"]+)"', session)[0]
    assert asked(port, f"{fasta}.fai", Authorization="")[0].status == 200
    assert asked(port, place.replace("s3cret", "s3cre"), Authorization="")[0].status == 401
    assert asked(port, f"{PREFIX}export/window.csv{VIEW}")[0].status == 200


def test_without_its_slash_the_prefix_leads_to_the_page(world: World) -> None:
    sources = world.open()
    with served(create_app(sources, url_base=PREFIX)) as address:
        answer, _ = asked(int(urlsplit(address).port or 0), f"{PREFIX[:-1]}?region=chr1:1-20")
        assert answer.status == 308
        assert answer.getheader("Location") == f"{PREFIX}?region=chr1:1-20"
    sources.pool.close()


@pytest.mark.parametrize(
    "text", ["a b", "/a?b", "/a//b", "/../a", "https://a.example/", "/a#b", "é"]
)
def test_a_prefix_is_a_path(text: str) -> None:
    with pytest.raises(RegtrackError, match="`url_base`"):
        checked_base(text)
