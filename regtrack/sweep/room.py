"""What a sweep takes of the machine: memory, file descriptors and disk.

The numbers are measured (docs/sweep.md) and meant as upper bounds.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from regtrack.errors import OutputError, PlanError
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.bins import first_reduction, zoom_reductions
from regtrack.tracks.bigwig.layout import (
    CHROM_VALUE,
    INDEX_HEADER,
    LEAF,
    NODE_HEADER,
    SLOTS_PER_NODE,
)

BYTES_A_BASE = 1_200  # activations of the widest network at single-base resolution
BYTES_A_SCORE = 24  # logits, scores of both strands, scores that wait to be encoded
_AT_ONCE = {"cpu": 250_000, "other": 2_000_000}  # bp beyond which nothing gets faster
_MEMORY = {"cpu": 2 << 30}
_SIGN_AND_EXPONENT = 9  # bits of a float32 beside its mantissa
_RECORD = 22  # bytes of a packed zoom record: four numbers that are noise, and its place
_HEADERS = 1_024  # bytes of a bigWig's headers, fewer in fact
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # names of mallopt(3)
_SLACK = 0.35  # bytes by which blocks were larger than the bits that are kept


def memory_of(bases: int, markers: int, *, a_base: int = BYTES_A_BASE) -> int:
    """Bytes that a pass over so many bases takes at most, beside the model.

    Args:
        bases: bp.
        markers: values a base.
        a_base: bytes that the layers take a base.
    """
    return bases * (a_base + BYTES_A_SCORE * markers)


def choose_batch_size(
    batch_size: int | str,
    *,
    window: int,
    markers: int,
    device: torch.device,
    a_base: int = BYTES_A_BASE,
) -> int:
    """Windows to compute at once.

    `auto` fills 250 kb on the CPU and 2 Mb elsewhere, or as much as 2 GiB of memory, or a quarter
    of what the device has free, hold. It does not depend on the number of threads, which therefore
    change no byte.

    Raises:
        PlanError: no number, or below 1.
    """
    if batch_size == "auto":
        kind = "cpu" if device.type == "cpu" else "other"
        fits = _memory(device) // memory_of(1, markers, a_base=a_base)
        return max(1, min(_AT_ONCE[kind], fits) // max(window, 1))
    try:
        chosen = int(batch_size)
    except ValueError:
        chosen = 0
    if chosen < 1:
        raise PlanError(f'batch size "{batch_size}"; expected a number from 1, or auto')
    return chosen


def passes_at_once(device: torch.device, taken: int) -> int:
    """Forward passes that run side by side.

    On the CPU one a thread that torch may use, since threads within a pass wait for each other at
    the end of every layer, or as many as half of the memory holds. Elsewhere two, so that the
    device computes while results are copied.

    Args:
        device: where they run.
        taken: bytes that one takes.
    """
    if device.type != "cpu":
        return 2
    return max(1, min(torch.get_num_threads(), _present() // 2 // taken))


@contextmanager
def kept_memory() -> Iterator[None]:
    """Let freed memory stay with this process, where the C library can be told so (glibc).

    Else the tensors of every layer, tens of megabytes each, go back to the system and come again a
    page at a time, which cost a fifth of a sweep's time. What is left is given back at the end.
    """
    try:
        libc = ctypes.CDLL(None)
        tell, give_back = libc.mallopt, libc.malloc_trim
    except (OSError, AttributeError):
        yield
        return
    tell(_MMAP_THRESHOLD, 1 << 30)
    tell(_TRIM_THRESHOLD, (1 << 31) - 1)
    tell(_TOP_PAD, 256 << 20)  # else threads still give whole heaps back
    try:
        yield
    finally:
        # as large as glibc itself lets them grow
        tell(_MMAP_THRESHOLD, 32 << 20)
        tell(_TRIM_THRESHOLD, 64 << 20)
        tell(_TOP_PAD, 128 << 10)
        give_back(0)


def _present() -> int:
    """Bytes of memory that this process may take: the machine's, or what a job was given of it."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(machine, *limits(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")), machine)


def limits(told: Path, root: Path) -> Iterator[int]:
    """The memory limits (bytes) of the control groups that a process is in, of version 1 and 2.

    Args:
        told: where the kernel names the groups, a line each: number, controllers, path.
        root: where the groups lie.
    """
    try:
        lines = told.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if controllers not in {"", "memory"}:
            continue
        name = "memory.limit_in_bytes" if controllers else "memory.max"
        group = root / controllers / place.lstrip("/")
        # a container may see its own group as the root
        for folder in (group, *group.parents):
            with suppress(OSError, ValueError):
                yield int((folder / name).read_text())


def _size(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


def _memory(device: torch.device) -> int:
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free) // 4
    return _MEMORY["cpu"]


def check_memory(needed: int, device: torch.device) -> None:
    """Refuse what cannot fit into the machine's memory, where failing would kill the process.

    Raises:
        PlanError: more is needed than there is.
    """
    if device.type != "cpu":
        return
    present = _present()
    if needed > present:
        raise PlanError(
            f"about {needed / 1e9:,.0f} GB of memory would be needed and there are "
            f"{present / 1e9:,.0f} GB; choose a smaller --batch-size, fewer markers or a smaller "
            "--window"
        )


def bytes_a_value(keep_bits: int, resolution: int) -> float:
    """Bytes that a value and its part of the zoom levels take on disk, for noise, at most.

    >>> [round(bytes_a_value(bits, 1), 1) for bits in (7, 23)]
    [2.6, 4.6]
    """
    value = (_SIGN_AND_EXPONENT + keep_bits) / 8 + _SLACK
    bins = resolution / first_reduction(resolution) * 4 / 3  # of all levels
    return value + bins * _RECORD


def bytes_a_file(assembly: Assembly, resolution: int) -> int:
    """Bytes that a track takes on disk beside its values, at most.

    A node of an index has room for 256 blocks, used or not, and each zoom level has an index of
    its own.

    >>> bytes_a_file(Assembly(("chr1",), (250_000_000,)), 1)
    66988
    """
    levels = len(zoom_reductions(resolution, max(assembly.lengths)))
    names = len(assembly.names)
    slots = names if names <= SLOTS_PER_NODE else names + 2 * SLOTS_PER_NODE
    width = max(len(name.encode()) for name in assembly.names) + CHROM_VALUE.size
    index = INDEX_HEADER.size + NODE_HEADER.size + SLOTS_PER_NODE * LEAF.itemsize
    return (levels + 1) * index + slots * width + _HEADERS


def check_disk(out: Path, needed: int) -> None:
    """Refuse an output that the disk cannot hold.

    Raises:
        OutputError: less is free than `needed` bytes.
    """
    folder = next(parent for parent in out.resolve().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OutputError(
            f"about {_size(needed)} will be written and {folder} has {_size(free)} free; choose "
            "fewer markers or chromosomes, or another output"
        )
