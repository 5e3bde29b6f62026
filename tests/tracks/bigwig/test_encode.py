"""Encoded stretches: invalid input, and independence of cuts and threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bigwig_tracks import pieces

from regtrack.errors import TrackError
from regtrack.tracks.bigwig import encode as module
from regtrack.tracks.bigwig.encode import Encoded, encode, encode_all


def ones(count: int) -> np.ndarray:
    return np.ones(count, dtype=np.float32)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_infinity_is_refused_by_its_base(bad: float) -> None:
    values = ones(30_000)
    values[20_000:20_010] = np.nan
    values[20_005] = bad
    with pytest.raises(TrackError, match=r"infinite value at base 200,061; "):
        encode(0, 10, values, resolution=10)


def test_infinities_that_cancel_are_refused() -> None:
    with pytest.raises(TrackError, match="base 1;"):
        encode(0, 0, np.array([np.inf, -np.inf], dtype=np.float32))


def test_a_start_off_the_grid_is_refused() -> None:
    with pytest.raises(TrackError, match=r"begin at base 15 .* multiple of 10"):
        encode(0, 15, ones(3), resolution=10)


@pytest.mark.parametrize("end", [20, 31, 0])
def test_an_end_outside_the_last_value_is_refused(end: int) -> None:
    with pytest.raises(TrackError, match=f"found the end {end}"):
        encode(0, 0, ones(3), resolution=10, end=end)


@pytest.mark.parametrize(
    ("chrom", "start", "count"), [(0, -3, 2), (0, -3, 0), (-1, 0, 2), (0, 2**32 - 2, 2)]
)
def test_coordinates_beyond_the_format_are_refused(chrom: int, start: int, count: int) -> None:
    with pytest.raises(TrackError, match=f"a bigWig cannot hold bases {start:,} to "):
        encode(chrom, start, ones(count))
    encode(0, 2**32 - 3, ones(2))


@pytest.mark.parametrize("shape", [(), (2, 3), (1, 4, 1)])
def test_values_of_other_dimensions_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(TrackError, match="; expected one dimension"):
        encode(0, 0, np.ones(shape, dtype=np.float32))
    with pytest.raises(TrackError, match="; expected one dimension"):
        list(encode_all(0, 0, np.ones(shape, dtype=np.float32)))


@pytest.mark.parametrize("threads", [0, -1])
def test_fewer_than_one_thread_is_refused(threads: int) -> None:
    with pytest.raises(TrackError, match=f"`threads` is {threads}; expected at least 1"):
        list(encode_all(0, 0, ones(3), threads=threads))


def test_no_values_give_no_blocks() -> None:
    for values in (ones(0), ones(500) * np.nan):
        stretch = encode(0, 7, values)
        assert (stretch.size, len(stretch.blocks), len(stretch.bins)) == (0, 0, 0)
        for stretch in encode_all(0, 7, values, keep_bits=7):
            assert (stretch.size, len(stretch.blocks), len(stretch.bins)) == (0, 0, 0)


def test_other_number_types_are_taken_as_float32() -> None:
    values = np.linspace(0, 1, 1000)
    assert same([encode(0, 0, values)], [encode(0, 0, values.astype(np.float32))])


@pytest.mark.parametrize("keep_bits", [7, 23])
def test_every_kind_of_array_gives_the_same_bytes(tmp_path: Path, keep_bits: int) -> None:
    plain = pieces(np.random.default_rng(0), 40_000)
    expected = list(encode_all(0, 0, plain.copy(), keep_bits=keep_bits))
    np.save(tmp_path / "values.npy", plain)
    frozen = plain.copy()
    frozen.setflags(write=False)
    kinds = [
        np.load(tmp_path / "values.npy", mmap_mode="r"),
        frozen,
        np.repeat(plain, 3)[::3],
        plain.astype(">f4"),
        np.ma.array(np.nan_to_num(plain), mask=np.isnan(plain)),
    ]
    for values in kinds:
        assert same(expected, list(encode_all(0, 0, values, keep_bits=keep_bits)))
        assert same(expected, list(encode_all(0, 0, plain, keep_bits=keep_bits)))  # unchanged


def test_masked_values_are_absent() -> None:
    values = np.ma.masked_less(np.arange(6, dtype=np.float32), 2)
    stretch = encode(0, 0, values)
    assert (stretch.bins["valid"].tolist(), stretch.bins["min"].tolist()) == ([4], [2])


def same(left: list[Encoded], right: list[Encoded]) -> bool:
    return len(left) == len(right) and all(
        b"".join(a.data) == b"".join(b.data)
        and (a.blocks == b.blocks).all()
        and (a.bins == b.bins).all()
        for a, b in zip(left, right, strict=True)
    )


@pytest.mark.parametrize("start", [0, 30, 16_384 * 30])
@pytest.mark.parametrize("resolution", [1, 10])
def test_threads_and_cuts_change_nothing(
    start: int, resolution: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STRETCH", 16_384)
    values = pieces(np.random.default_rng(start), 100_000)
    alone = list(encode_all(2, start, values, resolution=resolution))
    assert same(alone, list(encode_all(2, start, values, resolution=resolution, threads=3)))
    assert len(alone) >= 6
    # stretches after the first begin on whole bins
    assert all(s.blocks["start"][0] // resolution >= 16_384 for s in alone[1:])
    for stretch in alone:
        assert stretch.blocks["size"].sum() == stretch.size
