"""Our Huffman codes checked against a textbook's algorithm."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from regtrack.tracks.bigwig.deflate.huffman import code_lengths


def huffman(counts: list[int]) -> int:
    """Total bits of all symbols in the textbook's code."""
    heap, total = sorted(counts), 0
    while len(heap) > 1:
        least = heapq.heappop(heap) + heapq.heappop(heap)
        total += least
        heapq.heappush(heap, least)
    return total


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 60_000), min_size=2, max_size=288).filter(
        lambda counts: sum(count > 0 for count in counts) > 1
    )
)
def test_codes_are_complete_and_optimal(counts: list[int]) -> None:
    lengths = np.empty(len(counts), np.int64)
    code_lengths(np.array(counts), 15, lengths)
    used = np.array(counts) > 0
    assert ((lengths > 0) == used).all()
    assert (2.0 ** -lengths[used]).sum() == 1
    best = huffman([count for count in counts if count])
    assert (lengths * counts).sum() >= best
    if lengths.max() < 15:
        assert (lengths * counts).sum() == best


@pytest.mark.parametrize("limit", [5, 7, 15])
def test_codes_keep_their_limit(limit: int) -> None:
    counts = np.ones(30, np.int64)
    for i in range(2, 30):
        counts[i] = counts[i - 1] + counts[i - 2]  # Fibonacci numbers give the longest codes
    lengths = np.empty(30, np.int64)
    code_lengths(counts, limit, lengths)
    assert lengths.max() == limit
    assert (2.0**-lengths).sum() == 1
    assert (np.diff(lengths) <= 0).all()
