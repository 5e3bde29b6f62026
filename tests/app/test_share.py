"""What pages of other servers may read when tracks are shared, and what they may not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from read_hub import read_hub
from regtrack_app.access import Access, access_of
from regtrack_app.create_app import create_app

from regtrack.compare.sources import Sources

LOCAL: dict[str, Any] = {"base_url": "http://127.0.0.1:8050", "buffered": True}
ELSEWHERE = {"Origin": "https://genome.example.org", "Sec-Fetch-Site": "cross-site"}


def client_of(sources: Sources, **access: Any) -> FlaskClient:
    return create_app(sources, access=Access(**access)).server.test_client()


@pytest.mark.parametrize("token", [None, "s3cret"])
def test_a_page_elsewhere_reads_parts_of_files_and_nothing_else(
    sources: Sources, token: str | None
) -> None:
    client = client_of(sources, share=True, token=token)
    start = f"/with/{token}" if token else ""
    part = ELSEWHERE | {"Range": "bytes=0-3"}
    for path in ("/data/signal", "/sequence/genome.chrom.sizes"):
        answer = client.get(f"{start}{path}", headers=part, **LOCAL)
        assert (answer.status_code, len(answer.data)) == (206, 4) or path != "/data/signal"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    asked = ELSEWHERE | {
        "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range",
        "Access-Control-Request-Private-Network": "true",
    }  # fmt: skip
    answer = client.options(f"{start}/data/signal", headers=asked, **LOCAL)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Headers"] == "Range"
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
    for path in ("/", "/export/window.csv", "/igv/config.json", "/_dash-layout"):
        answer = client.get(path, headers=ELSEWHERE, **LOCAL)
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    # a name that is pointed here is refused all the same
    assert client.get(f"{start}/data/signal", base_url="http://evil.example").status_code == 403
    if token:
        assert client.get("/data/signal", headers=ELSEWHERE, **LOCAL).status_code == 401


def test_without_it_a_page_elsewhere_reads_nothing(sources: Sources) -> None:
    client = client_of(sources)
    answer = client.get("/data/signal", headers=ELSEWHERE, **LOCAL)
    assert answer.status_code == 403
    assert client.get("/hub.txt", **LOCAL).status_code == 404
    assert access_of("127.0.0.1").share is False
    assert access_of("127.0.0.1", share=True).share is True


def test_a_hub_and_a_configuration_name_every_track(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(sources, share=True, token="s3cret")
    answer = client.get("/with/s3cret/hub.txt", headers=ELSEWHERE, **LOCAL)
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert "regtrack hub writes" in answer.get_data(as_text=True)
    monkeypatch.setattr("regtrack_app.share.known_genome", lambda _: "hg38")
    (tmp_path / "hub.txt").write_bytes(client.get("/with/s3cret/hub.txt", **LOCAL).data)
    tracks = read_hub(tmp_path / "hub.txt")["tracks"]
    urls = [one["bigDataUrl"] for one in tracks.values() if "bigDataUrl" in one]
    assert len(urls) == len(sources.catalog.tracks)
    for url in urls:
        assert url.startswith("http://127.0.0.1:8050/with/s3cret/data/")
        assert client.get(urlsplit(url).path, headers={"Range": "bytes=0-3"}, **LOCAL).data
    config = json.loads(client.get("/with/s3cret/igv.json", headers=ELSEWHERE, **LOCAL).data)
    inner = [one for row in config["tracks"] for one in row.get("tracks", [row])]
    assert {one["url"] for one in inner} == set(urls)


def test_the_reference_is_one_of_the_files(sources: Sources) -> None:
    client = client_of(sources, share=True)
    reference = json.loads(client.get("/igv.json", **LOCAL).data)["reference"]
    urls = [url for name, url in reference.items() if name.endswith("URL")]
    assert urls
    for url in urls:
        assert client.get(urlsplit(url).path, headers=ELSEWHERE, **LOCAL).status_code == 200
