"""In-silico mutagenesis: the effect of each substitution on selected outputs of a marker.

The effect of a letter at a base is the change of the sum of the selected logits when that letter is
substituted: exactly what `gradient-x-input` gives to first order.

A substitution changes few numbers: one position after a strided convolution, as many after the next
layer as it has taps, and finally some of the outputs within reach. So the sequence goes through the
network once, keeping every layer's input, and for the mutants each layer computes only the
positions that may have changed and that a selected output still depends on. Many mutants are
computed at once. Networks whose layers are not known are called for each mutant.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from regtrack.genome.sequence import Codes, N
from regtrack.models.blocks import Block, Downsample, SamePadConv, SamePool, Upsample
from regtrack.models.network import TrackModel
from regtrack.models.window_network import WindowModel
from regtrack.predict.copies import to_device
from regtrack.predict.forward import one_pass
from regtrack.predict.network import Network
from regtrack.saliency.mutants import effects_of_calls
from regtrack.saliency.values import Outputs, Values
from regtrack.saliency.window_mutagenesis import window_effects

Span = tuple[int, int]  # first and last position
Places = npt.NDArray[np.intp]  # positions

_BASES = {"cpu": 400_000, "other": 8_000_000}  # bp of all mutants' outputs at once
_SITES = 16  # maximum bases mutated at once, except for those of one stride, which are one position


def mutagenesis(
    model: Network,
    codes: Codes,
    outputs: Outputs,
    marker: int,
    stretch: tuple[int, int],
    *,
    batch_size: int | None = None,
    device: torch.device | None = None,
) -> Values:
    """The effect of every substitution in a stretch, float32 (end - start, 4); 0 for the reference.

    Args:
        model: borrowed for the call, and returned unchanged.
        codes: uint8 (L,), A C G T N = 0 1 2 3 4.
        outputs: the positions whose logits are added up, bool (L,), less what the network crops.
        marker: a row of the last layer.
        stretch: start and end of the bases to mutate (half-open).
        batch_size: mutants at once; default: as many as fit.
        device: where to compute; default: the CPU.

    Raises:
        OutOfMemoryError: too little memory for so many mutants at once.
    """
    device = device or torch.device("cpu")
    start, end = stretch
    effects = np.zeros((end - start, N), dtype=np.float32)
    with one_pass(model, device, precision="fp32", shape=(1, len(codes))), torch.inference_mode():
        if isinstance(model, WindowModel):
            return window_effects(
                model, codes, outputs, marker, stretch, batch_size=batch_size, device=device
            )
        if not isinstance(model, TrackModel):
            return effects_of_calls(
                model, codes, outputs, marker, stretch, batch_size=batch_size, device=device
            )
        known = _Known.of(model, codes, outputs, marker, device)
        for first, last in _groups(start, end, known.sites(start, batch_size), model.stride):
            sites, letters = np.nonzero(codes[first:last, None] != np.arange(N))
            changes = known.changes((first, last - 1), sites, letters)
            effects[first - start + sites, letters] = changes
    return effects


@dataclass(frozen=True, eq=False)
class _Changed:
    """Where mutants may differ from the sequence, and their values there.

    The places follow from the network alone, never from values, so no device has to be waited for.

    Attributes:
        places: positions, ascending, (P,).
        values: of each mutant, (mutants, P, C).
    """

    places: Places
    values: Tensor

    def within(self, span: Span) -> _Changed:
        """Those in a stretch, contiguous, since products are fastest like this."""
        kept = _between(self.places, span)
        return _Changed(self.places[kept], self.values[:, kept].contiguous())


@dataclass(frozen=True, eq=False)
class _Known:
    """A sequence that has gone through the network once.

    Attributes:
        model: the network.
        codes: the sequence, (L,).
        strands: the sequence as it is; in a network that reads both strands, the other one as well.
        logits: of the marker, (1, L).
        outputs: which of them count, (L,).
        rows: the marker's row of the last layer, (1,).
    """

    model: TrackModel
    codes: Codes
    strands: Sequence[_Strand]
    logits: Tensor
    outputs: Outputs
    rows: Tensor

    @classmethod
    def of(
        cls, model: TrackModel, codes: Codes, outputs: Outputs, marker: int, device: torch.device
    ) -> _Known:
        x = model.embedded(torch.as_tensor(codes[None], device=device))
        x = F.pad(x, (0, 0, 0, -len(codes) % model.stride))
        counted = np.pad(outputs, (0, x.shape[1] - len(codes)))
        strands = [_Strand.of(model.steps, x, counted)]
        if model.conjoined:
            strands.append(_Strand.of(model.steps, _turned(x), counted[::-1]))
        rows = torch.tensor([marker], device=device)
        features = _mean([strands[0].inputs[-1], *(one.inputs[-1].flip(1) for one in strands[1:])])
        logits = model.head(features[:, : len(codes)], rows)[:, 0]
        return cls(model, codes, strands, logits, outputs, rows)

    def sites(self, first: int, batch_size: int | None) -> int:
        """Bases to mutate at once: by the requested mutants, or by the outputs that a base reaches.

        What one mutant changes is computed for all, so bases further apart than one position of the
        network would only cost time.
        """
        if batch_size is None:
            spans = self.strands[0].spans((first, first))
            reached = spans[-1][1] - spans[-1][0] + 1 if spans else 1
            batch_size = _BASES.get(self.logits.device.type, _BASES["other"]) // reached
        return max(1, min(batch_size // (N - 1), max(_SITES, self.model.stride)))

    def changes(
        self, changed: Span, sites: npt.NDArray[np.intp], letters: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.float64]:
        """What each mutant adds to the sum of the selected logits, shape (mutants,).

        Args:
            changed: the stretch with the mutated bases.
            sites: the base that each mutant changes, counted from the first of the stretch.
            letters: the substituted letters.
        """
        mutants = np.tile(self.codes[changed[0] : changed[1] + 1], (len(sites), 1))
        mutants[np.arange(len(sites)), sites] = letters
        x = self.model.embedded(to_device(mutants, self.logits.device))
        found = self.strands[0].changed(changed, x)
        if self.model.conjoined:
            length = self.strands[0].inputs[0].shape[1]
            other = self.strands[1].changed(_mirrored(changed, length), _turned(x))
            found = self._joined(found, other, length)
        return np.zeros(len(sites)) if found is None else self._difference(found)

    def _joined(self, own: _Changed | None, other: _Changed | None, length: int) -> _Changed | None:
        """The mean of both strands where either of them may differ."""
        if other is not None:
            other = _Changed(length - 1 - other.places[::-1], other.values.flip(1))
        known = [self.strands[0].inputs[-1], self.strands[1].inputs[-1].flip(1)]
        every = [(one, before) for one, before in zip((own, other), known, strict=True) if one]
        if not every:
            return None
        places = np.unique(np.concatenate([one.places for one, _ in every]))
        total = _mean([_at(before, places) for before in known])
        total = total.repeat(len(every[0][0].values), 1, 1)
        for one, before in every:
            here = to_device(places.searchsorted(one.places), total.device)
            total.index_add_(1, here, (one.values - _at(before, one.places)) / len(known))
        return _Changed(places, total)

    def _difference(self, now: _Changed) -> npt.NDArray[np.float64]:
        """The sum of the selected logits, minus the original one."""
        inside = now.places < len(self.outputs)
        counted = inside.copy()
        counted[inside] = self.outputs[now.places[inside]]
        if not counted.all():
            now = _Changed(now.places[counted], _at(now.values, np.flatnonzero(counted)))
        logits = self.model.head(now.values, self.rows)[:, 0]
        change = (logits - _at(self.logits, now.places)).sum(-1, dtype=torch.float64)
        found: npt.NDArray[np.float64] = change.cpu().numpy()
        return found


@dataclass(frozen=True, eq=False)
class _Strand:
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
    def of(cls, steps: Sequence[tuple[Block, int]], x: Tensor, outputs: Outputs) -> _Strand:
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

    def changed(self, changed: Span, x: Tensor) -> _Changed | None:
        """The head's input where mutants may differ; None if no selected output depends on them.

        Args:
            changed: the stretch with the mutated bases.
            x: the embedded mutants there, floats (mutants, T, 4).
        """
        spans = self.spans(changed)
        if spans is None:
            return None
        now = _Changed(np.arange(changed[0], changed[1] + 1), x)
        for number, (block, _) in enumerate(self.steps):
            now = now.within(spans[number])
            if isinstance(block, SamePadConv):
                now = self._convolve(number, block, now)
            elif isinstance(block, Upsample):
                now = self._widen(number, block, now)
            else:
                now = self._step(number, now, spans[number + 1])
        return now.within(spans[-1])

    def _convolve(self, number: int, block: SamePadConv, now: _Changed) -> _Changed:
        """A convolution is linear: each changed input adds to the outputs that read it."""
        weight, _ = block.norm.fold(block.weight, block.bias, self.steps[number][1])
        outputs, inputs, width = weight.shape
        sums, known = self.sums[number], _at(self.inputs[number], now.places)
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
        return _Changed(places, F.relu(total[:, inside] + _at(sums, places)))

    def _widen(self, number: int, block: Upsample, now: _Changed) -> _Changed:
        """Each position becomes several, independently."""
        places = (now.places[:, None] * block.factor + np.arange(block.factor)).ravel()
        return _Changed(places, block(now.values, self.steps[number][1]))

    def _step(self, number: int, now: _Changed, wanted: Span) -> _Changed:
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
        return _Changed(places, _at(block(x, index), places - wanted[0] + offset))

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


def _mean(strands: Sequence[Tensor]) -> Tensor:
    """The mean of what one or two strands gave at the same positions, (B, P, C)."""
    return strands[0] if len(strands) == 1 else (strands[0] + strands[1]) / 2


def _turned(x: Tensor) -> Tensor:
    """The reverse complement of an embedded sequence, (B, L, 4) of one-hot A C G T."""
    return x.flip(1, 2)


def _mirrored(span: Span, length: int) -> Span:
    """A stretch as the other strand counts it, of a sequence of `length` positions."""
    return length - 1 - span[1], length - 1 - span[0]


def _groups(start: int, end: int, size: int, stride: int) -> Iterator[Span]:
    """Stretches (half-open) of at most `size` bases, none across a multiple of the stride."""
    first = start
    while first < end:
        last = min(end, first + size)
        if stride > 1:
            last = min(last, (first // stride + 1) * stride)
        yield first, last
        first = last


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


def _at(x: Tensor, places: Places) -> Tensor:
    """Some positions of a tensor (B, L, ...), as (B, P, ...)."""
    return x.index_select(1, to_device(places, x.device))
