"""A model over sequences: device, precision, and the model left as it was found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from regtrack.errors import PlanError
from regtrack.models.network import TrackModel

Scores = npt.NDArray[np.float32]

PRECISIONS = ("fp32", "bf16")

# one pass at a time: the switches of arithmetic and the model's mode are the whole process's
_ALONE = threading.Lock()


def pick_device(name: str = "auto") -> torch.device:
    """The device of a name; `auto` is a CUDA device where there is one, else the CPU.

    Raises:
        PlanError: no device of that name, or none that is here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise PlanError(
            f'device "{name}" cannot be used here; expected auto, cpu, cuda or cuda:0'
        ) from error
    return device


def check_precision(precision: str) -> str:
    """The precision, if it exists.

    Raises:
        PlanError: neither `fp32` nor `bf16`.
    """
    if precision not in PRECISIONS:
        raise PlanError(f'precision "{precision}"; expected {" or ".join(PRECISIONS)}')
    return precision


@contextmanager
def borrowed(model: TrackModel, device: torch.device) -> Iterator[TrackModel]:
    """The model on a device and in evaluation mode, given back as it was, also after an exception.

    Each submodule gets its own mode back, since a part may have been frozen by itself.
    """
    modes = {module: module.training for module in model.modules()}
    tensors = chain(model.parameters(), model.buffers())
    home = next((tensor.device for tensor in tensors), device)
    try:
        yield model.to(device).eval()
    finally:
        model.to(home)
        for module, mode in modes.items():
            module.training = mode


def scores(
    model: TrackModel,
    codes: npt.NDArray[np.uint8] | Tensor,
    *,
    markers: Sequence[int] | None = None,
    precision: str = "fp32",
    device: torch.device | None = None,
) -> Scores:
    """The sigmoid of the logits, shape (B, M, L), as NumPy.

    Args:
        model: borrowed for the call; loops over many sequences borrow it once themselves.
        codes: uint8, shape (B, L), A C G T N = 0 1 2 3 4.
        markers: rows of the last layer to compute, in the order wanted; all where None.
        precision: `fp32`, in full also on devices that would round products to TF32, or `bf16`.
        device: where to compute; the CPU where None.

    Raises:
        PlanError: an unknown precision, or too little memory for so many bases at once.
    """
    return _forward(model, codes, torch.sigmoid, markers, precision=precision, device=device)


def logits(
    model: TrackModel,
    codes: npt.NDArray[np.uint8] | Tensor,
    *,
    markers: Sequence[int] | None = None,
    precision: str = "fp32",
    device: torch.device | None = None,
) -> Scores:
    """The logits, as `scores` gives their sigmoid.

    Raises:
        PlanError: as `scores`.
    """
    return _forward(
        model, codes, torch.Tensor.contiguous, markers, precision=precision, device=device
    )


@contextmanager
def one_pass(
    model: TrackModel, device: torch.device, *, precision: str, shape: Sequence[int]
) -> Iterator[TrackModel]:
    """The model borrowed for one pass over codes of a shape, as exact as asked for.

    Raises:
        PlanError: an unknown precision, or too little memory.
    """
    check_precision(precision)
    with _ALONE, borrowed(model, device), _arithmetic(device, precision):
        try:
            yield model
        except (RuntimeError, MemoryError) as error:
            if not _is_memory(error):
                raise
            raise PlanError(
                f"out of memory on {device} with {shape[0]} x {shape[1]:,} bp at "
                "once; choose a smaller --batch-size, fewer markers or a smaller --window"
            ) from error


def _forward(
    model: TrackModel,
    codes: npt.NDArray[np.uint8] | Tensor,
    last: Callable[[Tensor], Tensor],
    markers: Sequence[int] | None,
    *,
    precision: str,
    device: torch.device | None,
) -> Scores:
    device = device or torch.device("cpu")
    with (
        one_pass(model, device, precision=precision, shape=codes.shape),
        torch.inference_mode(),
    ):
        found = model.logits(torch.as_tensor(codes, device=device), markers)
        result: Scores = _to_host(last(found.float())).numpy()
    return result


def _to_host(found: Tensor) -> Tensor:
    """A copy in the host's memory, pinned where it comes from a GPU: several times as quick."""
    if found.device.type != "cuda":
        return found.cpu()
    return torch.empty(found.shape, dtype=found.dtype, pin_memory=True).copy_(found)


@contextmanager
def _arithmetic(device: torch.device, precision: str) -> Iterator[None]:
    """Full fp32, whatever the process allows elsewhere, or bf16 by autocast."""
    cudnn, matmul = torch.backends.cudnn, torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with (
            cudnn.flags(
                enabled=cudnn.enabled,
                benchmark=cudnn.benchmark,
                deterministic=cudnn.deterministic,
                allow_tf32=False,
            ),
            torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16"),
        ):
            yield
    finally:
        torch.set_float32_matmul_precision(matmul)


def _is_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory; on the CPU only its message says so."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        "can't allocate memory" in str(error)
    )
