"""A model over sequences: device, precision, and the model left as it was found."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from regtrack.errors import PlanError
from regtrack.models.network import TrackModel

Scores = npt.NDArray[np.float32]

PRECISIONS = ("fp32", "bf16")

_PIECE = 16_384  # numbers; torch shares out from 32,768

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
def borrowed(model: TrackModel, device: torch.device) -> Iterator[TrackModel]:
    """The model on a device and in evaluation mode, given back as it was, also after an exception.

    Each submodule gets its own mode back, since a part may have been frozen by itself. Threads may
    borrow one model at the same time; the last of them gives it back.

    Raises:
        PlanError: it is lent already, to another device.
    """
    with together(id(model), str(device), partial(_lend, model, device)):
        yield model


@contextmanager
def _lend(model: TrackModel, device: torch.device) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    tensors = chain(model.parameters(), model.buffers())
    home = next((tensor.device for tensor in tensors), device)
    try:
        model.to(device).eval()
        yield
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
    found = forward(model, codes, markers=markers, precision=precision, device=device)
    return to_host(sigmoid(found))


def forward(
    model: TrackModel,
    codes: npt.NDArray[np.uint8] | Tensor,
    *,
    markers: Tensor | Sequence[int] | None = None,
    precision: str = "fp32",
    device: torch.device | None = None,
    compiled: bool = False,
) -> Tensor:
    """The logits as float32, shape (B, M, L), where they were computed.

    Args:
        model: as `scores`, like what follows it.
        codes: as `scores`.
        markers: as `scores`; as a tensor on the device they are not sent there at each pass.
        precision: as `scores`.
        device: as `scores`.
        compiled: by torch.compile, which takes a minute at the first call of a network, and again
            for every other shape.

    Raises:
        PlanError: as `scores`, or nothing here can compile.
    """
    device = device or torch.device("cpu")
    with (
        torch.inference_mode(),
        one_pass(model, device, precision=precision, shape=codes.shape),
    ):
        run = partial(_compiled_logits, model) if compiled else model.logits
        return run(to_device(codes, device), markers).float()


def _compiled_logits(
    model: TrackModel, codes: Tensor, markers: Tensor | Sequence[int] | None
) -> Tensor:
    try:
        return _compiler()(model, codes, markers)
    except Exception as error:
        if not _is_compiler(error):
            raise
        reason = next(iter(str(error).strip().splitlines()), "no reason given")
        raise PlanError(
            f"the network cannot be compiled here ({reason}); go on with --compile off"
        ) from error


@cache
def _compiler() -> Callable[..., Tensor]:
    """The network by torch.compile; a shape at a time, since lengths known are quicker."""
    compiled = torch.compile(
        TrackModel.logits,
        fullgraph=True,
        dynamic=False,
        options={"deterministic": True},  # else kernels are chosen by timing them
    )
    return cast(Callable[..., Tensor], compiled)


@contextmanager
def one_pass(
    model: TrackModel, device: torch.device, *, precision: str, shape: Sequence[int]
) -> Iterator[TrackModel]:
    """The model borrowed for one pass over codes of a shape, as exact as asked for.

    Raises:
        PlanError: an unknown precision, or too little memory.
    """
    check_precision(precision)
    with (
        memory_errors(device, shape),
        borrowed(model, device),
        together("products", "", _exact_products),
        torch.autocast(
            device.type,
            dtype=torch.bfloat16,
            enabled=precision == "bf16",
            cache_enabled=False,  # it is one for all threads, whose streams know nothing of it
        ),
    ):
        yield model


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
            "once; choose a smaller --batch-size, fewer markers or a smaller --window"
        ) from error


@torch.inference_mode()
def sigmoid(logits: Tensor) -> Tensor:
    """Scores of logits, which they replace; the same however many threads torch has.

    On the CPU torch rounds the last few numbers of each thread's share in another way than the
    others. A piece as small as these has one thread, and no last few.
    """
    if logits.device.type != "cpu":
        return logits.sigmoid_()
    logits = logits.contiguous()
    for piece in torch.split(logits.view(-1), _PIECE):
        piece.sigmoid_()
    return logits


def to_host(found: Tensor) -> Scores:
    """The same as NumPy.

    What comes from a GPU is copied to pinned memory, several times as quick, and waited for by
    this thread alone: what others compute on streams of their own goes on.
    """
    if found.device.type != "cuda":
        return cast(Scores, found.cpu().numpy())
    pinned = torch.empty(found.shape, dtype=found.dtype, pin_memory=True)
    pinned.copy_(found, non_blocking=True)
    torch.cuda.current_stream(found.device).synchronize()
    return cast(Scores, pinned.numpy())


def to_device(values: npt.NDArray[Any] | Tensor, device: torch.device) -> Tensor:
    """The same where it is needed; to a GPU from pinned memory, which nobody waits for."""
    found = torch.as_tensor(values)
    if device.type != "cuda" or found.device.type == "cuda":
        return found.to(device)
    return found.pin_memory().to(device, non_blocking=True)


@contextmanager
def _exact_products() -> Iterator[None]:
    """Products of float32 in full and alike at every run, whatever the process allows elsewhere.

    The switches are the whole process's: as long as anybody needs them so, they stay.
    """
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    with ExitStack() as before:
        _switch(before, cudnn, "benchmark", False)
        _switch(before, cudnn, "deterministic", True)
        try:
            general = torch.get_float32_matmul_precision()
            _switch(before, cudnn, "allow_tf32", False)
        except RuntimeError:  # the process uses the switches of torch 2.9, which bar these
            for library in (matmul, cudnn.conv, cudnn.rnn):  # type: ignore[attr-defined]
                _switch(before, library, "fp32_precision", "ieee")
        else:
            before.callback(torch.set_float32_matmul_precision, general)
            torch.set_float32_matmul_precision("highest")
        yield


def _switch(before: ExitStack, place: Any, name: str, value: object) -> None:
    """Set an attribute until the stack is left."""
    before.callback(setattr, place, name, getattr(place, name))
    setattr(place, name, value)


@dataclass
class _Open:
    """A context that threads are in together."""

    context: AbstractContextManager[None]
    place: str
    users: int = 0


_LOCK = threading.Lock()
_OPEN: dict[Hashable, _Open] = {}


@contextmanager
def together(
    key: Hashable, place: str, make: Callable[[], AbstractContextManager[None]]
) -> Iterator[None]:
    """A context of the whole process: the first thread enters it, the last leaves it.

    Args:
        key: what is shared.
        place: where; the same for all who are in it.
        make: makes the context for the first.

    Raises:
        PlanError: it is open for another place.
    """
    with _LOCK:
        found = _OPEN.get(key)
        if found is None:
            found = _Open(make(), place)
            found.context.__enter__()
            _OPEN[key] = found
        if found.place != place:
            raise PlanError(f"the model is in use on {found.place}; ask for {place} afterwards")
        found.users += 1
    try:
        yield
    finally:
        with _LOCK:
            found.users -= 1
            if found.users == 0:
                del _OPEN[key]
                found.context.__exit__(None, None, None)


def _is_compiler(error: Exception) -> bool:
    """Whether torch.compile failed, not what it compiled; importing its errors takes a second."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return not names.isdisjoint({"TorchDynamoException", "FailOnRecompileLimitHit"})


def forget_compiled() -> None:
    """Drop what was compiled so far: a process keeps no more than eight networks or shapes."""
    if "torch._dynamo" in sys.modules:
        torch.compiler.reset()


def _is_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory; of the libraries below it only the message says so."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        said in str(error) for said in _OUT_OF_MEMORY
    )
