"""How much is computed at once: the windows of a batch, and the passes that run side by side."""

from __future__ import annotations

import torch

from regtrack.machine.memory import usable_memory
from regtrack.predict.capacity import BYTES_PER_BASE, bases_at_once
from regtrack.sweep.chunks import VALUES

_MOST = 1_000_000  # windows of a batch: more than any device holds
_RESULTS = 8  # of passes on a GPU that are in memory at once: computed, encoded, about to be freed


def results_of(bases: int, markers: int) -> int:
    """Bytes, at most, of the values copied from a GPU that wait to be encoded.

    Args:
        bases: bp of a pass.
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
    """Windows to compute at once.

    `auto` fills 250 kb on the CPU, or as much as fits in 2 GiB of memory; on other devices 2 Mb, or
    as much as fits in a quarter of the device's free memory, and no more values than a chunk has.
    The result does not depend on the number of threads, so neither do the bytes of the tracks.

    Args:
        batch_size: windows, or `auto`.
        window: bp.
        markers: values per base.
        device: where the batch is computed.
        bytes_per_base: bytes that the layers take per base.
    """
    if batch_size == "auto":
        bases = bases_at_once(device, markers, bytes_per_base=bytes_per_base)
        if device.type != "cpu":
            bases = min(bases, VALUES // markers)
        return max(1, bases // max(window, 1))
    return int(batch_size)


def passes_at_once(device: torch.device, needed: int) -> int:
    """Forward passes that run side by side.

    On the CPU one per thread that torch may use, since threads within a pass wait for each other at
    the end of every layer, or as many as fit in half of the memory. On other devices two, so that
    the device computes while results are copied.

    Args:
        device: where they run.
        needed: bytes that one takes.
    """
    if device.type != "cpu":
        return 2
    return max(1, min(torch.get_num_threads(), usable_memory() // 2 // needed))
