"""Devices and precisions that can be used here, and errors for running out of memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from regtrack.errors import DeviceError, OutOfMemoryError

PRECISIONS = ("fp32", "bf16")

# messages of torch on the CPU, CUDA, cuBLAS and cuDNN; the last is cuDNN's where no kernel fits
_OUT_OF_MEMORY = (
    "can't allocate memory", "out of memory", "ALLOC_FAILED", "unable to find an engine"
)  # fmt: skip


def pick_device(name: str = "auto") -> torch.device:
    """The device of a name; `auto` is a CUDA device if there is one, else the CPU.

    Raises:
        DeviceError: no such device on this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device).cpu()  # "meta" tensors hold no values to read
    except (RuntimeError, AssertionError, ImportError) as error:
        raise _unusable(name) from error
    if device.type == "cpu" and device.index is not None:
        raise _unusable(name)  # torch accepts any index for its only CPU
    return device


def _unusable(device: str) -> DeviceError:
    return DeviceError(f'device "{device}" cannot be used here; expected auto, cpu, cuda or cuda:0')


def check_precision(precision: str) -> str:
    """The precision, if it is one.

    Raises:
        DeviceError: neither `fp32` nor `bf16`.
    """
    if precision not in PRECISIONS:
        raise DeviceError(f'precision "{precision}"; expected {" or ".join(PRECISIONS)}')
    return precision


@contextmanager
def memory_errors(device: torch.device, shape: Sequence[int]) -> Iterator[None]:
    """Turn torch's out-of-memory errors into one line.

    Args:
        device: where it computes.
        shape: of the codes, (B, L).

    Raises:
        OutOfMemoryError: memory ran out.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_memory(error):
            raise
        raise OutOfMemoryError(
            f"out of memory on {device} with {shape[0]} x {shape[1]:,} bp at "
            "once; choose a smaller `batch_size`, `window` or `region`, or fewer markers"
        ) from error


def _is_memory(error: BaseException) -> bool:
    """Whether memory ran out; errors of the libraries below torch say so only in their message."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        said in str(error) for said in _OUT_OF_MEMORY
    )
