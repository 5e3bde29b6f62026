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


def count_reach(blocks: Sequence[Counted], *, both_strands: bool = False) -> Reach | None:
    """The reach of a chain of blocks, over every phase of its stride.

    Args:
        blocks: the chain.
        both_strands: whether an output also depends on what the blocks read of the other strand.

    Returns:
        The reach, or None if a block depends on the whole sequence.
    """
    if not all(block.bounded for block in blocks):
        return None
    phases = range(count_stride(blocks))
    spans = [needed_span(blocks, phase, both_strands=both_strands) for phase in phases]
    return Reach(
        span=max(last - first + 1 for first, last in spans),
        left=max(phase - first for phase, (first, _) in zip(phases, spans, strict=True)),
        right=max(last - phase for phase, (_, last) in zip(phases, spans, strict=True)),
    )


def needed_span(
    blocks: Sequence[Counted], position: int, *, both_strands: bool = False
) -> tuple[int, int]:
    """First and last base that the output at `position` depends on, in an endless sequence.

    Args:
        blocks: the chain.
        position: of the output.
        both_strands: whether it also depends on what the blocks read of the other strand, whose
            positions are those of this one in the opposite order, at the same multiples of the
            stride.
    """
    first = last = position
    for block in reversed(blocks):
        first, last = block.needs(first, last)
    if not both_strands:
        return first, last
    mirror = count_stride(blocks) - 1  # where the other strand's position 0 is
    low, high = needed_span(blocks, mirror - position)
    return min(first, mirror - high), max(last, mirror - low)
