"""In-silico mutagenesis of any network, by calls of it: nothing of its layers need be known.

For the substitutions of a few neighbouring bases, only the outputs that they can change are
computed again, each from all that it depends on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from regtrack.genome.sequence import Codes, N
from regtrack.predict.network import Network, traits_of
from regtrack.saliency.explained import explained
from regtrack.saliency.values import Outputs, Values

_BASES = {"cpu": 400_000, "other": 8_000_000}  # bp of all mutants' reads at once
_SITES = 16  # bases whose mutants share a read


def effects_of_calls(
    model: Network,
    codes: Codes,
    outputs: Outputs,
    marker: int,
    stretch: tuple[int, int],
    *,
    batch_size: int | None,
    device: torch.device,
) -> Values:
    """The effect of every substitution in a stretch, float32 (end - start, 4).

    Args:
        model: on the device, in evaluation mode.
        codes: uint8 (L,), which begin on a multiple of the stride besides what is cropped.
        outputs: the positions whose logits are added up, bool (L,), less what the network crops.
        marker: a row of the last layer.
        stretch: start and end of the bases to mutate (half-open).
        batch_size: mutants at once; None: as many as fit.
        device: where to compute.
    """
    start, end = stretch
    effects = np.zeros((end - start, N), dtype=np.float32)
    for first in range(start, end, _SITES):
        last = min(first + _SITES, end)
        part = _affected(model, outputs, (first, last))
        if part is None:
            continue
        low, high = part
        read = _Read(model, codes[low : high + 2 * traits_of(model).crop], outputs[low:high])
        sites, letters = np.nonzero(codes[first:last, None] != np.arange(N))
        at_once = batch_size or _BASES.get(device.type, _BASES["other"]) // len(read.codes)
        changes = read.changes(first - low + sites, letters, marker, max(1, at_once), device)
        effects[first - start + sites, letters] = changes
    return effects


def _affected(model: Network, outputs: Outputs, sites: tuple[int, int]) -> tuple[int, int] | None:
    """The outputs to compute for mutants of some bases (half-open); None: none can change."""
    traits, stride = traits_of(model), model.stride
    if model.flank is None:
        return (0, len(outputs)) if outputs.any() else None
    beyond = model.flank + traits.crop + (stride if traits.whole else 0)
    nearest = max(0, sites[0] - traits.crop - beyond)
    furthest = max(0, sites[1] - traits.crop + beyond)
    counted = nearest + np.flatnonzero(outputs[nearest:furthest])
    if not len(counted):
        return None
    low = int(counted[0]) // stride * stride - model.flank
    high = -(-(int(counted[-1]) + 1) // stride) * stride + model.flank
    return max(0, low), min(len(outputs), high)


@dataclass(frozen=True, eq=False)
class _Read:
    """A sequence and its outputs that count.

    Attributes:
        model: the network.
        codes: uint8 (R,).
        outputs: bool (R,), less what the network crops.
    """

    model: Network
    codes: Codes
    outputs: Outputs

    def changes(
        self,
        sites: npt.NDArray[np.intp],
        letters: npt.NDArray[np.intp],
        marker: int,
        at_once: int,
        device: torch.device,
    ) -> npt.NDArray[np.float64]:
        """What each mutant, a letter at a site, adds to the sum of the logits, (mutants,)."""
        counted = torch.as_tensor(self.outputs, device=device)

        def logits(codes: Codes) -> npt.NDArray[np.float64]:
            found = self.model.logits(torch.as_tensor(codes, device=device), [marker])
            added = explained(self.model, found)[:, 0, counted].sum(-1, dtype=torch.float64)
            plain: npt.NDArray[np.float64] = added.cpu().numpy()
            return plain

        found = np.empty(len(sites))
        for first in range(0, len(found), at_once):
            some = sites[first : first + at_once]
            codes = np.tile(self.codes, (len(some), 1))
            codes[np.arange(len(some)), some] = letters[first : first + at_once]
            found[first : first + at_once] = logits(codes)
        return found - logits(self.codes[None])
