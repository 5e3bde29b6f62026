"""How much is computed at once: the windows of a batch, and the passes that run side by side.

The sizes per base are measured (docs/sweep.md) and meant as upper bounds.
"""

from __future__ import annotations

import torch

from regtrack.errors import PlanError
from regtrack.machine.memory import usable_memory
from regtrack.sweep.chunks import VALUES

BYTES_PER_BASE = 1_200  # activations of the widest network at single-base resolution
BYTES_PER_SCORE = 24  # logits, scores of both strands, scores that wait to be encoded
_AT_ONCE = {"cpu": 250_000, "other": 2_000_000}  # bp; larger batches are not faster
_CPU_MEMORY = 2 << 30  # bytes of a batch on the CPU
_MOST = 1_000_000  # windows of a batch: more than any device holds
_RESULTS = 8  # of passes on a GPU that are in memory at once: computed, encoded, about to be freed


def memory_of(bases: int, markers: int, *, bytes_per_base: int = BYTES_PER_BASE) -> int:
    """Bytes that a pass takes at most, the model's weights not counted.

    Args:
        bases: bp that it reads.
        markers: values per base.
        bytes_per_base: bytes that the layers take per base.
    """
    return bases * (bytes_per_base + BYTES_PER_SCORE * markers)


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

    Raises:
        PlanError: not a number from 1 to a million.
    """
    if batch_size == "auto":
        kind = "cpu" if device.type == "cpu" else "other"
        fits = _memory(device) // memory_of(1, markers, bytes_per_base=bytes_per_base)
        if kind == "other":
            fits = min(fits, VALUES // markers)
        return max(1, min(_AT_ONCE[kind], fits) // max(window, 1))
    try:
        chosen = int(batch_size)
    except ValueError:
        chosen = 0
    if not 1 <= chosen <= _MOST:
        raise PlanError(
            f'batch size "{batch_size}"; expected a number from 1 to {_MOST:,}, or auto'
        )
    return chosen


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


def _memory(device: torch.device) -> int:
    """Bytes that a batch may take."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return (int(free) + cached) // 4
    return _CPU_MEMORY
