"""The transcripts of genes: their exons, and from where to where they code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from regtrack.genome.intervals import Positions


@dataclass(frozen=True, eq=False)
class Transcripts:
    """The transcripts of a chromosome's genes, by gene; the one to draw for it comes first.

    Attributes:
        first: index of each gene's first transcript, plus their number, int64 (G + 1,).
        coding: where each begins and ceases to code (bp), int64 (T, 2); two equal numbers if it
            does not code.
        first_exon: index of each transcript's first exon, plus the number of exons, int64 (T + 1,).
        exon_starts, exon_ends: of all, ascending within a transcript (bp), int64 (E,).
    """

    first: Positions
    coding: Positions
    first_exon: Positions
    exon_starts: Positions
    exon_ends: Positions

    @cached_property
    def starts(self) -> Positions:
        """First base of each transcript (bp), int64 (T,)."""
        return self.exon_starts[self.first_exon[:-1]]

    @cached_property
    def ends(self) -> Positions:
        """One past the last base of each transcript (bp), int64 (T,)."""
        if not len(self.exon_ends):
            return self.exon_ends
        return np.maximum.reduceat(self.exon_ends, self.first_exon[:-1])

    def exons_of(self, transcripts: Positions) -> tuple[Positions, Positions, Positions]:
        """The exons of some transcripts, int64 (n,).

        Returns:
            Starts and ends (bp), and the index among `transcripts` of each exon's own, int64 (E,).
        """
        exons, owners = slices(self.first_exon, transcripts)
        return self.exon_starts[exons], self.exon_ends[exons], owners


def slices(first: Positions, chosen: Positions) -> tuple[Positions, Positions]:
    """The parts of chosen wholes, one whole after another.

    Args:
        first: index of each whole's first part, plus the number of parts, int64 (wholes + 1,).
        chosen: indices of wholes, int64 (n,).

    Returns:
        Indices of the parts, and the index among `chosen` of each part's whole, int64 (parts,).

    >>> parts, owners = slices(np.array([0, 2, 3, 6]), np.array([2, 0]))
    >>> parts.tolist(), owners.tolist()
    ([3, 4, 5, 0, 1], [0, 0, 0, 1, 1])
    """
    counts = first[chosen + 1] - first[chosen]
    owners = np.repeat(np.arange(len(chosen)), counts)
    nth = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    return first[chosen][owners] + nth, owners
