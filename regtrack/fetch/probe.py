"""Ask servers for the sizes of files, and whether there is a network at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import requests

from regtrack.errors import FetchError
from regtrack.fetch.net import Net, host_of, reason_of
from regtrack.fetch.parallel import each
from regtrack.fetch.sources import Source
from regtrack.files.shown import listed
from regtrack.progress import Progress


@dataclass(frozen=True, slots=True)
class Probe:
    """What servers say of files.

    Attributes:
        sizes: bytes by file, of those whose size is known.
        silent: why no server answered; empty if one did, or none was asked.
    """

    sizes: dict[str, int]
    silent: str


def probe(net: Net, sources: Sequence[Source], jobs: int, progress: Progress) -> Probe:
    """The sizes of files, by HEAD where the table has none; one server is asked in any case.

    Args:
        net: the connections.
        sources: the files.
        jobs: requests at once.
        progress: shows the files.
    """
    sizes = {one.file: one.size for one in sources if one.size is not None}
    asked = [one for one in sources if one.file not in sizes] or list(sources[:1])
    answered = False
    reasons: dict[str, dict[str, None]] = {}  # hosts by what is wrong with them
    with progress.task("Asking for sizes", len(asked), "files") as task:
        for source, found in each(lambda one: _ask(net, one), asked, net, jobs):
            answered |= found.answered
            for host, why in found.reasons:
                reasons.setdefault(why, {})[host] = None
            if found.size is not None:
                sizes.setdefault(source.file, found.size)
            task.advance()
    silent = (f"{listed(list(hosts), 2)}: {why}" for why, hosts in reasons.items())
    return Probe(sizes, "" if answered else "; ".join(silent))


def check_online(found: Probe) -> None:
    """Refuse to go on without any server.

    Raises:
        FetchError: none answered.
    """
    if found.silent:
        raise FetchError(
            f"no server answers ({found.silent}); connect to a network, or set HTTPS_PROXY and "
            "HTTP_PROXY to its proxy"
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    size: int | None
    answered: bool
    reasons: tuple[tuple[str, str], ...]  # hosts, and why they do not answer


def _ask(net: Net, source: Source) -> _Answer:
    """The size that the first server with the file says."""
    answered = False
    reasons: list[tuple[str, str]] = []
    for url in source.servers or source.archives:
        host = host_of(url)
        net.check_running()
        if net.is_down(host):
            continue
        try:
            answer = net.session.head(url, allow_redirects=True, timeout=net.patience.connect)
        except requests.RequestException as error:
            net.connected(host, stands=False)
            reasons.append((host, reason_of(error)))
            continue
        answered = True
        net.connected(host, stands=True)
        length = answer.headers.get("Content-Length", "")
        if answer.ok and length.isdecimal() and source.servers:
            return _Answer(int(length), answered, ())
    return _Answer(None, answered, tuple(reasons))
