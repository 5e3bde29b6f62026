"""Devices that can be used here, and errors for running out of memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

import torch

from regtrack.errors import DeviceError, OutOfMemoryError, invalid

_GPUS = ("gpu", "cuda")
_ELSEWHERE = ("mps", "tpu")  # of other machines: Lightning counts them
_ACCELERATORS = ("auto", "cpu", *_GPUS, *_ELSEWHERE)

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
    except (RuntimeError, AssertionError, ImportError, NotImplementedError) as error:
        raise _unusable("device", name) from error
    if device.type == "cpu" and device.index is not None:
        raise _unusable("device", name)  # torch accepts any index for its only CPU
    return device


def check_accelerator(accelerator: str, devices: int | str) -> None:
    """Refuse training hardware that this machine does not have.

    Args:
        accelerator: `auto`, `cpu`, `gpu`, or another name that Lightning knows.
        devices: their number; `auto` or -1 for all; or GPUs by their numbers, such as `0,2`.

    Raises:
        DeviceError: no GPU, fewer devices than requested, or devices that are no number.
    """
    found = torch.cuda.is_available()
    on_gpu = accelerator in _GPUS or (accelerator == "auto" and found)
    if accelerator not in _ACCELERATORS or (on_gpu and not found) or not _is_here(accelerator):
        raise _unusable("accelerator", accelerator)
    if accelerator in _ELSEWHERE or devices in {"auto", "-1", -1}:
        return
    there = torch.cuda.device_count() if on_gpu else os.cpu_count() or 1
    numbers = str(devices).split(",")
    if not all(number.strip().isdecimal() for number in numbers) or devices == 0:
        raise DeviceError(invalid("devices", devices, f"1 to {there}, or auto"))
    needed = int(numbers[0]) if len(numbers) == 1 else 1 + max(map(int, numbers))
    if needed > there:
        kind = "GPU" if on_gpu else "CPU core"
        which = f"this machine has {there} {kind}{'s' * (there != 1)}"
        raise DeviceError(f"{invalid('devices', devices, f'at most {there}')}: {which}")


def _is_here(accelerator: str) -> bool:
    """Whether this machine has what Lightning counts, if it is that."""
    if accelerator == "mps":
        return torch.backends.mps.is_available()
    return accelerator != "tpu" or find_spec("torch_xla") is not None


def _unusable(parameter: str, name: str) -> DeviceError:
    """What could be chosen instead of this device, and why no GPU could."""
    gpus = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    choices = ["auto", "cpu"]
    if gpus:
        choices += ["gpu"] if parameter == "accelerator" else ["cuda", *gpus]
    message = invalid(parameter, name, f"{', '.join(choices[:-1])} or {choices[-1]}")
    if not gpus and name.startswith(("cuda", "gpu")):
        message += f"; torch finds no GPU: {why_no_gpu()}"
    return DeviceError(message)


def why_no_gpu() -> str:
    """Why torch finds no GPU on this machine, as far as it can tell."""
    if torch.version.cuda is None and torch.version.hip is None:
        return f"torch {torch.__version__} was built without CUDA"
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in {"", "-1"}:
        return f'CUDA_VISIBLE_DEVICES is "{hidden}", which hides all of them'
    try:
        torch.empty(1, device="cuda")
    except (RuntimeError, AssertionError) as error:  # "Found no NVIDIA driver on your system. ..."
        return str(error).strip().split("\n")[0].partition(". ")[0].rstrip(".")
    return "none is installed"


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
        if not is_memory(error):
            raise
        raise OutOfMemoryError(
            f"out of memory on {device} with {shape[0]} x {shape[1]:,} bp at "
            "once; choose a smaller `batch_size`, `window` or `region`, or fewer markers"
        ) from error


def is_memory(error: BaseException) -> bool:
    """Whether memory ran out; errors of the libraries below torch say so only in their message."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        said in str(error) for said in _OUT_OF_MEMORY
    )
