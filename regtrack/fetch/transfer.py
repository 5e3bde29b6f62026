"""One request for one file: all of it, or the rest of what is there already."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple

import requests
import urllib3

from regtrack.disk_errors import disk_errors
from regtrack.fetch.net import Net, host_of, reason_of, retry_after
from regtrack.fetch.partial import Partial, Version

_PIECE = 1 << 16  # bytes written at once, and lost at most if a connection is cut
_LATER = {408, 425, 429, 500, 502, 503, 504}  # statuses that may change soon
_RANGE = re.compile(r"bytes (?:(?P<start>\d+)-\d+|\*)/(?P<size>\d+|\*)")


class RefusedError(Exception):
    """A server does not have the file as it should be; asking again would not help."""


class FailedError(Exception):
    """A request failed, and the next one may succeed.

    Args:
        reason: in a few words.
        wait: seconds that the server asks to wait, if it does.
        busy: whether the server asks to be left alone.
    """

    def __init__(self, reason: str, wait: float | None = None, *, busy: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.busy = wait, busy


def receive(
    net: Net, url: str, partial: Partial, *, size: int | None, at: Callable[[int], None]
) -> None:
    """Receive a file, or the rest of it if the bytes that are there are of the same version.

    Args:
        net: the connections.
        url: of the file.
        partial: the bytes that are there; complete on return, as far as the server says.
        size: bytes of the file, if known; a server that has another number is refused.
        at: told how many bytes are there.

    Raises:
        RefusedError: the server lacks the file, or has one of another size.
        FailedError: no connection, a busy server, or a connection that was cut; the bytes so far
            are kept.
        OutputError: it cannot be written.
        StoppedError: the fetch was interrupted.
    """
    held, version = partial.size, partial.version
    version = version if held and version and version.url == url else None
    with closing(_ask(net, url, _rest(held, version) if version else {})) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable and version:
            if _range(answer).size == held == (version.size or held):
                return  # all of it is there
            raise _outdated(partial, at)
        _check_status(answer)
        there = _version(url, answer)
        if size is not None and there.size is not None and there.size != size:
            raise RefusedError(f"it has {there.size:,} bytes; expected {size:,}")
        if answer.status_code != requests.codes.partial_content:
            partial.begin(there)
            at(0)
        elif version is None or _range(answer).start != held or not version.agrees(there):
            raise _outdated(partial, at)
        _write(net, answer, partial, at)
    if there.size is not None and partial.size != there.size:
        raise FailedError(f"it sent {partial.size:,} of {there.size:,} bytes")


def _rest(held: int, version: Version) -> dict[str, str]:
    headers = {"Range": f"bytes={held}-"}
    return headers | ({"If-Range": version.condition} if version.condition else {})


def _ask(net: Net, url: str, headers: dict[str, str]) -> requests.Response:
    host = host_of(url)
    try:
        answer = net.session.get(url, headers=headers, stream=True, timeout=net.timeouts)
    except requests.TooManyRedirects as error:
        raise RefusedError(reason_of(error)) from error
    except requests.RequestException as error:
        net.connected(host, stands=False)
        raise FailedError(reason_of(error)) from error
    net.connected(host, stands=True)
    return answer


def _outdated(partial: Partial, at: Callable[[int], None]) -> FailedError:
    partial.remove()
    at(0)
    return FailedError("the file has changed there; starting anew", 0.0)


def _check_status(answer: requests.Response) -> None:
    """Refuse an answer that has no content of the file."""
    status = answer.status_code
    if status in {200, 206}:
        return
    words = f"HTTP {status} {answer.reason or ''}".rstrip()
    if status in _LATER:
        wait = retry_after(answer.headers.get("Retry-After"))
        raise FailedError(words, wait, busy=status in {429, 503})
    raise RefusedError(words)


class _Range(NamedTuple):
    start: int | None
    size: int | None


def _range(answer: requests.Response) -> _Range:
    """Where a part begins, and the bytes of the whole; None where the server does not say."""
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    numbers = (found["start"], found["size"]) if found else (None, None)
    return _Range(*(int(one) if one and one.isdecimal() else None for one in numbers))


def _version(url: str, answer: requests.Response) -> Version:
    """What an answer says of the whole file."""
    length = answer.headers.get("Content-Length", "")
    if answer.status_code == requests.codes.partial_content:
        size = _range(answer).size
    else:
        size = int(length) if length.isdecimal() else None
    etag, modified = (answer.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    return Version(url, etag, modified, size)


def _write(
    net: Net, answer: requests.Response, partial: Partial, at: Callable[[int], None]
) -> None:
    """Append what comes."""
    done = partial.size
    with disk_errors(partial.path), partial.path.open("ab") as file:
        for piece in _pieces(answer):
            file.write(piece)
            done += len(piece)
            at(done)
            net.check_running()


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    """The content as it is sent, without unpacking it."""
    try:
        yield from answer.raw.stream(_PIECE, decode_content=False)
    except (urllib3.exceptions.HTTPError, requests.RequestException, OSError) as error:
        raise FailedError(reason_of(error)) from error
