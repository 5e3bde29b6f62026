"""Wide columns along a chromosome: which there are, and what is kept of their values."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, strategies as st

from regtrack.compare.wide_columns import WideColumns, wide_pieces, wide_steps
from regtrack.tracks.summaries import Grid


@given(st.integers(1, 500_000_000), st.integers(0, 500_000_000))
def test_pieces_cover_the_chromosome_once_in_every_width(length: int, at: int) -> None:
    steps, pieces = wide_steps(length, 128), wide_pieces("chr1", length, 128, at)
    assert steps == sorted(steps, reverse=True)
    assert steps[0] * 1_000 >= length
    assert steps[-1] == 128 or steps[-1] * 32_768 < 4 * length
    assert all(wider // step <= 4 for wider, step in pairwise(steps))
    assert list(dict.fromkeys(piece.step for piece in pieces)) == steps
    for step in steps:
        of_step = sorted((one.start, one.end) for one in pieces if one.step == step)
        edges = [0, *(end for _, end in of_step)]
        assert [start for start, _ in of_step] == edges[:-1]
        assert length <= edges[-1] < length + step
        nearest = next(one for one in pieces if one.step == step)
        assert at >= length or nearest.start - 4_096 * step <= at < nearest.end + 4_096 * step


def test_values_are_kept_to_four_thousandths_whatever_their_size() -> None:
    random = np.random.default_rng(0)
    values = (10.0 ** random.uniform(-37, 38, (3, 500))).astype(np.float32)
    values *= random.choice(np.array([-1, 1], dtype=np.float32), values.shape)
    values[0, :4] = 0, np.nan, np.inf, -np.inf
    columns, grid = WideColumns(1 << 20), Grid("chr1", 4_096, 2_048, 500)
    columns.put("a", grid, values)
    inner = Grid("chr1", 6_144, 2_048, 100)
    assert columns.has("a", inner)
    assert not columns.has("b", inner)
    assert not columns.has("a", Grid("chr1", 0, 2_048, 100))
    assert not columns.has("a", Grid("chr2", 6_144, 2_048, 100))
    for wanted, expected in ((grid, values), (inner, values[:, 1:101])):
        found = np.empty(expected.shape, dtype=np.float32)
        columns.fill("a", wanted, found)
        np.testing.assert_allclose(found, expected, rtol=2**-8)
