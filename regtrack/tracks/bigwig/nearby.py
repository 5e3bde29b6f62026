"""Where the blocks of one stretch lie, found with the least work: for a picture of many files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from regtrack.tracks.bigwig.layout import (
    BRANCH,
    INDEX_HEADER,
    INDEX_MAGIC,
    LAST_BASE,
    LEAF,
    NODE_HEADER,
    SLOTS_PER_NODE,
)
from regtrack.tracks.bigwig.source import Source

_NODE = NODE_HEADER.size + SLOTS_PER_NODE * LEAF.itemsize
_MOST_NODES, _MOST_BLOCKS = 32, 256  # near a stretch; of files with more, all is checked


class Place(NamedTuple):
    """A block near a stretch of a chromosome.

    Attributes:
        start: first base of the chromosome that it spans (bp).
        end: one past the last one (bp).
        at: its offset (bytes).
        size: its size (bytes).
        alone: whether all of its values are on this chromosome.
    """

    start: int
    end: int
    at: int
    size: int
    alone: bool

    @classmethod
    def of(cls, number: int, leaf: Sequence[int]) -> Place:
        """The place of a leaf, given the chromosome's number and the fields of `layout.LEAF`."""
        first, start, last, end, at, size = leaf
        low, high = start if first == number else 0, end if last == number else LAST_BASE
        return cls(low, high, at, size, first == number == last)


def near_blocks(
    source: Source, at: int, what: str, number: int, stretch: tuple[int, int]
) -> list[Place] | None:
    """The blocks that may have values in a stretch of a chromosome, in order.

    Args:
        source: the file.
        at: offset of the index (bytes).
        what: the index's name, for messages.
        number: the chromosome's number in the file.
        stretch: its first base, and one past the last one (bp).

    Returns:
        None where the index is not as most are, and is to be read by `trees.search_index`, which
        checks all of it and says what is wrong.

    Raises:
        TrackError: the file ends before, or cannot be read.
    """
    if source.big_endian:
        return None
    found: list[Place] = []
    pending = [at + INDEX_HEADER.size]
    head = INDEX_HEADER.size  # the root follows the header, and is read with it
    for _ in range(_MOST_NODES):
        node = pending.pop() - head
        data = source.read(node, max(min(head + _NODE, source.size - node), 0), what)
        if head and INDEX_HEADER.unpack_from(data)[0] != INDEX_MAGIC:
            return None
        leaf, _, count = NODE_HEADER.unpack_from(data, head)
        item, first = LEAF if leaf else BRANCH, head + NODE_HEADER.size
        if leaf > 1 or not 0 < count * item.itemsize <= len(data) - first:
            return None
        words = np.frombuffer(data, "<u4", count * item.itemsize // 4, first).reshape(count, -1)
        chosen = _near(words, number, *stretch)
        if leaf:
            for *span, at_low, at_high, size, size_high in words[chosen].tolist():
                where = at_low | at_high << 32, size | size_high << 32
                found.append(Place.of(number, (*span, *where)))
        else:
            pending += [row[4] | row[5] << 32 for row in words[chosen[::-1]].tolist()]
        head = 0
        if not pending:
            return found if len(found) <= _MOST_BLOCKS and _in_order(found) else None
    return None


def _near(
    words: np.typing.NDArray[np.uint32], number: int, start: int, end: int
) -> np.typing.NDArray[np.int64]:
    """The rows (n, words) of items near a stretch."""
    near = (words[:, 1] < end) & (words[:, 3] > start)
    if not words[0, 0] == number == words[-1, 2]:  # not all are of this chromosome
        begun = (words[:, 0] < number) | ((words[:, 0] == number) & (words[:, 1] < end))
        near = begun & ((words[:, 2] > number) | ((words[:, 2] == number) & (words[:, 3] > start)))
    return near.nonzero()[0]


def _in_order(found: list[Place]) -> bool:
    """Whether blocks neither overlap nor share bytes, as in any sound file."""
    return all(
        one.end <= other.start and one.at + one.size <= other.at for one, other in pairwise(found)
    )
