"""Networks that read a window of fixed length and give one logit per marker for its middle.

Along a sequence they are called for a window every `step` bp, by default as far apart as the bins
in the middle of windows are wide. So they have logits at single bases as all other networks do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from regtrack.errors import NetworkError, invalid
from regtrack.models.blocks import Head, OneHot
from regtrack.models.network import TrackModel, run_steps
from regtrack.models.window_blocks import WindowConv, WindowLstm

_AT_ONCE = {"cpu": 16, "other": 512}  # windows whose activations exist at once


class WindowModel(TrackModel):
    """Codes (B, L) in, logits (B, M, L) out, of which `step` next to each other are equal.

    Args:
        name: name in the registry.
        config: the settings it was built with, JSON-serialisable.
        window: bp that it reads for one logit.
        label: bp in the middle of the window for which the logit stands.
        trunk: blocks, from single bases to whatever enters the dense layers.
        head: makes the dense layers for so many inputs.

    Attributes:
        window: bp that it reads for one logit, which is its receptive field.
    """

    def __init__(
        self,
        name: str,
        config: Mapping[str, Any],
        *,
        window: int,
        label: int,
        trunk: Sequence[WindowConv | WindowLstm],
        head: Callable[[int], Head],
    ) -> None:
        self.window, self.bin, self.step = window, label, label
        self.crop = (window - label) // 2
        positions = window
        for block in trunk:
            positions = block.length(positions)
        channels = _channels(trunk)
        super().__init__(name, config, trunk=trunk, head=head(positions * channels), embed=OneHot())

    def _count(self) -> None:
        self.stride, self.receptive_field = self.step, self.window
        # a base at one end of its step sees to the other end of the furthest window
        self.reach = self._before + self.step - 1, self._after + self.step - 1

    def stepped(self, step: int) -> WindowModel:
        """The same network, with the same weights, with a window every so many bp.

        A step wider than the bin has the logit of the window in whose middle it is; a narrower one
        the mean logit of all windows whose bins cover it.

        Raises:
            NetworkError: neither a divisor of the bin nor from the bin to the window.
        """
        fits = step > 0 and (self.bin % step == 0 if step < self.bin else step <= self.window)
        if not fits:
            expected = f"a divisor of {self.bin:,}, or {self.bin:,} to {self.window:,}"
            raise NetworkError(invalid("step", step, expected, "bp"))
        other = copy(self)
        other.step = step
        other._count()
        return other

    @property
    def _before(self) -> int:
        """What is read before the first base of a step (bp)."""
        if self.step > self.bin:
            return (self.window - self.step) // 2
        return self.crop + self.bin - self.step

    @property
    def _after(self) -> int:
        """What is read after the last base of a step (bp)."""
        if self.step > self.bin:
            return self.window - self.step - self._before
        return self._before

    def logits_from_embedded(
        self,
        embedded: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """Logits (B, M, L) of a one-hot sequence (B, L, 4), beyond whose ends there is N.

        Steps are counted from its first base. N being zeros, padded rows need no `lengths`.
        """
        del lengths
        length = embedded.shape[1]
        padded = F.pad(embedded, (0, 0, self._before, self._after + -length % self.step))
        found = self._of_windows(self._windows(padded, self.step), markers)
        if self.step < self.bin:
            found = F.avg_pool1d(found, self.bin // self.step, stride=1)
        return found.repeat_interleave(self.step, dim=2)[:, :, :length]

    def labelled_logits(
        self, codes: Tensor, markers: Tensor | Sequence[int] | None = None
    ) -> Tensor:
        """Logits (B, M, P) of windows of codes (B, L), one per bin between the crops."""
        return self._of_windows(self._windows(self.embedded(codes), self.bin), markers)

    def stages(self, codes: Tensor) -> list[Tensor]:
        """The head's input, floats (B, P, C), for windows of codes (B, L), one per bin."""
        windows = self._windows(self.embedded(codes), self.bin)
        features = self._features(windows.flatten(0, 1))
        return [features.view(*windows.shape[:2], -1)]

    def _windows(self, x: Tensor, step: int) -> Tensor:
        """The windows (B, P, W, 4) of a sequence (B, L, 4), one every so many bp."""
        return x.unfold(1, self.window, step).transpose(2, 3)

    def _features(self, windows: Tensor) -> Tensor:
        """The head's input (n, C) of windows (n, W, 4)."""
        return run_steps(self.steps, windows.contiguous()).flatten(1)

    def _of_windows(self, windows: Tensor, markers: Tensor | Sequence[int] | None) -> Tensor:
        """Logits (B, M, P) of windows (B, P, W, 4), a few of them at a time.

        Where gradients are taken, the activations of each few are computed again on the way back.
        """
        size = _AT_ONCE.get(windows.device.type, _AT_ONCE["other"])
        again = torch.is_grad_enabled() and windows.requires_grad
        found = []
        for few in torch.split(windows.flatten(0, 1), size):
            features = (
                checkpoint(self._features, few, use_reentrant=False, preserve_rng_state=False)
                if again
                else self._features(few)
            )
            found.append(self.head(features[None], markers)[0])  # (M, n)
        logits = torch.cat(found, dim=1)
        return logits.view(len(logits), *windows.shape[:2]).transpose(0, 1)


def _channels(trunk: Sequence[WindowConv | WindowLstm]) -> int:
    """The channels that come out of the last block."""
    last = trunk[-1]
    if isinstance(last, WindowConv):
        return last.weight.shape[0]
    return 2 * last.lstm.hidden_size
