"""Time and memory of passes, by batch."""

from __future__ import annotations

import time
from typing import Self

import torch

from regtrack.errors import OutOfMemoryError
from regtrack.machine.allocator import release_free
from regtrack.machine.resident import forget_peak, resident_memory, resident_peak
from regtrack.model_check.probe import Probe
from regtrack.model_check.values import Cost

_BATCHES = (1, 2, 4, 8, 16, 32, 64)
_SECONDS = 5.0  # for all batches on a slow machine
_MOST = 500_000  # bp of a pass


def measure_costs(probe: Probe) -> tuple[Cost, ...]:
    """Speed and memory of passes of all tracks, for growing batches until they take seconds.

    A batch that does not fit into memory is the end.
    """
    found: list[Cost] = []
    begun = time.perf_counter()
    for batch in _BATCHES:
        if found and (batch * probe.length > _MOST or time.perf_counter() - begun > _SECONDS / 2):
            break
        try:
            found.append(_cost(probe, batch))
        except OutOfMemoryError:
            break
    return tuple(found)


def _cost(probe: Probe, batch: int) -> Cost:
    """The faster of two passes, and the memory that they take.

    Raises:
        OutOfMemoryError: too little memory.
    """
    rows = list(range(len(probe.said.outputs)))
    codes = probe.draw(count=batch)
    seconds = []
    with _Memory(probe.call.device) as memory:
        for _ in range(2):
            start = time.perf_counter()
            probe.call.at_once(codes, rows)
            seconds.append(time.perf_counter() - start)
    return Cost(batch, probe.length, batch * probe.outputs / min(seconds), memory.taken)


class _Memory:
    """The memory that a block takes at most, besides what was taken before it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before = 0

    def __enter__(self) -> Self:
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)
            self._before = torch.cuda.memory_allocated(self._device)
        else:
            release_free()
            forget_peak()
            self._before = resident_memory()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to restore."""

    @property
    def taken(self) -> int:
        """Bytes."""
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device) - self._before
        return max(0, resident_peak() - self._before)
