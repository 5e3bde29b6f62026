"""The exact receptive field of a chain of blocks, counted from what each block reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Counted(Protocol):
    """What a block declares about its positions.

    Attributes:
        stride: input positions that one output position steps over.
        factor: output positions per input position.
        bounded: whether an output depends on a limited span of inputs.
    """

    stride: int
    factor: int
    bounded: bool

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """The first and last input position on which outputs first..last depend."""


@dataclass(frozen=True)
class Reach:
    """How far a network sees, in bp.

    Attributes:
        span: largest span that one output depends on, both ends included.
        left: largest distance to the left of an output that it depends on.
        right: largest distance to the right of an output that it depends on.
    """

    span: int
    left: int
    right: int


def count_stride(blocks: Sequence[Counted]) -> int:
    """The network's stride: its positions repeat at multiples of this many bp.

    Raises:
        ValueError: the blocks do not return to single bases.
    """
    scale, scales = 1, [1]
    for block in blocks:
        scale = scale * block.stride // block.factor
        scales.append(scale)
    if scale != 1:
        raise ValueError(f"the blocks end at {scale} bp per position, not at 1")
    return math.lcm(*scales)


def count_reach(blocks: Sequence[Counted]) -> Reach | None:
    """The reach of a chain of blocks, over every phase of its stride.

    Returns:
        The reach, or None if a block depends on the whole sequence.
    """
    if not all(block.bounded for block in blocks):
        return None
    phases = range(count_stride(blocks))
    spans = [needed_span(blocks, phase) for phase in phases]
    return Reach(
        span=max(last - first + 1 for first, last in spans),
        left=max(phase - first for phase, (first, _) in zip(phases, spans, strict=True)),
        right=max(last - phase for phase, (_, last) in zip(phases, spans, strict=True)),
    )


def needed_span(blocks: Sequence[Counted], position: int) -> tuple[int, int]:
    """First and last base that the output at `position` depends on, in an endless sequence."""
    first = last = position
    for block in reversed(blocks):
        first, last = block.needs(first, last)
    return first, last
