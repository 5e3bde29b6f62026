"""The dashboard in a notebook: a frame of a page that is served while the notebook runs."""

from __future__ import annotations

import re
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from regtrack_app.view import Viewer, view
from small_world import World

from regtrack.errors import RegtrackError


def frame_of(viewer: Viewer) -> str:
    (address,) = re.findall(r'<iframe src="([^"]+)"', viewer._repr_html_())
    return str(address)


def test_a_notebook_shows_the_page_until_it_is_closed(world: World) -> None:
    with view(world.folder / "sweeps", labels=world.folder / "data", region="chr1:1-200") as shown:
        address = frame_of(shown)
        assert address == shown.address
        assert address.endswith("/?region=chr1:1-200")
        with urlopen(address) as answer:
            assert b"<title>regtrack</title>" in answer.read()
            assert "X-Frame-Options" not in answer.headers
            policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self' http://localhost:*" in policy
        with pytest.raises(HTTPError, match="403"):
            urlopen(Request(address, headers={"Host": "evil.example"}))
    with pytest.raises(URLError, match="refused"):
        urlopen(address)


def test_on_a_hub_the_page_comes_through_its_proxy_with_a_token(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/anna/")
    with view([world.folder / "sweeps"]) as shown:
        found = re.fullmatch(r"(/user/anna/proxy/(\d+)/)(\?token=.+)", shown.address)
        assert found is not None
        path, port, query = found.groups()
        for place in (path, "/"):  # passed on by the proxy, or stripped
            asked = Request(f"http://127.0.0.1:{port}{place}", headers={"Host": "hub.example.org"})
            with pytest.raises(HTTPError, match="401"):
                urlopen(asked)
            asked.full_url += query
            with urlopen(asked) as answer:
                assert b"/user/anna/proxy/" in answer.read()


def test_what_cannot_be_opened_is_refused(world: World) -> None:
    with pytest.raises(RegtrackError, match="no labels at"):
        view(world.folder / "sweeps", labels="/no/labels")
