"""Arrays copied between a device and the host."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Scores = npt.NDArray[np.float32]


def to_host(found: Tensor) -> Scores:
    """A float32 tensor of any shape as a NumPy array.

    From a GPU it is copied to pinned memory, which is several times as fast. Only this thread waits
    for the copy; what other threads compute on their own streams continues.
    """
    if found.device.type != "cuda":
        return cast(Scores, found.cpu().numpy())
    pinned = torch.empty(found.shape, dtype=found.dtype, pin_memory=True)
    pinned.copy_(found, non_blocking=True)
    torch.cuda.current_stream(found.device).synchronize()
    return cast(Scores, pinned.numpy())


def to_device(values: npt.NDArray[Any] | Tensor, device: torch.device) -> Tensor:
    """An array of any shape and dtype as a tensor on a device.

    To a GPU it is copied from pinned memory, without waiting for the copy.
    """
    found = torch.as_tensor(values)
    if device.type != "cuda" or found.device.type == "cuda":
        return found.to(device)
    return found.pin_memory().to(device, non_blocking=True)
