"""Cores are what a process is bound to, or what a job was given time of."""

from __future__ import annotations

import pytest

from regtrack.machine import cores as module
from regtrack.machine.cores import cores


def test_cores_are_what_a_job_was_given_time_of(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, expected in (([2.5], 3), ([0.5, 2.5], 1), ([], 64)):
        monkeypatch.setattr(module, "cpu_quotas", lambda given=given: iter(given))
        monkeypatch.setattr(module.os, "sched_getaffinity", lambda _: range(64))
        assert cores() == expected
