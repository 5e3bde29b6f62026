"""How much is computed at once: windows per batch, and concurrent forward passes."""

from __future__ import annotations

import torch

from regtrack.machine.memory import usable_memory
from regtrack.predict.capacity import BYTES_PER_BASE, bases_at_once
from regtrack.sweep.chunks import VALUES

_RESULTS = 8  # GPU passes whose results are in memory: computed, being encoded, or to be freed


def results_of(bases: int, markers: int) -> int:
    """Maximum bytes of the values copied from a GPU that wait to be encoded.

    Args:
        bases: bases per pass (bp).
        markers: values per base.
    """
    return _RESULTS * 4 * bases * markers


def choose_batch_size(
    batch_size: int | str,
    *,
    window: int,
    markers: int,
    device: torch.device,
    bytes_per_base: int = BYTES_PER_BASE,
) -> int:
    """The number of windows to compute at once.

    `auto` fills 250 kb on the CPU, or as much as fits in 2 GiB of memory; on other devices 2 Mb, or
    as much as fits in a quarter of the device's free memory, and at most the values of a chunk.
    The result does not depend on the number of threads, and so neither do the tracks' bytes.

    Args:
        batch_size: windows per batch, or `auto`.
        window: length of a window (bp).
        markers: values per base.
        device: where the batch is computed.
        bytes_per_base: memory of the layers per base (bytes).
    """
    if batch_size == "auto":
        bases = bases_at_once(device, markers, bytes_per_base=bytes_per_base)
        if device.type != "cpu":
            bases = min(bases, VALUES // markers)
        return max(1, bases // max(window, 1))
    return int(batch_size)


def passes_at_once(device: torch.device, needed: int) -> int:
    """The number of concurrent forward passes.

    On the CPU one per thread that torch may use, since threads within a pass wait for each other at
    the end of every layer, but no more than fit in half of the memory. On other devices two, so
    that the device computes while results are copied.

    Args:
        device: where the passes run.
        needed: memory of one pass (bytes).
    """
    if device.type != "cpu":
        return 2
    return max(1, min(torch.get_num_threads(), usable_memory() // 2 // needed))
