"""How much memory this process may use, and how much it has used."""

from __future__ import annotations

import os
import resource
import sys

from regtrack.errors import OutOfMemoryError
from regtrack.machine.cgroups import memory_limits

_SMALLER = "choose a smaller `batch_size`, fewer markers or a smaller `window`"


def usable_memory() -> int:
    """Bytes that this process may use: the machine's, or less if a control group limits it."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *memory_limits()])


def peak_memory() -> int:
    """Bytes of this process's largest resident set so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def check_memory(needed: int, advice: str = _SMALLER) -> None:
    """Refuse work that does not fit into memory, for which the process would be killed.

    Args:
        needed: bytes that the work takes.
        advice: what to do if there are fewer.

    Raises:
        OutOfMemoryError: this process may use less.
    """
    usable = usable_memory()
    if needed > usable:
        raise OutOfMemoryError(
            f"about {needed / 1e9:,.0f} GB of memory would be needed and there are "
            f"{usable / 1e9:,.0f} GB; {advice}"
        )
