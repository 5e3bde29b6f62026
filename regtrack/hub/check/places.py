"""Where a hub lies: on a server or in a folder, read in parts as browsers read it."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import requests

from regtrack.files.recognise import recognise
from regtrack.files.shown import shown

_ORIGIN = "https://genome.ucsc.edu"  # any other site than the hub's
_SECONDS = 30.0
_HEADERS = {"Accept-Encoding": "identity", "Origin": _ORIGIN}

WHOLE = 1 << 23
"""Bytes of the longest text that is read, such as a hub of many thousand tracks."""


class UnreachableError(Exception):
    """Bytes that cannot be had, with the reason as a line."""


@dataclass(frozen=True)
class Part:
    """Bytes of a file.

    Attributes:
        data: the bytes, at most as many as were asked for.
        size: of the file (bytes); None if the server does not say.
        notes: what browsers will have trouble with, each a line.
    """

    data: bytes
    size: int | None
    notes: tuple[str, ...] = ()


class Places(Protocol):
    """Reads files by their addresses."""

    def join(self, base: str, address: str) -> str:
        """An address in a file, seen from that file's own."""

    def part(self, address: str, start: int, size: int) -> Part:
        """Bytes of a file.

        Raises:
            UnreachableError: there is no such file, or it cannot be read.
        """


class Folder:
    """Files on this machine."""

    def join(self, base: str, address: str) -> str:
        """The path that an address means."""
        if urlsplit(address).scheme:
            return address
        return str(Path(base).parent / unquote(address))

    def part(self, address: str, start: int, size: int) -> Part:
        """As `Places.part`."""
        if urlsplit(address).scheme in {"http", "https", "ftp"}:
            raise UnreachableError("is on a server; check the hub by its URL")
        path = Path(address)
        alike = other_case(path)
        if alike is not None:
            raise UnreachableError(
                f'is named "{alike}" there; servers tell upper and lower case apart'
            )
        try:
            with path.open("rb") as file:
                length = os.fstat(file.fileno()).st_size
                file.seek(start)
                return Part(file.read(size), length)
        except OSError as error:
            raise UnreachableError(f"cannot be read ({error.strerror})") from error


def other_case(path: Path) -> str | None:
    """The part of a path that exists in another case alone, as on a disk; None if all is right."""
    parts = path.parts
    for number in range(1, len(parts)):
        folder, name = Path(*parts[:number]), parts[number]
        if name in {".", ".."} or not folder.is_dir():
            continue
        inside = {one.name for one in folder.iterdir()} if os.access(folder, os.R_OK) else {name}
        if name not in inside:
            return next((one for one in sorted(inside) if one.lower() == name.lower()), None)
    return None


class Server:
    """Files on servers; threads may share it."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._asked: set[str] = set()
        self._lock = threading.Lock()

    def join(self, base: str, address: str) -> str:
        """The URL that an address means."""
        return urldefrag(urljoin(base, address)).url

    def part(self, address: str, start: int, size: int) -> Part:
        """As `Places.part`."""
        wanted = {**_HEADERS, "Range": f"bytes={start}-{start + size - 1}"}
        with self._get(address, wanted) as answer:
            _check_status(answer)
            notes = [*_redirects(address, answer), *_headers(answer)]
            notes += self._preflight(answer.url)
            ranged = answer.status_code == requests.codes.partial_content
            if not ranged:
                notes.append(
                    "the server answers no range requests: it sends the whole file for each part"
                )
            length = _length(answer, ranged)
            data = _read(answer, size if ranged else start + size)
        if ranged and len(data) < min(size, (length or size + start) - start):
            notes.append(f"the server sent {len(data):,} of {size:,} bytes asked for")
        return Part(data if ranged else data[start:], length, tuple(dict.fromkeys(notes)))

    def exists(self, url: str) -> bool:
        """Whether there is a file, for guesses at names; a web page in its place is none."""
        try:
            with self._get(url, {**_HEADERS, "Range": "bytes=0-511"}) as answer:
                return bool(answer.ok) and "HTML" not in recognise(_read(answer, 512))
        except UnreachableError:
            return False

    def _preflight(self, url: str) -> list[str]:
        """What a browser is told that asks, before it reads, whether it may read parts.

        Once per server: all files of one have one configuration.
        """
        server = urlsplit(url).netloc
        with self._lock:
            if server in self._asked:
                return []
            self._asked.add(server)
        asks = {
            "Origin": _ORIGIN,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "range",
        }
        try:
            answer = self._session.options(url, headers=asks, timeout=_SECONDS)
        except requests.RequestException:
            return []
        allowed = answer.headers.get("Access-Control-Allow-Headers", "").lower()
        if answer.ok and ("range" in allowed or "*" in allowed):
            return []
        return [
            f"the server answers OPTIONS with {answer.status_code} and without "
            "Access-Control-Allow-Headers: Range; older browsers then read nothing (CORS)"
        ]

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session

    def _get(self, url: str, headers: dict[str, str]) -> requests.Response:
        try:
            return self._session.get(url, headers=headers, timeout=_SECONDS, stream=True)
        except requests.TooManyRedirects:
            raise UnreachableError("the server redirects without end") from None
        except requests.exceptions.SSLError:
            raise UnreachableError("the server's certificate is not valid") from None
        except requests.RequestException as error:
            raise UnreachableError(f"cannot be reached ({type(error).__name__})") from error


def _check_status(answer: requests.Response) -> None:
    if answer.status_code in {requests.codes.unauthorized, requests.codes.forbidden}:
        raise UnreachableError(
            f"the server answers {answer.status_code}: readers need a password or permission"
        )
    if not answer.ok:
        raise UnreachableError(f"the server answers {answer.status_code} {answer.reason}".rstrip())


def _redirects(asked: str, answer: requests.Response) -> list[str]:
    if not answer.history:
        return []
    before, after = urlsplit(asked), urlsplit(answer.url)
    if "login" in after.path.lower() or "signin" in after.path.lower():
        return [f"leads to a sign-in page, {answer.url}"]
    notes = []
    if before.scheme == "https" and after.scheme == "http":
        notes.append("is redirected from https to http, which browsers refuse")
    if not all(_allows(one) for one in answer.history):
        # of another server alone, so that the line is the same for all files
        other = after.netloc != before.netloc
        to = f"{after.scheme}://{after.netloc}" if other else answer.url
        notes.append(
            f"is redirected to {shown(to)} without CORS headers on the way, which browsers refuse; "
            "name the final address"
        )
    return notes


def _allows(answer: requests.Response) -> bool:
    return answer.headers.get("Access-Control-Allow-Origin") in {"*", _ORIGIN}


def _headers(answer: requests.Response) -> list[str]:
    notes = []
    if not _allows(answer):
        found = answer.headers.get("Access-Control-Allow-Origin")
        says = f"is {found}" if found else "is missing"
        notes.append(
            f"the header Access-Control-Allow-Origin {says}; with * igv.js and JBrowse on other "
            "sites can read it (CORS)"
        )
    coding = answer.headers.get("Content-Encoding", "identity")
    if coding != "identity":
        notes.append(f"the server compresses it ({coding}), so that its parts cannot be found")
    return notes


def _length(answer: requests.Response, ranged: bool) -> int | None:
    """The size of the file (bytes), if the server says it."""
    text = answer.headers.get("Content-Length", "")
    if ranged:
        text = answer.headers.get("Content-Range", "").rpartition("/")[2]
    return int(text) if text.isdigit() else None


def _read(answer: requests.Response, most: int) -> bytes:
    """The first bytes of an answer.

    Raises:
        UnreachableError: the connection broke.
    """
    found = bytearray()
    try:
        for piece in answer.iter_content(1 << 16):
            found += piece
            if len(found) >= most:
                break
    except requests.RequestException as error:
        raise UnreachableError(f"breaks off after {len(found):,} bytes") from error
    return bytes(found[:most])
