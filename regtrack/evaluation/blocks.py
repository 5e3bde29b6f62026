"""Curves that are also counted per block of windows, for resampling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from typing_extensions import override

from regtrack.evaluation.metrics import BINS, StreamingCurves

MOST_BLOCKS = 100
_JOINED = 16  # fine bins per coarse one


class BlockCurves(StreamingCurves):
    """Curves of all windows, and a coarser histogram of each block of consecutive windows.

    Args:
        centre: see `StreamingCurves`.
        windows: how many windows will be added, in order; with at most 100, each is a block.

    Attributes:
        blocks: int32 (blocks, M, 2, bins): positions by marker, label and coarse bin.
    """

    def __init__(self, centre: Tensor, windows: int) -> None:
        super().__init__(centre)
        self._windows, self._done = windows, 0
        shape = min(windows, MOST_BLOCKS), len(centre), 2, 2 * (BINS.side // _JOINED) + 1
        self.blocks: npt.NDArray[np.int32] = np.zeros(shape, np.int32)

    @override
    def update(
        self, logits: Tensor, labels: Tensor, mask: Tensor | None = None, first: int = 0
    ) -> None:
        """Count the positions of a batch, window by window; arguments as for the base class."""
        for nth in range(len(logits)):
            one = slice(nth, nth + 1)
            window = StreamingCurves(self.centre)
            window.update(logits[one], labels[one], None if mask is None else mask[one], first)
            self.merge(window)
            block = self._done * len(self.blocks) // self._windows
            self.blocks[block] += _coarse(window.counts).cpu().numpy()
            self._done += 1


def _coarse(counts: Tensor) -> Tensor:
    """Counts (M, 2, bins) with bins joined on either side of the middle one, int32."""
    side = BINS.side
    left, middle, right = counts[..., :side], counts[..., side : side + 1], counts[..., side + 1 :]
    joined = [part.reshape(*part.shape[:-1], -1, _JOINED).sum(-1) for part in (left, right)]
    return torch.cat([joined[0], middle, joined[1]], dim=-1).int()
