"""The limits of a process's control groups (Linux, versions 1 and 2).

Schedulers and container runtimes set them to a job's share of a machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MEMBERSHIP, _GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def memory_limits(membership: Path = _MEMBERSHIP, root: Path = _GROUPS) -> Iterator[int]:
    """Memory limits (bytes) of a process's control groups; groups without a limit are left out.

    Args:
        membership: where the kernel lists the groups, one per line: number, controllers, path.
        root: the folder in which the groups are mounted.
    """
    for folder, version_1 in _groups(membership, root, "memory"):
        name = "memory.limit_in_bytes" if version_1 else "memory.max"
        with suppress(OSError, ValueError):
            yield int((folder / name).read_text())


def cpu_quotas(membership: Path = _MEMBERSHIP, root: Path = _GROUPS) -> Iterator[float]:
    """CPU seconds per second that a process's control groups may use.

    Args:
        membership: where the kernel lists the groups, one per line: number, controllers, path.
        root: the folder in which the groups are mounted.
    """
    for folder, version_1 in _groups(membership, root, "cpu"):
        with suppress(OSError, ValueError):
            if version_1:
                quota, period = (
                    (folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")
                )
            else:
                quota, period = (folder / "cpu.max").read_text().split()
            if int(quota) > 0:  # no limit is -1 in version 1 and the word max in version 2
                yield int(quota) / int(period)


def _groups(membership: Path, root: Path, controller: str) -> Iterator[tuple[Path, bool]]:
    """The folders of a process's groups and of their parents, and whether they are version 1."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        group = root / controllers / place.lstrip("/")
        # a container may see its own group as the root
        for folder in (group, *group.parents):
            yield folder, bool(controllers)
            if folder == root:
                break
