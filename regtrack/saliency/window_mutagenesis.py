"""In-silico mutagenesis of networks that read a window for each bin.

A substitution changes the windows that hold it, all of which are computed again: such a network has
dense layers over its whole window, so that nothing of it stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from regtrack.genome.sequence import Codes, N
from regtrack.models.window_network import WindowModel
from regtrack.saliency.values import Outputs, Values

_MUTANTS = {"cpu": 48, "other": 1_536}  # computed at once


def window_effects(
    model: WindowModel,
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
        codes: uint8 (L,); the first base begins a bin.
        outputs: the positions whose logits are added up, bool (L,).
        marker: a row of the last layer.
        stretch: start and end of the bases to mutate (half-open).
        batch_size: mutants at once; None: as many as fit.
        device: where to compute.
    """
    start, end = stretch
    effects = np.zeros((end - start, N), dtype=np.float64)
    size, crop = model.bin, model.crop
    padded = np.pad(codes, (crop, crop + -len(codes) % size), constant_values=N)
    counted = np.pad(outputs, (0, -len(outputs) % size)).reshape(-1, size).sum(1)
    at_once = batch_size or _MUTANTS.get(device.type, _MUTANTS["other"])
    for number in np.flatnonzero(counted).tolist():
        origin = number * size - crop  # of the window, among the codes
        low, high = max(start, origin), min(end, origin + model.window)
        if low >= high:
            continue
        window = padded[origin + crop : origin + crop + model.window]
        sites, letters = np.nonzero(codes[low:high, None] != np.arange(N))
        mutants = _Mutants(window, low - origin + sites, letters)
        changes = mutants.changes(model, marker, at_once, device)
        effects[low - start + sites, letters] += counted[number] * changes
    return effects.astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Mutants:
    """Substitutions in a window, one each.

    Attributes:
        window: its codes, uint8 (W,).
        sites: the base that each changes, (mutants,).
        letters: the code that each puts there, (mutants,).
    """

    window: Codes
    sites: npt.NDArray[np.intp]
    letters: npt.NDArray[np.intp]

    def changes(
        self, model: WindowModel, marker: int, at_once: int, device: torch.device
    ) -> npt.NDArray[np.float64]:
        """What each mutant adds to the window's logit, (mutants,)."""

        def logits(codes: Codes) -> npt.NDArray[np.float64]:
            found = model.labelled_logits(torch.as_tensor(codes, device=device), [marker])
            plain: npt.NDArray[np.float64] = found[:, 0, 0].double().cpu().numpy()
            return plain

        found = np.empty(len(self.sites))
        for first in range(0, len(found), at_once):
            sites = self.sites[first : first + at_once]
            codes = np.tile(self.window, (len(sites), 1))
            codes[np.arange(len(sites)), sites] = self.letters[first : first + at_once]
            found[first : first + at_once] = logits(codes)
        return found - logits(self.window[None])
