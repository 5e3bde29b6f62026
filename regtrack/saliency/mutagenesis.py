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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from regtrack.genome.sequence import Codes, N
from regtrack.models.network import TrackModel
from regtrack.models.window_network import WindowModel
from regtrack.predict.copies import to_device
from regtrack.predict.forward import one_pass
from regtrack.predict.network import Network
from regtrack.saliency.mutants import effects_of_calls
from regtrack.saliency.strand import Changed, Span, Strand, at_places
from regtrack.saliency.values import Outputs, Values
from regtrack.saliency.window_mutagenesis import window_effects

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
    strands: Sequence[Strand]
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
        strands = [Strand.of(model.steps, x, counted)]
        if model.conjoined:
            strands.append(Strand.of(model.steps, _turned(x), counted[::-1]))
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

    def _joined(self, own: Changed | None, other: Changed | None, length: int) -> Changed | None:
        """The mean of both strands where either of them may differ."""
        if other is not None:
            other = Changed(length - 1 - other.places[::-1], other.values.flip(1))
        known = [self.strands[0].inputs[-1], self.strands[1].inputs[-1].flip(1)]
        every = [(one, before) for one, before in zip((own, other), known, strict=True) if one]
        if not every:
            return None
        places = np.unique(np.concatenate([one.places for one, _ in every]))
        total = _mean([at_places(before, places) for before in known])
        total = total.repeat(len(every[0][0].values), 1, 1)
        for one, before in every:
            here = to_device(places.searchsorted(one.places), total.device)
            total.index_add_(1, here, (one.values - at_places(before, one.places)) / len(known))
        return Changed(places, total)

    def _difference(self, now: Changed) -> npt.NDArray[np.float64]:
        """The sum of the selected logits, minus the original one."""
        inside = now.places < len(self.outputs)
        counted = inside.copy()
        counted[inside] = self.outputs[now.places[inside]]
        if not counted.all():
            now = Changed(now.places[counted], at_places(now.values, np.flatnonzero(counted)))
        logits = self.model.head(now.values, self.rows)[:, 0]
        change = (logits - at_places(self.logits, now.places)).sum(-1, dtype=torch.float64)
        found: npt.NDArray[np.float64] = change.cpu().numpy()
        return found


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
