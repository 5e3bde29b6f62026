"""The grid: the shifts of the sequence by which values only move along."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from regtrack.model_check.probe import Probe, largest, size_of
from regtrack.model_check.reach import Reach
from regtrack.model_check.values import Claim

_MULTIPLES = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 50, 64, 100, 128)


def check_grid(probe: Probe, reach: Reach) -> Claim:
    """The smallest shift by which values only move along, against the grid claimed."""
    said = probe.said
    claimed = f"{said.grid:,} bp"
    if reach.whole:
        return Claim("grid", claimed, "not measurable: outputs depend on all of the call")
    longest = probe.outputs // 2
    shifts = [d * said.bin for d in range(1, said.period // said.bin + 1)
              if said.period // said.bin % d == 0]  # fmt: skip
    shifts += [said.period * times for times in _MULTIPLES]
    # a network that is silent for some sequence reaches further than was seen
    furthest = np.maximum(reach.most, said.reached or 0)
    margins = [1 + -(-max(0, int(side)) // said.bin) for side in furthest]
    for shift in shifts:
        if shift > longest or probe.bins - sum(margins) - shift // said.bin < 1:
            return Claim("grid", claimed, "not measurable: a call has too few outputs")
        if _moves_along(probe, shift, margins):
            wrong, fix = _wrong(probe, shift)
            return Claim("grid", claimed, f"{shift:,} bp", wrong, fix)
    return Claim("grid", claimed, f"none up to {shifts[-1]:,} bp", *_wrong(probe, None))


def _moves_along(probe: Probe, shift: int, margins: Sequence[int]) -> bool:
    """Whether a shift (bp) leaves values as they are, so many bins away from the ends of calls."""
    codes = probe.draw(probe.length + shift)
    bins = shift // probe.said.bin
    here, there = probe.call(codes[:, : probe.length]), probe.call(codes[:, shift:])
    first, end = margins[0], here.shape[2] - margins[1]
    one, other = here[:, :, first + bins : end], there[:, :, first : end - bins]
    return largest(one, other) <= probe.call.rounding * size_of(here)


def _wrong(probe: Probe, found: int | None) -> tuple[str, dict[str, Any]]:
    said = probe.said
    if found is not None and found <= said.period:
        return "", {}
    if found is None:
        return (
            f"grid: values change at every shift of {said.period:,} bp that was tried; set "
            "`length`, so that calls keep to a grid of windows"
        ), {}
    grid = found if found % said.bin == 0 else math.lcm(found, said.bin)
    wrong = f"grid: values change if a call is shifted by {said.period:,} bp; set grid={grid}"
    return wrong, {"grid": grid}
