"""The logit of scores."""

from __future__ import annotations

import torch
from torch import Tensor


def logit(scores: Tensor) -> Tensor:
    """The logit of scores, floats of any shape, of which gradients can be taken.

    Scores count as near to 0 and 1 as their dtype can tell from these, bfloat16 as float32.

    >>> logit(torch.tensor([0.5, 0.0, 1.0])).round(decimals=1).tolist()
    [0.0, -87.3..., 16.6...]
    """
    scores = scores if scores.dtype == torch.float64 else scores.float()
    limits = torch.finfo(scores.dtype)
    scores = scores.clamp(limits.tiny, 1 - limits.eps / 2)
    return scores.log() - (-scores).log1p()
