"""One file: resumed, restarted, refused, from the server that has it."""

from __future__ import annotations

import gzip
import hashlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from local_server import Server, local_server

from regtrack.fetch.download import UnavailableError, download
from regtrack.fetch.net import Net
from regtrack.fetch.partial import Partial
from regtrack.fetch.sources import Source

pytestmark = pytest.mark.network

Connect = Callable[..., Net]
Busy = tuple[tuple[int, dict[str, str]], float]  # an answer, and the wait that follows
BODY = random.Random(1).randbytes(300_001)
PATH = "/data/some.bin"
HALF = 150_000


@pytest.fixture
def partial(tmp_path: Path) -> Partial:
    return Partial(tmp_path / "work" / "some.bin")


@pytest.fixture
def other() -> Iterator[Server]:
    """A mirror."""
    with local_server() as found:
        yield found


def get(net: Net, partial: Partial, *urls: str, seen: list[int] | None = None, **of: object) -> str:
    """Download a file, and compare it with the body; how it was checked."""
    source = Source("some.bin", urls, **of)  # type: ignore[arg-type]
    told: list[int] = [] if seen is None else seen
    with net:
        _, how = download(net, source, partial, published={}, at=told.append)
    assert partial.path.read_bytes() == BODY
    assert told[-1:] in ([], [len(BODY)])
    return how


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_comes_as_it_is(
    server: Server, connect: Connect, partial: Partial, chunked: bool
) -> None:
    url = server.serve(PATH, BODY, chunked=chunked)
    assert get(connect(), partial, url) == "size"
    asked = server.asked(PATH)
    assert [one.headers["Accept-Encoding"] for one in asked] == ["identity"]
    assert asked[0].headers["User-Agent"].startswith("regtrack/")


def test_a_cut_connection_is_resumed_where_it_ended(
    server: Server, connect: Connect, partial: Partial, waits: list[float]
) -> None:
    seen: list[int] = []
    get(connect(), partial, server.serve(PATH, BODY, cuts=[HALF, 70_000]), seen=seen)
    starts = [one.headers.get("Range") for one in server.asked(PATH)]
    assert starts == [None, f"bytes={HALF}-", f"bytes={HALF + 70_000}-"]
    assert [one.headers.get("If-Range") for one in server.asked(PATH)] == [None, '"one"', '"one"']
    assert seen == sorted(seen)
    assert waits == [1.0, 2.0]


@pytest.mark.parametrize(
    ("sent", "condition"),
    [
        (('W/"weak"', "Mon, 02 Jan 2012 03:04:05 GMT"), "Mon, 02 Jan 2012 03:04:05 GMT"),
        (("", "Mon, 02 Jan 2012 03:04:05 GMT"), "Mon, 02 Jan 2012 03:04:05 GMT"),
        (("", ""), None),
    ],
)
def test_a_part_is_asked_for_by_the_best_validator(
    server: Server, connect: Connect, partial: Partial, sent: tuple[str, str], condition: str | None
) -> None:
    etag, modified = sent
    get(connect(), partial, server.serve(PATH, BODY, etag=etag, modified=modified, cuts=[HALF]))
    last = server.asked(PATH)[-1].headers
    assert (last["Range"], last.get("If-Range")) == (f"bytes={HALF}-", condition)


def test_a_server_without_ranges_sends_all_of_it_again(
    server: Server, connect: Connect, partial: Partial
) -> None:
    seen: list[int] = []
    get(connect(), partial, server.serve(PATH, BODY, ranges="no", cuts=[HALF]), seen=seen)
    assert len(server.asked(PATH)) == 2
    assert seen.count(0) == 2


@pytest.mark.parametrize("ranges", ["yes", "blindly"])
def test_a_file_that_changed_meanwhile_starts_anew(
    server: Server, connect: Connect, partial: Partial, ranges: str
) -> None:
    """Also with a server that sends the end of the new file to the beginning of the old."""
    url = server.serve(PATH, b"an older text" * 20_000, cuts=[HALF])
    with pytest.raises(UnavailableError, match="the connection was cut"):
        get(connect(tries=1), partial, url)
    assert partial.size == HALF
    server.serve(PATH, BODY, etag='"two"', modified="", ranges=ranges)
    get(connect(), partial, url)


def test_bytes_of_unknown_origin_are_not_used(
    server: Server, connect: Connect, partial: Partial
) -> None:
    partial.path.parent.mkdir()
    partial.path.write_bytes(b"x" * HALF)
    partial.path.with_name("some.bin.json").write_text('{"url": "damaged')
    get(connect(), partial, server.serve(PATH, BODY))
    assert "Range" not in server.asked(PATH)[0].headers


def test_a_part_that_is_complete_is_not_sent_again(
    server: Server, connect: Connect, partial: Partial
) -> None:
    url = server.serve(PATH, BODY)
    get(connect(), partial, url)
    get(connect(), partial, url)
    assert server.asked(PATH)[-1].headers["Range"] == f"bytes={len(BODY)}-"
    server.serve(PATH, BODY[:HALF])  # the file is shorter now: 416 is no success
    with pytest.raises(AssertionError):
        get(connect(), partial, url)
    assert partial.path.read_bytes() == BODY[:HALF]


def test_redirects_are_followed_and_circles_given_up(
    server: Server, connect: Connect, partial: Partial
) -> None:
    target = server.serve(PATH, BODY, cuts=[HALF])
    old = server.serve("/old", b"", answers=[(302, {"Location": target})] * 2)
    get(connect(), partial, old)
    assert len(server.asked("/old")) == 2
    round_ = server.serve("/round", b"", answers=[(302, {"Location": "/round"})] * 200)
    partial.remove()
    with pytest.raises(UnavailableError, match="it redirects in a circle"):
        get(connect(), partial, round_)


@pytest.mark.parametrize("status", [404, 403, 410, 401])
def test_a_missing_file_is_final_there_and_the_mirror_is_asked(
    server: Server, other: Server, connect: Connect, partial: Partial, status: int
) -> None:
    first = server.serve(PATH, b"", answers=[(status, {})] * 9)
    get(connect(), partial, first, other.serve(PATH, BODY))
    assert len(server.asked(PATH)) == 1


def test_bytes_of_one_server_are_not_joined_with_those_of_another(
    server: Server, other: Server, connect: Connect, partial: Partial
) -> None:
    first = server.serve(PATH, bytes(len(BODY)), cuts=[HALF], answers=[])
    server.files[PATH].cuts += [0] * 9
    get(connect(), partial, first, other.serve(PATH, BODY))
    assert "Range" not in other.asked(PATH)[0].headers


@pytest.mark.parametrize(
    "case",
    [
        ((429, {"Retry-After": "7"}), 7.0),
        ((503, {"Retry-After": "120"}), 120.0),
        ((429, {}), 1.0),
        ((503, {"Retry-After": "some day"}), 1.0),
    ],
)
def test_a_busy_server_is_left_alone_as_long_as_it_asks(
    server: Server, connect: Connect, partial: Partial, waits: list[float], case: Busy
) -> None:
    answer, waited = case
    get(connect(), partial, server.serve(PATH, BODY, answers=[answer]))
    assert waits == [pytest.approx(waited, abs=1.0)]


def test_waits_double_and_end(
    server: Server, connect: Connect, partial: Partial, waits: list[float]
) -> None:
    url = server.serve(PATH, BODY, answers=[(500, {})] * 99)
    with pytest.raises(UnavailableError, match="HTTP 500"):
        get(connect(tries=4), partial, url)
    assert waits == [1.0, 2.0, 4.0]


def test_a_wait_of_hours_is_not_waited_for(
    server: Server, other: Server, connect: Connect, partial: Partial, waits: list[float]
) -> None:
    busy = server.serve(PATH, BODY, answers=[(429, {"Retry-After": "7200"})])
    get(connect(), partial, busy, other.serve(PATH, BODY))
    assert waits == []


def test_another_size_than_the_table_has_is_refused(
    server: Server, connect: Connect, partial: Partial
) -> None:
    url = server.serve(PATH, BODY)
    with pytest.raises(UnavailableError, match="it has 300,001 bytes; expected 5"):
        get(connect(), partial, url, size=5)
    assert partial.size == 0


@pytest.mark.parametrize("length", [len(BODY) + 1, 10 * len(BODY)])
def test_fewer_bytes_than_announced_are_no_file(
    server: Server, connect: Connect, partial: Partial, length: int
) -> None:
    url = server.serve(PATH, BODY, length=length)
    with pytest.raises(UnavailableError, match=r"cut|changed|bytes"):
        get(connect(tries=2), partial, url)


def test_a_wrong_checksum_is_tried_once_more_and_then_elsewhere(
    server: Server, other: Server, connect: Connect, partial: Partial
) -> None:
    digest = f"md5:{hashlib.md5(BODY).hexdigest()}"
    wrong = server.serve(PATH, bytes(len(BODY)))
    assert get(connect(), partial, wrong, other.serve(PATH, BODY), checksum=digest) == "md5"
    assert len(server.asked(PATH)) == 2
    with pytest.raises(UnavailableError, match=r"its md5 is \w+; published is"):
        get(connect(), Partial(partial.path.with_name("else.bin")), wrong, checksum=digest)
    assert not partial.path.with_name("else.bin").exists()


PAGE = b"<!DOCTYPE html><html><title>Log in to the hotel's network</title></html>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PAGE, "it is an HTML page"),
        (gzip.compress(BODY)[:-9], "is a damaged gzip"),
        (BODY, "it is a binary file of unknown kind; expected a gzip"),
    ],
)
def test_what_is_no_sound_gzip_is_refused(
    server: Server, connect: Connect, tmp_path: Path, content: bytes, message: str
) -> None:
    source = Source("a.bed.gz", (server.serve("/a.bed.gz", content),))
    with connect() as net, pytest.raises(UnavailableError, match=message):
        download(net, source, Partial(tmp_path / "a"), published={}, at=lambda _: None)


def test_a_gzip_stays_packed_whatever_the_server_calls_it(
    server: Server, connect: Connect, partial: Partial
) -> None:
    """As Apache sends it: with a Content-Encoding, by which clients unpack."""
    url = server.serve(PATH, BODY, extra={"Content-Encoding": "x-gzip"})
    get(connect(), partial, url)


def test_the_proxy_of_the_environment_is_used(
    server: Server, connect: Connect, partial: Partial, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://archive.invalid/some.bin"
    server.serve(url, BODY, cuts=[HALF])  # a proxy is asked for whole addresses
    monkeypatch.setenv("http_proxy", server.address)
    get(connect(), partial, url)
    assert len(server.asked(url)) == 2


@pytest.mark.parametrize(
    ("proxy", "message"),
    [(None, "connection refused|cannot be resolved"), ("http://127.0.0.1:9", "the proxy")],
)
def test_a_server_that_cannot_be_reached_is_said_in_words(
    server: Server, connect: Connect, partial: Partial, proxy: str | None, message: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if proxy:
            patch.setenv("http_proxy", proxy)
        with pytest.raises(UnavailableError, match=rf"^127.0.0.1:9: .*({message})"):
            get(connect(tries=2), partial, "http://127.0.0.1:9/some.bin")


def test_a_slow_server_is_waited_for_and_a_silent_one_is_not(
    server: Server, connect: Connect, partial: Partial
) -> None:
    url = server.serve(PATH, BODY, delay=0.02)
    get(connect(silence=0.5), partial, url)
    server.serve(PATH, BODY, delay=0.4)
    partial.remove()
    with pytest.raises(UnavailableError, match="it fell silent"):
        get(connect(silence=0.05, tries=1), partial, url)
    assert 0 < partial.size < len(BODY)
