"""How the C library's allocator treats freed memory."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# parameters of mallopt(3)
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep freed memory in this process while the block runs; with glibc only, else do nothing.

    By default glibc returns large freed blocks, such as the tens of megabytes of each layer's
    tensors, to the system and gets them back page by page, which took a fifth of a sweep's time.
    Memory that is still free when the block ends is returned then.
    """
    try:
        libc = ctypes.CDLL(None)
        mallopt, malloc_trim = libc.mallopt, libc.malloc_trim
    except (OSError, AttributeError):
        yield
        return
    mallopt(_MMAP_THRESHOLD, 1 << 30)
    mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(_TOP_PAD, 256 << 20)  # otherwise the heaps of threads would still be returned
    try:
        yield
    finally:
        # the largest values to which glibc raises these by itself
        mallopt(_MMAP_THRESHOLD, 32 << 20)
        mallopt(_TRIM_THRESHOLD, 64 << 20)
        mallopt(_TOP_PAD, 128 << 10)
        malloc_trim(0)


def return_memory() -> None:
    """Return freed memory to the system early from now on; with glibc only, else do nothing.

    By default glibc gives each thread an arena of its own and keeps freed blocks of up to 32 MB in
    it, so that a server of many threads holds several times what it uses. To be called before
    other threads start.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_ARENA_MAX, 2)
    mallopt(_MMAP_THRESHOLD, 256 << 10)  # larger blocks are mapped, and returned when freed
    mallopt(_TRIM_THRESHOLD, 1 << 20)


def release_free() -> None:
    """Return all memory that is free in this process to the system; with glibc only."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
