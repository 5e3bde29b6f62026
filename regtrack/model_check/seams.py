"""The differences that the ends of calls make, by distance: in calls, and in regtrack's sweep.

Every value is compared with that of a call in whose middle it lies.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from regtrack.genome.sequence import Codes
from regtrack.model_check.probe import Probe, stored
from regtrack.model_check.values import Differences, Seams
from regtrack.predict.fitted import Fitted
from regtrack.predict.reading import ReadRule

_FEWEST = 16  # outputs of a call, for its ends to be told from its middle


def measure_seams(probe: Probe, window: int) -> Seams | None:
    """The differences at the ends of calls and at the seams of a sweep.

    Args:
        probe: what to measure with.
        window: bp of a sweep's windows, for a network of any length whose outputs depend on all of
            a call.

    Returns:
        None: a call has too few outputs to tell.
    """
    fitted = Fitted(probe.call.network)
    if probe.said.length is None:
        return _of_any_length(probe, fitted, window)
    if probe.bins < _FEWEST:
        return None
    return _of_windows(probe, fitted)


def _of_any_length(probe: Probe, fitted: Fitted, window: int) -> Seams:
    """The seam between two strips, against one call for both."""
    said, rule = probe.said, ReadRule.of(fitted)
    size = max(probe.outputs, 2 * rule.flank) if fitted.flank is not None else window
    size = -(-size // said.period) * said.period
    total = 2 * (size + rule.flank)
    context = fitted.calls.context
    codes = probe.draw(total + 2 * context, 2)
    spare = context - fitted.calls.left, context - fitted.calls.right
    whole = _values(probe, codes[:, spare[0] : codes.shape[1] - spare[1]])
    width, middle = said.bin, total // 2 // said.bin
    read = (size + 2 * rule.flank) // width
    reads = codes[:, : read * width + 2 * context], codes[:, -read * width - 2 * context :]
    left, right = (_fitted(probe, fitted, one) for one in reads)
    ends = [(left - whole[..., :read]).flip(2), right - whole[..., -read:]]
    flank = rule.flank // width
    seam = [
        (left - whole[..., :read])[..., : read - flank].flip(2),
        (right - whole[..., -read:])[..., flank:],
    ]
    half = read // 2
    return Seams(
        fitted.calls.seam,
        _by_distance(torch.cat([one[..., :half] for one in ends]), width),
        _by_distance(torch.cat([one[..., : size // width] for one in seam]), width),
        float(whole[..., middle - half : middle + half].std()),
    )


def _of_windows(probe: Probe, fitted: Fitted) -> Seams:
    """The ends and the seams of windows of a fixed length, against calls placed otherwise."""
    said, calls = probe.said, fitted.calls
    context, step = calls.context, calls.step
    stretch = -(-probe.outputs // step) * step  # bp of outputs that are compared
    around = probe.length  # bp of sequence on both sides, for calls placed otherwise
    codes = probe.draw(stretch + 2 * around, 2)
    middle = _in_the_middle(probe, codes, around, stretch)
    left = around - said.cropped[0]
    call = _values(probe, codes[:, left : left + probe.length])
    bins, width = call.shape[2], said.bin
    ends = (call - middle[..., :bins]).abs()
    half = bins // 2
    folded = torch.cat([ends[..., :half], ends.flip(2)[..., :half]])
    swept = _fitted(probe, fitted, codes[:, around - context : around + stretch + context])
    return Seams(
        calls.seam,
        _by_distance(folded, width),
        _from_seams((swept - middle).abs(), step // width, width),
        float(middle.std()),
    )


def _in_the_middle(probe: Probe, codes: Codes, first: int, stretch: int) -> Tensor:
    """The values (B, M, bins) of a stretch from calls in whose middle quarter they lie.

    Args:
        probe: what to measure with.
        codes: (B, L).
        first: the first base of the stretch, in the codes.
        stretch: its length (bp).
    """
    said = probe.said
    quarter = max(said.period, probe.outputs // 4 // said.period * said.period)
    found = []
    for start in range(0, stretch, quarter):
        begin = start - (probe.outputs - quarter) // 2 // said.period * said.period
        place = first + begin - said.cropped[0]
        values = _values(probe, codes[:, place : place + probe.length])
        inner = (start - begin) // said.bin
        wanted = min(quarter, stretch - start) // said.bin
        found.append(values[..., inner : inner + wanted])
    return torch.cat(found, dim=2)


def _values(probe: Probe, codes: Codes) -> Tensor:
    return stored(probe.call(codes), probe.said)


def _fitted(probe: Probe, fitted: Fitted, codes: Codes) -> Tensor:
    """The values (B, M, bins) that a sweep keeps of reads (B, L)."""
    call = replace(probe.call, network=_Joined(fitted))
    return stored(call(codes)[..., :: probe.said.bin], probe.said)


class _Joined(torch.nn.Module):
    """What a sweep makes of a network, with the network's description."""

    def __init__(self, fitted: Fitted) -> None:
        super().__init__()
        self.fitted = fitted
        self.description = fitted.description

    def forward(self, codes: Tensor, rows: list[int]) -> Tensor:
        return self.fitted.logits(codes, rows)


def _by_distance(differences: Tensor, width: int) -> Differences:
    """By distance from the first bin, of differences (B, M, bins)."""
    size = differences.abs().flatten(0, 1)
    return Differences(np.arange(size.shape[1]) * width, size.amax(0).numpy(), size.mean(0).numpy())


def _from_seams(differences: Tensor, step: int, width: int) -> Differences:
    """By distance from the nearest multiple of a step (bins), of differences (B, M, bins)."""
    place = np.arange(differences.shape[2]) % step
    near = np.minimum(place, step - 1 - place)
    size = differences.flatten(0, 1).numpy()
    distances = np.unique(near)
    return Differences(
        distances * width,
        np.array([size[:, near == one].max() for one in distances]),
        np.array([size[:, near == one].mean() for one in distances]),
    )
