"""Networks with one output per call, called every so many bp: gaps filled, or overlaps averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor
from typing_extensions import override

from regtrack.errors import NetworkError, invalid
from regtrack.predict.description import NetworkDescription
from regtrack.predict.network import SequenceNetwork
from regtrack.predict.one_hot import Wrapped, called
from regtrack.predict.redescribed import Redescribed
from regtrack.predict.windows import windows_of


class Averaged(Wrapped):
    """A network with one output per call, called so often that bins overlap; their mean.

    It takes any length: that of a call, and as many steps more as there are further outputs.

    Args:
        network: has one output per call.
        step: bp from one call to the next, a divisor of its bin.
    """

    def __init__(self, network: SequenceNetwork, step: int) -> None:
        said = network.description
        assert said.length is not None
        around = said.bin - step
        context = said.cropped[0] + around, said.cropped[1] + around
        super().__init__(
            network, replace(said, length=None, grid=step, bin=step, crop=context, reach=context)
        )
        self.step, self.length, self.overlap = step, said.length, said.bin // step

    @override
    def values(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        """The values, floats (B, rows, steps), of codes (B, L) or one-hot sequence (B, L, 4)."""
        parts, (batch, count) = windows_of(sequence, self.length, self.step)
        found = torch.cat([called(self.network, part, rows) for part in parts])  # (n, rows, 1)
        values = found.view(batch, count, len(rows)).transpose(1, 2)
        return F.avg_pool1d(values.float(), self.overlap, stride=1)


def with_step(network: SequenceNetwork, step: int) -> SequenceNetwork:
    """A network with one output per call, called every `step` bp.

        network = regtrack.with_step(deepsea, 50)  # its bin of 200 bp: means of four calls

    If the step is wider than the bin of an output, the output stands for all of the step, whose
    middle is the bin's. If it is narrower, each step has the mean of all calls whose bins cover it.

    Args:
        network: takes a fixed length and gives one output per track.
        step: bp from one call to the next: a divisor of the bin, or from the bin to the length.

    Raises:
        NetworkError: several outputs per call, or a step that is neither.
    """
    said = network.description
    _check(said, step)
    if step == said.bin:
        return network
    if step < said.bin:
        return Averaged(network, step)
    left, right = said.cropped
    more = step - said.bin
    crop = left - more // 2, right - (more - more // 2)
    return Redescribed(network, replace(said, bin=step, crop=crop))


def _check(said: NetworkDescription, step: int) -> None:
    if said.length is None or said.length - sum(said.cropped) != said.bin:
        takes = "any length" if said.length is None else f"{said.length:,} bp"
        raise NetworkError(
            f"`step` is for networks with one output per call; {said.name} takes {takes} and gives "
            f"an output per {said.bin:,} bp: omit it"
        )
    fits = step > 0 and (said.bin % step == 0 if step < said.bin else step <= said.length)
    period = said.grid
    if not fits or step % period:
        raise NetworkError(
            invalid("step", step, f"a divisor of {said.bin:,}, or {said.bin:,} to {said.length:,}"
                    + (f", a multiple of the grid of {period:,}" if period > 1 else ""), "bp")
        )  # fmt: skip
