"""The format of a block, and that it is the smaller one."""

from __future__ import annotations

import zlib
from itertools import groupby

import numpy as np
import pytest
from bigwig_tracks import pieces
from hypothesis import given, settings, strategies as st

from regtrack.tracks.bigwig import blocks
from regtrack.tracks.bigwig.blocks import Blocks, equal_runs, make_blocks
from regtrack.tracks.bigwig.layout import BED_GRAPH, BLOCK_HEADER, FIXED_STEP
from regtrack.tracks.bigwig.places import Places


def kinds(blocks: Blocks) -> list[int]:
    """The type of each block, after comparing its span and size with its entry."""
    data, found = blocks.data.tobytes(), []
    for chrom, start, end, size in blocks.entries.tolist():
        unpacked = zlib.decompress(data[:size])
        head = np.frombuffer(unpacked, BLOCK_HEADER, 1)[0]
        assert (head["chrom"], head["start"], head["end"]) == (chrom, start, end)
        assert len(unpacked) <= blocks.largest
        found.append(int(head["kind"]))
        data = data[size:]
    assert not data
    return found


def made(values: np.ndarray, resolution: int = 1, end: int | None = None) -> Blocks:
    stop = 1000 + len(values) * resolution
    return make_blocks(Places.one(0, 1000, stop if end is None else end, resolution), values)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 600))
def test_runs_are_those_of_groupby(seed: int, count: int) -> None:
    values = pieces(np.random.default_rng(seed), count)
    expected, at = [], 0
    for bits, group in groupby(values.view(np.uint32).tolist()):
        size = len(list(group))
        if not np.isnan(np.uint32(bits).view(np.float32)):
            expected.append((at, at + size))
        at += size
    lefts, rights = equal_runs(values)
    assert list(zip(lefts.tolist(), rights.tolist(), strict=True)) == expected


def test_zero_and_minus_zero_differ() -> None:
    lefts, _ = equal_runs(np.array([0.0, -0.0, 0.0], dtype=np.float32))
    assert lefts.tolist() == [0, 1, 2]


def test_noise_is_fixed_step_and_constants_are_bed_graph() -> None:
    rng = np.random.default_rng(0)
    assert kinds(made(rng.random(16_384, dtype=np.float32))) == [FIXED_STEP]
    assert kinds(made(np.full(16_384, 0.25, dtype=np.float32))) == [BED_GRAPH]


def test_many_gaps_are_one_bed_graph_and_few_are_fixed_steps() -> None:
    values = np.random.default_rng(0).random(16_384, dtype=np.float32)
    few = values.copy()
    few[[3000, 9000]] = np.nan
    assert kinds(made(few)) == [FIXED_STEP] * 3
    values[::2] = np.nan
    assert kinds(made(values)) == [BED_GRAPH]


@pytest.mark.parametrize("run", [2, 3, 8, 24, 32, 48, 64, 96, 128, 500])
def test_the_chosen_format_is_never_the_larger(run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(run)
    values = np.repeat(rng.random(16_384 // run + 1, dtype=np.float32), run)[:16_384]
    taken = made(values)
    sizes = []
    for form in (10**9, 0):  # bedGraph is never, and always, tried
        monkeypatch.setattr(blocks, "_SHORTEST_RUNS", form)
        sizes.append(made(values).cost)
    assert taken.cost <= min(sizes) * 1.01


def test_a_short_last_value_has_a_separate_block() -> None:
    values = np.random.default_rng(0).random(100, dtype=np.float32)
    blocks = made(values, resolution=10, end=1993)
    assert blocks.entries[["start", "end"]].tolist() == [(1000, 1990), (1990, 1993)]
    assert kinds(blocks) == [FIXED_STEP, BED_GRAPH]
    alone = made(values[:1], resolution=10, end=1003)
    assert alone.entries[["start", "end"]].tolist() == [(1000, 1003)]
    assert kinds(alone) == [BED_GRAPH]


def test_absent_values_give_no_blocks() -> None:
    assert len(made(np.full(50, np.nan, dtype=np.float32)).entries) == 0
