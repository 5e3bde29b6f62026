"""A file from its servers in turn, with patience for each, checked before it counts."""

from __future__ import annotations

from collections.abc import Callable

from regtrack.fetch.check import Published, WrongFileError, check_file
from regtrack.fetch.net import Net, host_of
from regtrack.fetch.partial import Partial
from regtrack.fetch.sources import Source
from regtrack.fetch.transfer import FailedError, RefusedError, receive

_PROGRESS = 1 << 20  # bytes, after which a server that fails again has its tries anew
_DOWN = "it cannot be reached"


class UnavailableError(Exception):
    """No server has the file as it should be; the message says why, server by server."""


def download(
    net: Net,
    source: Source,
    partial: Partial,
    *,
    published: Published,
    at: Callable[[int], None],
) -> tuple[str, str]:
    """Download a file, resuming what is there.

    Args:
        net: the connections.
        source: the file.
        partial: where its bytes are kept; complete and checked on return.
        published: checksums, see `check_file`.
        at: told how many bytes are there.

    Returns:
        The URL that it came from, and how it was checked.

    Raises:
        UnavailableError: no server has it.
        OutputError: it cannot be written.
        StoppedError: the fetch was interrupted.
    """
    reasons: list[str] = []
    for url in source.servers:
        try:
            return url, _from_server(net, url, source, partial, published=published, at=at)
        except (RefusedError, FailedError) as error:
            reasons.append(f"{host_of(url)}: {error}")
    raise UnavailableError("; ".join(dict.fromkeys(reasons)) or "no server has it")


def _from_server(
    net: Net,
    url: str,
    source: Source,
    partial: Partial,
    *,
    published: Published,
    at: Callable[[int], None],
) -> str:
    """Receive a file in as many requests as it takes; how it was checked.

    Raises:
        RefusedError: the server does not have it.
        FailedError: it does not answer, again and again, or what it sends is wrong.
    """
    host = host_of(url)
    failures, spoilt = 0, False
    while True:
        if net.is_down(host):
            raise RefusedError(_DOWN)
        net.wait_for(host)
        before = partial.size
        try:
            receive(net, url, partial, size=source.size, at=at)
            return check_file(partial.path, source, published)
        except WrongFileError as error:
            partial.remove()
            at(0)
            if spoilt:
                raise RefusedError(str(error)) from error
            spoilt = True  # the bytes of an earlier try may be at fault
        except FailedError as error:
            failures = 1 if partial.size - before >= _PROGRESS else failures + 1
            if failures >= net.patience.tries:
                raise
            _wait(net, host, error, failures)


def _wait(net: Net, host: str, error: FailedError, failures: int) -> None:
    """Wait as long as the server asks, or longer with each failure.

    Raises:
        RefusedError: it asks for too long a wait.
    """
    seconds = net.patience.after(failures) if error.wait is None else error.wait
    if seconds > net.patience.longest:
        raise RefusedError(f"{error}; it asks to wait {seconds:,.0f} s") from error
    if error.busy:
        net.hold(host, seconds)  # the next request waits for it, and so do other threads
    else:
        net.pause(seconds)
