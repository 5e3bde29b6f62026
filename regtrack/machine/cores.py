"""How many processor cores this process may use."""

from __future__ import annotations

import math
import os

from regtrack.machine.cgroups import cpu_quotas


def cores() -> int:
    """Cores that this process may use: its CPU affinity, or less if a control group limits it."""
    bound = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        bound = len(os.sched_getaffinity(0))
    return min([bound, *map(math.ceil, cpu_quotas())])
