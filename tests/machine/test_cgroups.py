"""Limits read from control groups of versions 1 and 2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from regtrack.machine.cgroups import cpu_quotas, memory_limits


def write_groups(root: Path, files: Mapping[str, str]) -> None:
    """Write the files of control groups: contents by path."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")


def test_memory_is_limited_to_that_of_the_job(tmp_path: Path) -> None:
    membership, root = tmp_path / "cgroup", tmp_path / "groups"
    job = {"slurm/job_7/memory.max": "8000000000", "slurm/job_7/step/memory.max": "max"}
    write_groups(root, job)
    membership.write_text("0::/slurm/job_7/step\n")
    assert list(memory_limits(membership, root)) == [8_000_000_000]
    write_groups(root, {"memory/docker/memory.limit_in_bytes": "4000000000"})
    membership.write_text("5:cpu:/docker\n4:memory:/docker\n")
    assert list(memory_limits(membership, root)) == [4_000_000_000]
    assert list(memory_limits(tmp_path / "nowhere", root)) == []


def test_cpu_time_is_limited_to_that_of_the_job(tmp_path: Path) -> None:
    membership, root = tmp_path / "cgroup", tmp_path / "groups"
    job = {"slurm/job_7/cpu.max": "250000 100000", "slurm/job_7/step/cpu.max": "max 100000"}
    write_groups(root, job)
    membership.write_text("0::/slurm/job_7/step\n")
    assert list(cpu_quotas(membership, root)) == [2.5]
    for name, quota in (("docker", "150000"), ("free", "-1")):
        group = f"cpu,cpuacct/{name}/cpu.cfs"
        write_groups(root, {f"{group}_quota_us": quota, f"{group}_period_us": "100000"})
    membership.write_text("5:cpuset:/docker\n4:cpu,cpuacct:/docker\n3:cpu,cpuacct:/free\n")
    assert list(cpu_quotas(membership, root)) == [1.5]
