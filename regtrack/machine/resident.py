"""The resident memory of this process, now and at its highest within a block of code."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from regtrack.machine.memory import peak_memory

_STATUS, _REFERENCED = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_FORGET_PEAK = "5"  # see proc(5)


def resident_memory() -> int:
    """Bytes that are resident; where the system does not say, the most there have been."""
    return _field("VmRSS")


def resident_peak() -> int:
    """Bytes that were resident at most since `forget_peak`, or since the process started."""
    return _field("VmHWM")


def forget_peak() -> None:
    """Let the highest count from now on, where the system can."""
    with suppress(OSError):
        _REFERENCED.write_text(_FORGET_PEAK)


def _field(name: str) -> int:
    with suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return peak_memory()
