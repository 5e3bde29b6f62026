"""Which bases go through the model at once, so that selected outputs see everything they need.

The gradient of a sum of outputs is the sum of their gradients, so outputs are taken one stretch at
a time, and what they contribute to a base is added up. `regtrack.predict.reading` says how a
stretch is read. However many outputs there are, memory holds one stretch.

An output of a Bi-LSTM, or of another unbounded network, depends on everything that is read: its
outputs and the bases shown are read in one piece.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from regtrack.errors import SaliencyError
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.predict.network import ReadRequirements, traits_of
from regtrack.predict.reading import ReadRule, Strip

# bp of outputs at once; more is not faster, and a backward pass keeps every layer's activations
AT_ONCE = {"cpu": 100_000, "other": 500_000}


def at_once(device: torch.device) -> int:
    """The bp of outputs that go through the model at once on a device."""
    return AT_ONCE.get(device.type, AT_ONCE["other"])


def strips_of(
    model: ReadRequirements, interval: Interval, outputs: Intervals, *, length: int, size: int
) -> Iterator[Strip]:
    """The stretches of outputs that reach an interval, each with what they depend on.

    Args:
        model: its stride and flank determine what is read.
        interval: the bases shown.
        outputs: on the same chromosome.
        length: bp of the chromosome.
        size: maximum bp of outputs in a stretch.

    Raises:
        SaliencyError: an unbounded network, and more bases than go through at once.
    """
    rule = ReadRule.of(model)
    if model.flank is None:
        yield from _one_piece(rule, interval, outputs, length=length, size=size)
        return
    # an output further away has no gradient here
    beyond = rule.flank + rule.crop + (rule.stride if rule.whole else 0)
    size_of_bin = traits_of(model).bin
    low = (interval.start - beyond) // size_of_bin * size_of_bin  # no bin is cut
    reaching = outputs.clip(low, interval.end + beyond)
    for start, end in _groups(reaching, size):
        yield rule.strip(interval.chrom, start, end, length=length)


def _one_piece(
    rule: ReadRule, interval: Interval, outputs: Intervals, *, length: int, size: int
) -> Iterator[Strip]:
    if not outputs:
        return
    start = min(interval.start, int(outputs.starts[0]))
    end = max(interval.end, int(outputs.ends[-1]))
    if end - start > size:
        raise SaliencyError(
            f"{end - start:,} bp from the first to the last base; an unbounded network, such as a "
            f"Bi-LSTM, depends on everything it is given and accepts at most {size:,} bp here: "
            "choose a smaller region"
        )
    yield rule.strip(interval.chrom, start, end, length=length)


def _groups(outputs: Intervals, size: int) -> Iterator[tuple[int, int]]:
    """Stretches of at most `size` bp that begin and end with an output and cover all of them."""
    starts, ends, at = outputs.starts, outputs.ends, 0
    while len(starts) and at < ends[-1]:
        run = int(np.searchsorted(ends, at, side="right"))
        first = max(at, int(starts[run]))
        last = int(np.searchsorted(starts, first + size)) - 1
        at = min(int(ends[last]), first + size)
        yield first, at
