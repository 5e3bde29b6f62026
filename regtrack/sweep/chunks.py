"""Chunks: the independent parts of a sweep; each becomes one shard file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from regtrack.errors import PlanError, invalid
from regtrack.tracks.bigwig.bins import first_reduction

CHUNK = 2_000_000  # bp; a second or two of work on a CPU, which is all that an interruption loses
VALUES = 1 << 26  # most values per chunk, over all markers: a shard is built in memory


@dataclass(frozen=True, slots=True)
class Chunk:
    """An interval of one chromosome (bp, half-open).

    Attributes:
        number: its index in the sweep, in output order.
        chrom: the chromosome.
        start, end: bounds of its windows (bp); not all of their bases need to be requested.
        bases: requested bases, including N (bp).
    """

    number: int
    chrom: str
    start: int
    end: int
    bases: int


def choose_chunk(*, window: int, batch_size: int, markers: int, resolution: int) -> int:
    """Length of a chunk (bp): complete batches, and complete bins of zoom level 1 if they fit.

    >>> choose_chunk(window=25_000, batch_size=10, markers=8, resolution=1)
    2000000
    >>> choose_chunk(window=25_000, batch_size=5, markers=919, resolution=1)
    125000
    """
    batch = window * batch_size
    longest = min(CHUNK, VALUES // max(markers, 1))
    aligned = math.lcm(batch, first_reduction(resolution))
    step = aligned if aligned <= longest else batch
    return step * max(1, longest // step)


def choose_share(chunks: Sequence[Chunk], share: str | None) -> tuple[Chunk, ...]:
    """The chunks of one share, such as `3/16`, the third of 16; None: all chunks.

    Chunks are assigned to shares in turn, so that each share gets a part of every chromosome.

    Raises:
        PlanError: an invalid share.
    """
    if share is None:
        return tuple(chunks)
    part, _, parts = share.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise PlanError(invalid("shard", share, "I/N with I from 1 to N, such as 3/16"))
    return tuple(chunks[int(part) - 1 :: int(parts)])
