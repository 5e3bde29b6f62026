"""How many bases a network computes in one pass.

The sizes per base are measured upper bounds (docs/sweep.md).
"""

from __future__ import annotations

import torch

BYTES_PER_BASE = 2_400  # activations of the widest network at single-base resolution
BYTES_PER_SCORE = 24  # logits, scores of both strands, scores waiting to be encoded
_AT_ONCE = {"cpu": 250_000, "other": 2_000_000}  # bp; larger passes are not faster
_CPU_MEMORY = 2 << 30  # bytes of a pass on the CPU


def memory_of(bases: int, markers: int, *, bytes_per_base: int = BYTES_PER_BASE) -> int:
    """Upper bound of the memory of a pass, without the model's weights (bytes).

    Args:
        bases: bp that the pass reads.
        markers: values per base.
        bytes_per_base: bytes that the layers take per base.
    """
    return bases * (bytes_per_base + BYTES_PER_SCORE * markers)


def bases_at_once(
    device: torch.device, markers: int, *, bytes_per_base: int = BYTES_PER_BASE
) -> int:
    """The bp of a pass: 250 kb on the CPU, 2 Mb elsewhere, or fewer if memory does not suffice.

    A pass may take 2 GiB on the CPU, or a quarter of the free memory of another device.

    Args:
        device: where the pass runs.
        markers: values per base.
        bytes_per_base: bytes that the layers take per base.
    """
    fits = _memory(device) // memory_of(1, markers, bytes_per_base=bytes_per_base)
    return min(_AT_ONCE["cpu" if device.type == "cpu" else "other"], fits)


def _memory(device: torch.device) -> int:
    """Bytes that a pass may take."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return (int(free) + cached) // 4
    return _CPU_MEMORY
