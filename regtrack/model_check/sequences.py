"""The sequences that a network is called with: random ones, and stretches of a reference."""

from __future__ import annotations

import numpy as np

from regtrack.errors import FastaError
from regtrack.genome.sequence import Codes, N
from regtrack.genome.source import Source

_TRIES = 500


def draw(count: int, length: int, source: Source | None, generator: np.random.Generator) -> Codes:
    """Sequences without N, uint8 (count, length): random, or every other one from a reference.

    Raises:
        FastaError: the reference has no such stretch without N.
    """
    found = generator.integers(0, 4, (count, length), dtype=np.uint8)
    if source is not None:
        for row in range(0, count, 2):
            found[row] = _stretch(source, length, generator)
    return found


def _stretch(source: Source, length: int, generator: np.random.Generator) -> Codes:
    """A stretch of a reference without N, uint8 (length,)."""
    names = source.assembly.names
    spare = np.maximum(0, np.array(source.assembly.lengths) - length + 1)
    for _ in range(_TRIES if spare.any() else 0):
        chrom = generator.choice(len(names), p=spare / spare.sum())
        start = int(generator.integers(spare[chrom]))
        codes = source.codes(names[chrom], start, start + length)
        if (codes != N).all():
            return codes
    raise FastaError(
        f"the reference has no stretch of {length:,} bp without N, as far as was looked; omit "
        "`reference`, or choose a smaller `window` if the network takes any length"
    )


def mutated(codes: Codes, where: slice, generator: np.random.Generator) -> Codes:
    """A copy of codes, uint8 (B, L), in which every base of a stretch is another one."""
    found = codes.copy()
    part = found[:, where]
    found[:, where] = (part + generator.integers(1, 4, part.shape, dtype=np.uint8)) % 4
    return found
