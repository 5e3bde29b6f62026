"""A running mean of the weights and batch statistics of the last steps."""

from __future__ import annotations

from itertools import chain

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

from regtrack.models.network import TrackModel


@torch.no_grad()
def follow(average: TrackModel, model: TrackModel, decay: float, step: int) -> None:
    """Move the running mean towards the weights and statistics after a step, in place.

    Early means cover few steps: the decay is at most (1 + step) / (10 + step).

    Args:
        average: the running mean.
        model: the network in training.
        decay: the share of the older mean, 0 to 1.
        step: steps done so far, this one included.
    """
    move = get_ema_multi_avg_fn(min(decay, (1 + step) / (10 + step)))  # type: ignore[no-untyped-call]
    means, values = (list(chain(one.parameters(), one.buffers())) for one in (average, model))
    move(means, values, step)  # all at once: a GPU would spend longer on starting one after another
