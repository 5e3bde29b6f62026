"""Chunks: the independent parts of a sweep, each of which ends in a shard file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from regtrack.errors import PlanError
from regtrack.tracks.bigwig.bins import first_reduction

CHUNK = 2_000_000  # bp: a second or two of work on a CPU, which is what an interruption costs
VALUES = 1 << 26  # the most values of a chunk, over all markers: its shard is made in memory


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of one chromosome (bp, half-open).

    Attributes:
        number: its place in the sweep, in the order of the output.
        chrom: the chromosome.
        start, end: the windows that lie in it; not all of their bases need be asked for.
        bases: bases that are asked for, N among them.
    """

    number: int
    chrom: str
    start: int
    end: int
    bases: int


def choose_chunk(*, window: int, batch_size: int, markers: int, resolution: int) -> int:
    """Length of a chunk (bp): whole batches, and whole bins of the first zoom level if they fit.

    >>> choose_chunk(window=25_000, batch_size=10, markers=8, resolution=1)
    2000000
    >>> choose_chunk(window=25_000, batch_size=5, markers=919, resolution=1)
    125000
    """
    batch = window * batch_size
    wanted = min(CHUNK, VALUES // max(markers, 1))
    whole = math.lcm(batch, first_reduction(resolution))
    step = whole if whole <= wanted else batch
    return step * max(1, wanted // step)


def choose_share(chunks: Sequence[Chunk], share: str | None) -> tuple[Chunk, ...]:
    """The chunks of `3/16`, the third of 16 shares; all where None.

    Shares are dealt out in turn, so that each has its part of every chromosome.

    Raises:
        PlanError: no such share.
    """
    if share is None:
        return tuple(chunks)
    part, _, parts = share.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise PlanError(f'shard "{share}"; expected I/N with I from 1 to N, such as 3/16')
    return tuple(chunks[int(part) - 1 :: int(parts)])
