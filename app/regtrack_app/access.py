"""Who is answered: under which host names, to pages of which origin, and with which token.

A page elsewhere can make a browser send requests here, and can point its own host name at this
server (DNS rebinding) to read the answers. So a request must name this server by a name that it is
known by, and a page that sends it must have come from here.
"""

from __future__ import annotations

import functools
import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from regtrack.errors import RegtrackError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::", "")
"""Addresses to listen on that mean all of this machine's."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/@\s,]+)(:[0-9]{0,5})?", re.IGNORECASE)
_NAME = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:]*:[0-9a-f:.]+")
_ANY = "*"
_TOKEN = re.compile(r"[A-Za-z0-9._~-]+")
_SHOWN = 80  # characters of a name that a message repeats


@dataclass(frozen=True)
class Access:
    """The names of a server, and its token.

    Attributes:
        host: address that it listens on.
        allow_host: more host names under which it may be requested, and whose pages may request
            from it if a proxy passes them on; `*.example.org` covers all names below example.org,
            and `*` all names, which needs a token: without one, a page elsewhere could point its
            own name here.
        token: what every request must bring along; None: nothing.
        share: whether pages of other servers may read the files of tracks.

    Raises:
        RegtrackError: a name that is no host name, a token that does not fit into an address, or
            all names without a token.
    """

    host: str = LOOPBACK[0]
    allow_host: tuple[str, ...] = ()
    token: str | None = None
    share: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "allow_host", tuple(map(_checked, self.allow_host)))
        if self.token is not None and not _TOKEN.fullmatch(self.token):
            raise RegtrackError(
                "the `token` is empty or has characters other than letters, digits and . _ ~ -; "
                "leave it out for a new one"
            )
        if _ANY in self.allow_host and self.token is None:
            raise RegtrackError('`allow_host="*"` needs a `token`; pass one, or name the hosts')

    @property
    def local(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)

    def refusal(self, host: str, origin: str | None, site: str | None) -> str | None:
        """Why a request is not answered, in one line that names `allow_host`; None if it is.

        Args:
            host: its header Host.
            origin: its header Origin, which browsers add to what scripts send and to forms.
            site: its header Sec-Fetch-Site, which browsers add; None for one that opens a page.
        """
        name = host_name(host)
        if name is None or not self.knows(name):
            return _unknown(f"this server is not known as {_shown(host)}", name)
        if origin is not None and not self._from_here(origin, host):
            return _unknown(f"a page of {_shown(origin)} may not ask", _origin_name(origin))
        if site in {"cross-site", "same-site"}:
            return "a page of another server may not ask"
        return None

    def knows(self, name: str) -> bool:
        """Whether this server is known by a host name or address, in lower case."""
        if name in LOOPBACK or name == self.host.lower() or self._added(name):
            return True
        if self.local:
            return False
        return name in _own_names() or (self.host in EVERYWHERE and _is_own_address(name))

    def opens(self, token: str | None) -> bool:
        """Whether a token is the right one, compared in constant time."""
        if self.token is None:
            return True
        given = (token or "").encode("utf-8", "surrogatepass")
        return hmac.compare_digest(given, self.token.encode())

    def _added(self, name: str) -> bool:
        return _ANY in self.allow_host or any(
            name.endswith(known[1:]) if known.startswith("*.") else name == known
            for known in self.allow_host
        )

    def _from_here(self, origin: str, host: str) -> bool:
        """Whether a page has the address of the request, or one that was added for a proxy."""
        if origin.lower() in {f"{scheme}://{host.lower()}" for scheme in ("http", "https")}:
            return True
        name = _origin_name(origin)
        return name is not None and self._added(name)


def access_of(
    host: str,
    allow_host: Sequence[str] = (),
    token: str | None = None,
    *,
    no_token: bool = False,
    share: bool = False,
) -> Access:
    """The access to a server as its options say; a server that others can reach gets a token.

    Args:
        host: address to listen on.
        allow_host: see `Access`.
        token: `auto` for a new one; None: a new one if other machines can connect.
        no_token: whether to do without one.
        share: see `Access`.

    Raises:
        RegtrackError: a token and `no_token`, or as `Access`.
    """
    if token is not None and no_token:
        raise RegtrackError("`token` and `no_token` exclude each other; give one of them")
    new = token == "auto" or (token is None and not no_token and not is_loopback(host))
    return Access(host, tuple(allow_host), secrets.token_urlsafe(24) if new else token, share)


def host_name(host: str) -> str | None:
    """The name in a Host header, in lower case and without its port; None if it is malformed.

    >>> host_name("Localhost:8050"), host_name("[0:0::1]:8050"), host_name("a b")
    ('localhost', '::1', None)
    """
    found = _HOST.fullmatch(host)
    if found is None:
        return None
    name = found[1].strip("[]").lower().removesuffix(".")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def _origin_name(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return host_name(parts.netloc) if parts.scheme in {"http", "https"} else None


def _unknown(says: str, name: str | None) -> str:
    if name is None or not _NAME.fullmatch(name):
        return f"{says}; expected a host name of this server"
    return f"{says}; to allow it, start the server with `allow_host={_shown(name)}`"


def _shown(text: str) -> str:
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _checked(name: str) -> str:
    if name.strip() == _ANY:
        return _ANY
    low = name.strip().lower().strip("[]").removesuffix(".")
    if not _NAME.fullmatch(low):
        raise RegtrackError(
            f'`allow_host` "{_shown(name)}" is not a host name; expected one such as '
            "tracks.example.org, or *.example.org for all names below it"
        )
    return host_name(f"[{low}]" if ":" in low else low) or low


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine for itself alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@functools.cache
def _own_names() -> frozenset[str]:
    """This machine's host names, long and short; nobody else decides what they stand for."""
    long = {name.lower().removesuffix(".") for name in (socket.gethostname(), socket.getfqdn())}
    return frozenset(long | {name.partition(".")[0] for name in long})


@functools.lru_cache(256)
def _is_own_address(name: str) -> bool:
    """Whether a numeric address is one of this machine's: only those can be listened on."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return not address.is_unspecified and not address.is_multicast
