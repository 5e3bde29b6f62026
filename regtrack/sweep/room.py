"""What a sweep takes of the machine: memory, file descriptors and disk.

The numbers are measured (docs/sweep.md) and meant as upper bounds.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from regtrack.errors import OutputError, PlanError
from regtrack.genome.assembly import Assembly
from regtrack.sweep.chunks import VALUES
from regtrack.tracks.bigwig.bins import first_reduction, zoom_reductions
from regtrack.tracks.bigwig.layout import (
    BLOCK_HEADER,
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
_MOST = 1_000_000  # windows at once: more than any device holds
_RESULTS = 8  # of passes on a GPU that are in memory at once: computed, encoded, about to be freed
_SIGN_AND_EXPONENT = 9  # bits of a float32 beside its mantissa
_RECORD = 22  # bytes of a packed zoom record: four numbers that are noise, and its place
_PACKED = 32  # bytes that compression adds to a block
_HEADERS = 1_024  # bytes of a bigWig's headers, fewer in fact
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # names of mallopt(3)
_TOLD, _GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
_SLACK = 0.35  # bytes by which blocks were larger than the bits that are kept


def memory_of(bases: int, markers: int, *, a_base: int = BYTES_A_BASE) -> int:
    """Bytes that a pass over so many bases takes at most, beside the model.

    Args:
        bases: bp.
        markers: values a base.
        a_base: bytes that the layers take a base.
    """
    return bases * (a_base + BYTES_A_SCORE * markers)


def results_of(bases: int, markers: int) -> int:
    """Bytes of the values that came from a GPU and are not yet encoded, at most."""
    return _RESULTS * 4 * bases * markers


def choose_batch_size(
    batch_size: int | str,
    *,
    window: int,
    markers: int,
    device: torch.device,
    a_base: int = BYTES_A_BASE,
) -> int:
    """Windows to compute at once.

    `auto` fills 250 kb on the CPU, or as much as 2 GiB of memory hold; elsewhere 2 Mb, or as much
    as a quarter of what the device has free holds, and no more values than a chunk has. It does not
    depend on the number of threads, which therefore change no byte.

    Raises:
        PlanError: no number, or none from 1 to a million.
    """
    if batch_size == "auto":
        kind = "cpu" if device.type == "cpu" else "other"
        fits = _memory(device) // memory_of(1, markers, a_base=a_base)
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
    return min([machine, *limits()])


def limits(told: Path = _TOLD, root: Path = _GROUPS) -> Iterator[int]:
    """The memory limits (bytes) of the control groups that a process is in, of version 1 and 2.

    Args:
        told: where the kernel names the groups, a line each: number, controllers, path.
        root: where the groups lie.
    """
    for folder, old in _groups(told, root, "memory"):
        with suppress(OSError, ValueError):
            yield int((folder / ("memory.limit_in_bytes" if old else "memory.max")).read_text())


def quotas(told: Path = _TOLD, root: Path = _GROUPS) -> Iterator[float]:
    """The processor time a second that those groups may use; arguments as `limits`."""
    for folder, old in _groups(told, root, "cpu"):
        with suppress(OSError, ValueError):
            if old:
                quota, period = (
                    (folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")
                )
            else:
                quota, period = (folder / "cpu.max").read_text().split()
            if int(quota) > 0:  # -1 is no limit, and so is the word max
                yield int(quota) / int(period)


def _groups(told: Path, root: Path, controller: str) -> Iterator[tuple[Path, bool]]:
    """The folders of a process's groups and of those above; whether they are of version 1."""
    try:
        lines = told.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        group = root / controllers / place.lstrip("/")
        # a container may see its own group as the root
        yield from ((folder, bool(controllers)) for folder in (group, *group.parents))


def cores() -> int:
    """Processor cores that this process may use: what it is bound to, or was given time of."""
    bound = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        bound = len(os.sched_getaffinity(0))
    return min([bound, *map(math.ceil, quotas())])


def _size(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


def _memory(device: torch.device) -> int:
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return (int(free) + kept) // 4
    return _MEMORY["cpu"]


def check_memory(needed: int) -> None:
    """Refuse what cannot fit into the machine's memory, where failing would kill the process.

    Raises:
        PlanError: more is needed than there is.
    """
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


def pieces_size(pieces: int) -> int:
    """Bytes that a track takes at most for being written in pieces: a block each, and bins.

    A block has a header, an entry in the index and what compression adds; a piece has two bins of
    the first zoom level at its edges, and they theirs.
    """
    block = BLOCK_HEADER.itemsize + LEAF.itemsize + _PACKED
    return pieces * int(block + 2 * _RECORD * 4 / 3)


def resident() -> int:
    """Bytes that this process has taken so far, at most."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


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
