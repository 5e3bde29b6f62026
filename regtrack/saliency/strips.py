"""Which bases go through the model together, so that chosen outputs see all that they need.

The gradient of a sum of outputs is the sum of their gradients, so outputs are taken a stretch at a
time and what they give to a base is added up. A stretch is read with one flank on each side, which
holds all that its outputs depend on; where a chromosome ends the read ends, so that padding falls
where it falls in one pass. However many outputs there are, memory holds one stretch.

A Bi-LSTM sees all it is given: its outputs and the bases shown are read in one piece, with the
flank of the sweep.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch

from regtrack.errors import PlanError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.genome.sequence import Codes
from regtrack.models.network import TrackModel
from regtrack.sweep.plan import Strip, choose_flank

# bp of outputs at once; more is no faster, and a backward pass keeps every layer's activations
AT_ONCE = {"cpu": 100_000, "other": 500_000}


class Source(Protocol):
    """Where bases are read: a `Reference` or a `Dataset`."""

    @property
    def assembly(self) -> Assembly:
        """Names and lengths of the chromosomes."""

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """The bases of [start, end), shape (end - start,)."""


def at_once(device: torch.device) -> int:
    """The bp of outputs that go through the model together on a device."""
    return AT_ONCE.get(device.type, AT_ONCE["other"])


def strips_of(
    model: TrackModel, interval: Interval, outputs: Intervals, *, length: int, size: int
) -> Iterator[Strip]:
    """The stretches of outputs that reach an interval, each with what they depend on.

    Args:
        model: whose stride and flank decide what is read.
        interval: the bases that are shown.
        outputs: on the same chromosome.
        length: bp of the chromosome.
        size: bp of outputs in a stretch at most.

    Raises:
        PlanError: a Bi-LSTM, and more bases than go through at once.
    """
    flank = choose_flank("auto", needed=model.flank, stride=model.stride)
    if model.flank is None:
        yield from _one_piece(model, interval, outputs, length=length, size=size)
        return
    # an output further away than the flank has no gradient here
    reaching = outputs.clip(interval.start - flank, interval.end + flank)
    for start, end in _groups(reaching, size):
        yield _strip(interval.chrom, start, end, flank=flank, stride=model.stride, length=length)


def _one_piece(
    model: TrackModel, interval: Interval, outputs: Intervals, *, length: int, size: int
) -> Iterator[Strip]:
    if not outputs:
        return
    start = min(interval.start, int(outputs.starts[0]))
    end = max(interval.end, int(outputs.ends[-1]))
    if end - start > size:
        raise PlanError(
            f"{end - start:,} bp from the first to the last base; a Bi-LSTM depends on all it is "
            f"given and takes at most {size:,} bp here: choose a smaller region"
        )
    flank = choose_flank("auto", needed=None, stride=model.stride)
    yield _strip(interval.chrom, start, end, flank=flank, stride=model.stride, length=length)


def _groups(outputs: Intervals, size: int) -> Iterator[tuple[int, int]]:
    """Stretches of at most `size` bp that begin and end with an output and hold all of them."""
    starts, ends, at = outputs.starts, outputs.ends, 0
    while len(starts) and at < ends[-1]:
        run = int(np.searchsorted(ends, at, side="right"))
        first = max(at, int(starts[run]))
        last = int(np.searchsorted(starts, first + size)) - 1
        at = min(int(ends[last]), first + size)
        yield first, at


def _strip(chrom: str, start: int, end: int, *, flank: int, stride: int, length: int) -> Strip:
    first = start // stride * stride  # the network's positions lie on multiples of its stride
    return Strip(chrom, start, end, max(0, first - flank), min(length, end + flank))
