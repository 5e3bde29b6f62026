"""Which device and precision to compute in, and what to say where memory runs out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from regtrack.errors import PlanError

PRECISIONS = ("fp32", "bf16")

# what torch on the CPU, CUDA, cuBLAS and cuDNN say, and cuDNN where no kernel found room to work in
_OUT_OF_MEMORY = (
    "can't allocate memory", "out of memory", "ALLOC_FAILED", "unable to find an engine"
)  # fmt: skip


def pick_device(name: str = "auto") -> torch.device:
    """The device of a name; `auto` is a CUDA device where there is one, else the CPU.

    Raises:
        PlanError: no device of that name, or none that is here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device).cpu()  # "meta" holds nothing that could be read
    except (RuntimeError, AssertionError, ImportError) as error:
        raise _unusable(name) from error
    if device.type == "cpu" and device.index is not None:
        raise _unusable(name)  # torch takes any number for its only CPU
    return device


def _unusable(device: str) -> PlanError:
    return PlanError(f'device "{device}" cannot be used here; expected auto, cpu, cuda or cuda:0')


def check_precision(precision: str) -> str:
    """The precision, if it exists.

    Raises:
        PlanError: neither `fp32` nor `bf16`.
    """
    if precision not in PRECISIONS:
        raise PlanError(f'precision "{precision}"; expected {" or ".join(PRECISIONS)}')
    return precision


@contextmanager
def memory_errors(device: torch.device, shape: Sequence[int]) -> Iterator[None]:
    """Tell in one line that memory did not suffice for codes of a shape.

    Raises:
        PlanError: it did not.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_memory(error):
            raise
        raise PlanError(
            f"out of memory on {device} with {shape[0]} x {shape[1]:,} bp at "
            "once; choose a smaller `batch_size`, fewer markers or a smaller `window`"
        ) from error


def _is_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory; of the libraries below it only the message says so."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        said in str(error) for said in _OUT_OF_MEMORY
    )
