"""What mutants change in a strand of a sequence, layer by layer, where anything may change.

The sequence goes through the trunk once, keeping every layer's input. For the mutants each layer
computes only the positions that may have changed and that a selected output still depends on.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch.nn.functional as F
from torch import Tensor

from regtrack.models.blocks import Block, Downsample, SamePadConv, SamePool, Upsample
from regtrack.predict.copies import to_device
from regtrack.saliency.values import Outputs

Span = tuple[int, int]  # first and last position
Places = npt.NDArray[np.intp]  # positions


@dataclass(frozen=True, eq=False)
class Changed:
    """Where mutants may differ from the sequence, and their values there.

    The places follow from the network alone, never from values, so no device has to be waited for.

    Attributes:
        places: positions, ascending, (P,).
        values: of each mutant, (mutants, P, C).
    """

    places: Places
    values: Tensor

    def within(self, span: Span) -> Changed:
        """Those in a stretch, contiguous, since products are fastest like this."""
        kept = _between(self.places, span)
        return Changed(self.places[kept], self.values[:, kept].contiguous())


@dataclass(frozen=True, eq=False)
class Strand:
    """A strand of the sequence that has gone through the trunk once.

    Attributes:
        steps: the blocks, each with the number of its pass.
        inputs: of each step, and finally of the head, (1, L', C').
        sums: of each `SamePadConv`, before its ReLU, (1, L', C'); None for other blocks.
        outputs: which positions count, (L',), False in the padding to the stride.
    """

    steps: Sequence[tuple[Block, int]]
    inputs: Sequence[Tensor]
    sums: Sequence[Tensor | None]
    outputs: Outputs

    @classmethod
    def of(cls, steps: Sequence[tuple[Block, int]], x: Tensor, outputs: Outputs) -> Strand:
        """Of an embedded sequence, floats (1, L', 4)."""
        inputs = [x]
        sums: list[Tensor | None] = []
        for block, index in steps:
            if isinstance(block, SamePadConv):
                folded = block.norm.fold(block.weight, block.bias, index)
                found = block.convolve(inputs[-1], *folded)
                sums.append(found)
                inputs.append(F.relu(found))
            else:
                sums.append(None)
                inputs.append(block(inputs[-1], index))
        return cls(steps, inputs, sums, outputs)

    def changed(self, changed: Span, x: Tensor) -> Changed | None:
        """The head's input where mutants may differ; None if no selected output depends on them.

        Args:
            changed: the stretch with the mutated bases.
            x: the embedded mutants there, floats (mutants, T, 4).
        """
        spans = self.spans(changed)
        if spans is None:
            return None
        now = Changed(np.arange(changed[0], changed[1] + 1), x)
        for number, (block, _) in enumerate(self.steps):
            now = now.within(spans[number])
            if isinstance(block, SamePadConv):
                now = self._convolve(number, block, now)
            elif isinstance(block, Upsample):
                now = self._widen(number, block, now)
            else:
                now = self._step(number, now, spans[number + 1])
        return now.within(spans[-1])

    def _convolve(self, number: int, block: SamePadConv, now: Changed) -> Changed:
        """A convolution is linear: each changed input adds to the outputs that read it."""
        weight, _ = block.norm.fold(block.weight, block.bias, self.steps[number][1])
        outputs, inputs, width = weight.shape
        sums, known = self.sums[number], at_places(self.inputs[number], now.places)
        assert sums is not None
        reached = _reached(now.places, block.left, width, block.dilation)
        places = np.unique(reached)
        taps = to_device(places.searchsorted(reached), sums.device)
        matrix = weight.permute(1, 2, 0).reshape(inputs, width * outputs)
        mutants = len(now.values)
        added = ((now.values - known) @ matrix).reshape(mutants, len(now.places), width, outputs)
        total = added.new_zeros(mutants, len(places), outputs)
        # a tap adds to each output once: devices that add in any order yield the same bits
        for tap, part in zip(taps, added.unbind(2), strict=True):
            total.index_add_(1, tap, part)
        inside = _between(places, (0, sums.shape[1] - 1))
        places = places[inside]
        return Changed(places, F.relu(total[:, inside] + at_places(sums, places)))

    def _widen(self, number: int, block: Upsample, now: Changed) -> Changed:
        """Each position becomes several, independently."""
        places = (now.places[:, None] * block.factor + np.arange(block.factor)).ravel()
        return Changed(places, block(now.values, self.steps[number][1]))

    def _step(self, number: int, now: Changed, wanted: Span) -> Changed:
        """Any block: its outputs `wanted`, with unchanged inputs where nothing changed.

        The block pads a stretch with zeros, which is correct where the sequence ends; elsewhere the
        outputs that depend on them are cropped.
        """
        block, index = self.steps[number]
        first, last = _needed(block, wanted, self.inputs[number].shape[1])
        x = self.inputs[number][:, first : last + 1].repeat(len(now.values), 1, 1)
        x.index_copy_(1, to_device(now.places - first, x.device), now.values)
        offset = wanted[0] - first * block.factor // block.stride
        places = _depending(block, now.places, wanted)
        return Changed(places, at_places(block(x, index), places - wanted[0] + offset))

    def spans(self, changed: Span) -> list[Span] | None:
        """The stretch to compute of every step's input, and finally of the logits.

        It is what depends on the changed bases and what a selected output depends on; None if no
        selected output does.
        """
        reached = [changed]
        for (block, _), after in zip(self.steps, self.inputs[1:], strict=True):
            reached.append(_affected(block, reached[-1], after.shape[1]))
        first, last = reached[-1]
        counted = np.flatnonzero(self.outputs[first : last + 1])
        if len(counted) == 0:
            return None
        spans = [(first + int(counted[0]), first + int(counted[-1]))]
        for number in reversed(range(len(self.steps))):
            block, before = self.steps[number][0], self.inputs[number]
            low, high = _needed(block, spans[0], before.shape[1])
            spans.insert(0, (max(low, reached[number][0]), min(high, reached[number][1])))
            if spans[0][0] > spans[0][1]:
                return None
        return spans


def _needed(block: Block, outputs: Span, length: int) -> Span:
    """The inputs, of `length`, on which a stretch of outputs depends."""
    if not block.bounded:
        return 0, length - 1
    first, last = block.needs(*outputs)
    return max(first, 0), min(last, length - 1)


def _affected(block: Block, inputs: Span, length: int) -> Span:
    """The outputs, of `length`, that depend on any input of a stretch."""
    if not block.bounded:
        return 0, length - 1
    first = bisect_left(range(length), inputs[0], key=lambda output: block.needs(output, output)[1])
    end = bisect_right(range(length), inputs[1], key=lambda output: block.needs(output, output)[0])
    return first, end - 1


def _depending(block: Block, places: Places, wanted: Span) -> Places:
    """The outputs of a stretch that depend on some inputs; all of a Bi-LSTM."""
    if isinstance(block, Downsample):
        found = np.unique(places // block.stride)
    elif isinstance(block, SamePool):
        found = np.unique(_reached(places, block.side, block.width, block.dilation))
    else:
        found = np.arange(wanted[0], wanted[1] + 1)
    return found[_between(found, wanted)]


def _reached(places: Places, left: int, width: int, dilation: int) -> Places:
    """The output that reads each of some inputs through each tap, shape (width, P)."""
    # output o reads the input o - left + tap * dilation
    return places + left - np.arange(width)[:, None] * dilation


def _between(places: Places, span: Span) -> slice:
    """Slice of the ascending places that lie in a stretch."""
    first, end = places.searchsorted((span[0], span[1] + 1))
    return slice(int(first), int(end))


def at_places(x: Tensor, places: Places) -> Tensor:
    """Some positions of floats (B, L) or (B, L, C), as (B, P) or (B, P, C)."""
    return x.index_select(1, to_device(places, x.device))
