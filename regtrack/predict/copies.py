"""Arrays copied between a device and the host."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Scores = npt.NDArray[np.float32]


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
