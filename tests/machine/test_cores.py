"""The number of cores: CPU affinity, or the CPU quota of the job."""

from __future__ import annotations

import pytest

from regtrack.machine import cores as module
from regtrack.machine.cores import cores


def test_cores_are_limited_by_cpu_quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    for quotas, expected in (([2.5], 3), ([0.5, 2.5], 1), ([], 64)):
        monkeypatch.setattr(module, "cpu_quotas", lambda quotas=quotas: iter(quotas))
        monkeypatch.setattr(module.os, "sched_getaffinity", lambda _: range(64))
        assert cores() == expected
