"""How servers are spoken to: sessions, how long to wait for them, and which ones do not answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from regtrack.closing import Closing
from regtrack.version import __version__

# files are taken as they are: a .gz must not be unpacked on the way
_MOST_REDIRECTS = 10
_HEADERS = {"User-Agent": f"regtrack/{__version__}", "Accept-Encoding": "identity"}


class StoppedError(Exception):
    """The fetch was interrupted; what is there already stays for the next time."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long servers are waited for, in seconds.

    Attributes:
        tries: in a row without progress, after which another server is asked.
        first: the wait after the first of them; it doubles with each further one.
        longest: a server that asks for a longer wait is given up.
        connect: until a connection stands.
        silence: until the next byte comes.
    """

    tries: int = 5
    first: float = 1.0
    longest: float = 300.0
    connect: float = 15.0
    silence: float = 60.0

    def after(self, failures: int) -> float:
        """The wait after so many failures in a row.

        >>> [Patience().after(failures) for failures in (1, 2, 3, 20)]
        [1.0, 2.0, 4.0, 300.0]
        """
        return float(min(self.first * 2 ** min(failures - 1, 30), self.longest))


class Net(Closing):
    """The connections of a fetch, shared by its threads.

    Args:
        patience: how long to wait.
        sleep: waits for some seconds; default: until then, or until the fetch is stopped.

    Attributes:
        stop: set when the fetch is interrupted.
    """

    def __init__(
        self, patience: Patience | None = None, sleep: Callable[[float], object] | None = None
    ) -> None:
        self.patience = patience or Patience()
        self.stop = threading.Event()
        self._sleep = sleep or self.stop.wait
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._held: dict[str, float] = {}  # monotonic time until which a host is left alone
        self._failures: dict[str, int] = {}  # requests in a row without an answer
        self._lock = threading.Lock()

    @property
    def session(self) -> requests.Session:
        """The session of this thread; proxies are those of the environment."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.headers.update(_HEADERS)
            session.max_redirects = _MOST_REDIRECTS
            with self._lock:
                self._sessions.append(session)
        return session

    @property
    def timeouts(self) -> tuple[float, float]:
        """The time to connect, and the time between bytes (s)."""
        return self.patience.connect, self.patience.silence

    def check_running(self) -> None:
        """Stop this thread if the fetch was interrupted.

        Raises:
            StoppedError: it was.
        """
        if self.stop.is_set():
            raise StoppedError

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            StoppedError: the fetch was interrupted meanwhile.
        """
        if seconds > 0:
            self._sleep(seconds)
        self.check_running()

    def hold(self, host: str, seconds: float) -> None:
        """Leave a host alone for some time, in all threads."""
        with self._lock:
            self._held[host] = max(self._held.get(host, 0.0), time.monotonic() + seconds)

    def wait_for(self, host: str) -> None:
        """Wait until a host may be asked again."""
        with self._lock:
            left = self._held.get(host, 0.0) - time.monotonic()
        self.pause(left)

    def connected(self, host: str, *, stands: bool) -> None:
        """Note whether a host answered a request."""
        with self._lock:
            self._failures[host] = 0 if stands else self._failures.get(host, 0) + 1

    def is_down(self, host: str) -> bool:
        """Whether so many requests in a row had no answer that nothing is asked there any more."""
        with self._lock:
            return self._failures.get(host, 0) >= self.patience.tries

    def close(self) -> None:
        """Stop the threads, and close all connections."""
        self.stop.set()
        with self._lock:
            for session in self._sessions:
                session.close()


def host_of(url: str) -> str:
    """The host of a URL, with its port."""
    return urlsplit(url).netloc


def retry_after(header: str | None) -> float | None:
    """The seconds that a server asks to wait; None if it does not say.

    >>> retry_after("120"), retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), retry_after("soon")
    (120.0, 0.0, None)
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def reason_of(error: BaseException) -> str:
    """Why a request failed, in a few words, whatever the libraries call it."""
    causes = list(_causes(error))
    names = {type(cause).__name__ for cause in causes}
    for known, words in _REASONS:
        if known & names:
            return words
    told = next((one for one in causes if isinstance(one, OSError) and one.strerror), None)
    return told.strerror.lower() if told and told.strerror else f"{type(error).__name__}"


# the names of exceptions of requests and urllib3, the telling ones first
_REASONS: tuple[tuple[set[str], str], ...] = (
    ({"ProxyError"}, "the proxy does not answer or refuses"),
    ({"NameResolutionError", "gaierror"}, "its name cannot be resolved"),
    ({"SSLError", "SSLCertVerificationError"}, "its certificate is not trusted"),
    ({"ConnectTimeout", "ConnectTimeoutError"}, "no connection in time"),
    ({"ReadTimeout", "ReadTimeoutError"}, "it fell silent"),
    ({"TooManyRedirects"}, "it redirects in a circle"),
    ({"IncompleteRead", "ChunkedEncodingError"}, "the connection was cut"),
    ({"ConnectionResetError", "RemoteDisconnected", "BrokenPipeError"}, "the connection was cut"),
    ({"InvalidProxyURL", "InvalidURL", "InvalidSchema", "MissingSchema"}, "an address is invalid"),
)


def _causes(error: BaseException | None) -> list[BaseException]:
    """An error with those that led to it, which the libraries keep in several places."""
    found: list[BaseException] = []
    queue = [error]
    while queue:
        one = queue.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            queue += [one.__cause__, one.__context__, getattr(one, "reason", None)]
            queue += [arg for arg in one.args if isinstance(arg, BaseException)]
    return found
