"""How many files this process may have open at once."""

from __future__ import annotations

import resource
from contextlib import suppress

_ENOUGH = 8_192  # more would only slow down programs that try each number


def allow_open_files(enough: int = _ENOUGH) -> int:
    """Raise the limit of open files as far as the system lets this user, up to `enough`.

    Most systems begin with 1,024, for programs that wait by select(2), and let each raise it.

    Returns:
        The limit now.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return enough
    wanted = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
    if wanted > soft:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
