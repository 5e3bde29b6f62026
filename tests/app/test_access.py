"""Who is answered: names and origins worked out by hand, and what a page elsewhere would try."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from flask.testing import FlaskClient
from regtrack_app.access import Access, access_of, host_name
from regtrack_app.create_app import create_app

from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError

OPENED = Access("0.0.0.0", ("tracks.example.org", "*.lab.example.org", "198.51.100.9"))
PATHS = ("/", "/data/signal", "/_dash-layout", "/assets/regtrack.css", "/export/window.csv",
         "/_dash-component-suites/dash/dcc/async-graph.js", "/nowhere")  # fmt: skip
EVIL = "http://evil.example:8050"


def client_of(sources: Sources, access: Access, **more: Any) -> FlaskClient:
    return create_app(sources, access=access, **more).server.test_client()


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8050", "LOCALHOST.", "127.0.0.1:80", "[::1]:8050", "[0:0::1]",
     socket.gethostname(), "tracks.example.org", "TRACKS.example.org:443", "a.lab.example.org",
     "a.b.lab.example.org", "198.51.100.9:8050", "127.0.0.9"],
)  # fmt: skip
def test_its_own_and_added_names_are_known(host: str) -> None:
    assert OPENED.refusal(host, None, None) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:8050", "localhost.evil.example", "127.0.0.1.evil.example",
     "lab.example.org", "xlab.example.org", "x.tracks.example.org", "203.0.113.7",
     "localhost:8050, evil.example", "evil.example@localhost", "localhost/evil", "[::1", "a b",
     "localhost:8050:80", "\u2028", "x" * 5_000],
)  # fmt: skip
@pytest.mark.parametrize("listening", ["127.0.0.1", "0.0.0.0", "::", "192.0.2.5"])
def test_every_other_name_is_refused_whatever_it_listens_on(host: str, listening: str) -> None:
    access = Access(listening, OPENED.allow_host)
    says = access.refusal(host, None, None)
    assert says is not None
    assert "\n" not in says
    assert len(says) < 400


def test_one_address_is_known_by_it_and_by_the_machines_name() -> None:
    access = Access("192.0.2.5")
    assert access.refusal("192.0.2.5:8050", None, None) is None
    assert access.refusal(socket.gethostname(), None, None) is None
    assert access.refusal("192.0.2.6", None, None) is not None
    local = Access("127.0.0.1")
    assert local.refusal("198.51.100.9", None, None) is not None


@pytest.mark.parametrize("listening", ["127.0.0.1", "0.0.0.0"])
def test_a_page_that_points_its_name_here_reads_nothing(sources: Sources, listening: str) -> None:
    client = client_of(sources, Access(listening))
    for path in PATHS:
        answer = client.get(path, base_url=EVIL)
        assert (answer.status_code, answer.mimetype) == (403, "text/plain")
        text = answer.get_data(as_text=True)
        assert "`allow_host=evil.example`" in text
        assert text.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        ("localhost:8050", "http://localhost:8050", True),
        ("localhost:8050", "https://localhost:8050", True),  # a proxy may add encryption
        ("localhost:8050", "http://localhost:3000", False),  # another program of this machine
        ("localhost:8050", "http://evil.example", False),
        ("localhost:8050", "null", False),
        ("localhost:8050", "file://", False),
        ("localhost:8050", "http://[", False),
        ("127.0.0.1:8050", "https://tracks.example.org", True),  # a proxy that names this server
        ("127.0.0.1:8050", "https://a.lab.example.org:8443", True),
        ("127.0.0.1:8050", "chrome-extension://tracks.example.org", False),
    ],
)
def test_only_pages_from_here_may_ask(host: str, origin: str, allowed: bool) -> None:
    assert (OPENED.refusal(host, origin, None) is None) == allowed


def test_what_another_site_asks_for_is_refused_but_its_links_work(sources: Sources) -> None:
    client = client_of(sources, Access())
    local = "http://127.0.0.1:8050"
    for method, path in (("POST", "/_dash-update-component"), ("GET", "/data/signal")):
        for origin, refused in ((EVIL, True), (local, False)):
            headers = {"Origin": origin}
            answer = client.open(path, method=method, base_url=local, headers=headers)
            assert (answer.status_code == 403) == refused
            answer.close()
    for site, mode, status in (
        ("cross-site", "no-cors", 403), ("same-site", "cors", 403), ("same-origin", "cors", 200),
        ("none", "navigate", 200), ("cross-site", "navigate", 200),
    ):  # fmt: skip
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
        assert client.get("/", base_url=local, headers=headers).status_code == status


def test_with_a_token_nothing_is_answered_without_it(sources: Sources) -> None:
    client = client_of(sources, Access(token="s3cret"))
    local = "http://127.0.0.1:8050"
    for path in PATHS:
        plain = client.get(path, base_url=local).status_code
        wrong = client.get(f"{path}?token=s3cre", base_url=local)
        assert (plain, wrong.status_code) == (401, 401)
        assert "Set-Cookie" not in wrong.headers
        headers = {"Authorization": "Bearer s3cret"}
        answer = client.get(path, base_url=local, headers=headers, buffered=True)
        assert answer.status_code != 401


def test_the_token_moves_from_the_address_into_a_cookie(sources: Sources) -> None:
    client = client_of(sources, Access(token="s3.cr-et~"), url_base="/regtrack/")
    local: dict[str, Any] = {"base_url": "http://127.0.0.1:8050/regtrack", "buffered": True}
    opened = client.get("/", query_string={"token": "s3.cr-et~"}, **local)
    cookie = opened.headers["Set-Cookie"]
    assert opened.status_code == 200
    for part in ("HttpOnly", "SameSite=Strict", "Path=/regtrack/"):
        assert part in cookie
    assert client.get("/data/signal", headers={"Range": "bytes=0-3"}, **local).status_code == 206
    # another server on another port of this host has its own cookie
    other = client_of(sources, Access(token="another")).get("/?token=another", **local)
    assert other.headers["Set-Cookie"].split("=")[0] != cookie.split("=")[0]


def test_without_the_token_a_person_gets_a_form_and_a_program_a_line(sources: Sources) -> None:
    client = client_of(sources, Access(token="s3cret"))
    local = "http://127.0.0.1:8050"
    html = {"Accept": "text/html"}
    form = client.get('/?region=chr1:1-20&x="><script>', base_url=local, headers=html)
    text = form.get_data(as_text=True)
    assert 'name="region" value="chr1:1-20"' in text
    assert "<script>" not in text
    line = client.get("/data/signal", base_url=local)
    assert (line.status_code, line.mimetype) == (401, "text/plain")
    # the browser withholds the cookie from a link of another site; the page asks again by itself
    linked = html | {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert b"refresh" in client.get("/", base_url=local, headers=linked).data


def test_a_server_that_others_reach_gets_a_token() -> None:
    assert access_of("127.0.0.1").token is access_of("localhost").token is None
    first, second = access_of("0.0.0.0").token, access_of("0.0.0.0").token
    assert first is not None
    assert second is not None
    assert first != second
    assert len(first) >= 32
    assert access_of("0.0.0.0", no_token=True).token is None
    assert access_of("127.0.0.1", token="auto").token is not None
    assert access_of("127.0.0.1", token="mine").token == "mine"


@pytest.mark.parametrize("name", ["", "**", "*.", "a b", "http://a.example", "a.example/x", "a,b"])
def test_an_added_name_is_a_host_name(name: str) -> None:
    with pytest.raises(RegtrackError, match="is not a host name"):
        Access(allow_host=(name,))


def test_tokens_are_checked() -> None:
    for token in ("", "a\nb", "a b", "ä", "a/b", "a%b"):
        with pytest.raises(RegtrackError, match="`token` is empty or has characters"):
            Access(token=token)
    with pytest.raises(RegtrackError, match="exclude each other"):
        access_of("0.0.0.0", token="a", no_token=True)


def test_names_are_read_as_browsers_write_them() -> None:
    assert host_name("EXAMPLE.org.:80") == "example.org"
    assert host_name("[2001:DB8:0::1]:80") == "2001:db8::1"


def test_all_names_need_a_token() -> None:
    with pytest.raises(RegtrackError, match="needs a `token`"):
        Access(allow_host=("*",))
    access = Access(allow_host=("*",), token="s3cret")
    assert access.refusal("anything.example:8050", "https://anything.example", None) is None
    assert access_of("127.0.0.1", ["*"], "auto").token
