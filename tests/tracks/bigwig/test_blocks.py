"""Which form a block takes, and that it is the smaller."""

from __future__ import annotations

import zlib
from itertools import groupby

import numpy as np
import pytest
from bigwig_tracks import pieces
from hypothesis import given, settings, strategies as st

from regtrack.tracks.bigwig import blocks
from regtrack.tracks.bigwig.blocks import Block, Grid, equal_runs, make_blocks, pack
from regtrack.tracks.bigwig.layout import BED_GRAPH, BLOCK_HEADER, FIXED_STEP


def kind(block: Block) -> int:
    return int(np.frombuffer(zlib.decompress(b"".join(block.packed)), BLOCK_HEADER, 1)["kind"][0])


def made(values: np.ndarray, resolution: int = 1, end: int | None = None) -> list[Block]:
    stop = 1000 + len(values) * resolution
    return make_blocks(Grid(0, 1000, resolution, stop if end is None else end), values)


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


def repetitive(seed: int) -> bytes:
    """Noise of 1 kB in which the first seven bytes recur."""
    data = np.random.default_rng(seed).integers(0, 256, 1_024, dtype=np.uint8)
    data.reshape(16, 64)[:, :7] = data[:7]
    return data.tobytes()


def test_packed_bytes_do_not_depend_on_where_the_compressor_lies() -> None:
    # in one piece, or after a head of 3 or 24 bytes, about one in ten thousand differs
    inputs = [repetitive(seed) for seed in range(8)]
    expected = [pack(data) for data in inputs]
    fillers = []  # never touched, so that they cost addresses and no memory
    for number in range(40_000):
        fillers.append(np.empty(80_000, dtype=np.uint8))
        assert pack(inputs[number % 8]) == expected[number % 8]


@pytest.mark.parametrize("size", [24, 32, 36, 100, 16_384, 65_560, 100_000])
def test_packed_bytes_are_one_zlib_stream(size: int) -> None:
    for data in (bytes(size), np.random.default_rng(size).bytes(size)):
        stream = zlib.decompressobj()
        assert stream.decompress(b"".join(pack(data))) == data
        assert stream.eof
        assert not stream.unused_data


def test_zero_and_minus_zero_are_two_values() -> None:
    lefts, _ = equal_runs(np.array([0.0, -0.0, 0.0], dtype=np.float32))
    assert lefts.tolist() == [0, 1, 2]


def test_noise_is_fixed_step_and_constants_are_bed_graph() -> None:
    rng = np.random.default_rng(0)
    assert [kind(b) for b in made(rng.random(16_384, dtype=np.float32))] == [FIXED_STEP]
    assert [kind(b) for b in made(np.full(16_384, 0.25, dtype=np.float32))] == [BED_GRAPH]


def test_many_gaps_are_one_bed_graph_and_few_are_fixed_steps() -> None:
    values = np.random.default_rng(0).random(16_384, dtype=np.float32)
    few = values.copy()
    few[[3000, 9000]] = np.nan
    assert [kind(b) for b in made(few)] == [FIXED_STEP] * 3
    values[::2] = np.nan
    assert [kind(b) for b in made(values)] == [BED_GRAPH]


@pytest.mark.parametrize("run", [2, 8, 24, 32, 48, 64, 96, 128, 500])
def test_the_form_taken_is_never_the_larger(run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(run)
    values = np.repeat(rng.random(16_384 // run + 1, dtype=np.float32), run)[:16_384]
    taken = made(values)
    sizes = []
    for form in (10**9, 0):  # runs never, and always, long enough
        monkeypatch.setattr(blocks, "_SHORTEST_RUNS", form)
        sizes.append(sum(b.size for b in made(values)))
    assert sum(b.size for b in taken) <= min(sizes) * 1.01


def test_a_short_last_value_has_its_own_block() -> None:
    values = np.random.default_rng(0).random(100, dtype=np.float32)
    first, last = made(values, resolution=10, end=1993)
    assert (first.start, first.end, last.start, last.end) == (1000, 1990, 1990, 1993)
    assert [kind(first), kind(last)] == [FIXED_STEP, BED_GRAPH]


def test_nothing_present_is_no_block() -> None:
    assert made(np.full(50, np.nan, dtype=np.float32)) == []
