"""How many bases go through a network at once.

The sizes per base are measured (docs/sweep.md) and meant as upper bounds.
"""

from __future__ import annotations

import torch

BYTES_PER_BASE = 1_200  # activations of the widest network at single-base resolution
BYTES_PER_SCORE = 24  # logits, scores of both strands, scores that wait to be encoded
_AT_ONCE = {"cpu": 250_000, "other": 2_000_000}  # bp; more are not faster
_CPU_MEMORY = 2 << 30  # bytes of a pass on the CPU


def memory_of(bases: int, markers: int, *, bytes_per_base: int = BYTES_PER_BASE) -> int:
    """Bytes that a pass takes at most, the model's weights not counted.

    Args:
        bases: bp that it reads.
        markers: values per base.
        bytes_per_base: bytes that the layers take per base.
    """
    return bases * (bytes_per_base + BYTES_PER_SCORE * markers)


def bases_at_once(
    device: torch.device, markers: int, *, bytes_per_base: int = BYTES_PER_BASE
) -> int:
    """The bp of a pass: 250 kb on the CPU, 2 Mb elsewhere, or as many as memory holds.

    A pass may take 2 GiB on the CPU, and a quarter of the free memory of another device.

    Args:
        device: where it runs.
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
