"""A model lent to a device, and contexts that the threads of a process share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TypeVar

import torch

from regtrack.errors import DeviceError
from regtrack.predict.network import Lendable

Lent = TypeVar("Lent", bound=Lendable)


@contextmanager
def borrowed(model: Lent, device: torch.device) -> Iterator[Lent]:
    """Move a model to a device and into evaluation mode, and restore both on exit.

    Each submodule gets its own mode back, since a part of it may have been frozen. Several threads
    may borrow one model at the same time; the last one restores it.

    Args:
        model: a `torch.nn.Module`.
        device: where to move it.

    Raises:
        DeviceError: it is lent to another device at the moment.
    """
    with shared_context(id(model), str(device), partial(_lend, model, device)):
        yield model


@contextmanager
def _lend(model: Lendable, device: torch.device) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    tensors = chain(model.parameters(), model.buffers())
    home = next((tensor.device for tensor in tensors), device)
    try:
        model.to(device)
        model.eval()
        yield
    finally:
        model.to(home)
        for module, mode in modes.items():
            module.training = mode


@dataclass
class _Open:
    """A context that several threads have entered."""

    context: AbstractContextManager[None]
    place: str
    users: int = 0


_LOCK = threading.Lock()
_OPEN: dict[Hashable, _Open] = {}


@contextmanager
def shared_context(
    key: Hashable, place: str, make: Callable[[], AbstractContextManager[None]]
) -> Iterator[None]:
    """A context shared by the threads of a process: the first one enters it, the last one exits.

    Args:
        key: names the context.
        place: the device that it is for; the same for every thread.
        make: makes the context for the first thread.

    Raises:
        DeviceError: it is open for another device.
    """
    with _LOCK:
        found = _OPEN.get(key)
        if found is None:
            found = _Open(make(), place)
            found.context.__enter__()
            _OPEN[key] = found
        if found.place != place:
            raise DeviceError(f"the model is in use on {found.place}; ask for {place} afterwards")
        found.users += 1
    try:
        yield
    finally:
        with _LOCK:
            found.users -= 1
            if found.users == 0:
                del _OPEN[key]
                found.context.__exit__(None, None, None)
