"""Our deflate checked with two independent readers of its streams."""

from __future__ import annotations

import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from isal import isal_zlib

from regtrack.tracks.bigwig.deflate.compress import compress
from regtrack.tracks.bigwig.deflate.streams import deflate
from regtrack.tracks.bigwig.encode import encode
from regtrack.tracks.bigwig.rounding import round_mantissa

KINDS = ["noise", "few", "bytes", "runs", "smooth", "rounded", "records", "zeros", "skewed"]


def words(kind: str, count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if kind in {"smooth", "rounded"}:
        sums = np.concatenate([[0], rng.normal(size=count + 63).cumsum()])
        values = (1 / (1 + np.exp(3 - (sums[64:] - sums[:-64]) / 8))).astype(np.float32)
        round_mantissa(values, 7 if kind == "rounded" else 23)
        return values.view(np.uint32)
    if kind == "records":
        fields = [np.arange(count) * 10, np.arange(count) * 10 + 10, rng.integers(0, 4, count)]
        return np.stack(fields, axis=1).astype(np.uint32).ravel()[:count]
    made = {
        "noise": rng.integers(0, 2**32, count),
        "few": rng.choice(rng.integers(0, 2**32, 5), count),
        "bytes": rng.integers(0, 3, count) << (8 * rng.integers(0, 4, count)),
        "runs": np.repeat(rng.integers(0, 2**32, count // 90 + 1), 90)[:count],
        "zeros": np.zeros(count),
        "skewed": rng.geometric(0.3, count).clip(0, 255) * 0x01010101,
    }[kind]
    return made.astype(np.uint32)


def streams(data: np.ndarray, sizes: np.ndarray) -> list[bytes]:
    ends = np.cumsum(sizes)
    assert ends[-1] == len(data)
    return [data[end - size : end].tobytes() for size, end in zip(sizes, ends, strict=True)]


def unpacked(stream: bytes) -> bytes:
    """Decompressed by zlib, completely and with no bytes left over; ISA-L must give the same."""
    reader = zlib.decompressobj()
    data = reader.decompress(stream)
    assert reader.eof
    assert not reader.unused_data
    assert isal_zlib.decompress(stream) == data
    return data


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(KINDS), st.integers(1, 3_000), st.integers(0, 2**32 - 1),
    st.integers(0, 8), st.integers(0, 9), st.data(),
)  # fmt: skip
def test_packed_words_round_trip(  # noqa: PLR0917
    kind: str, count: int, seed: int, ahead: int, record: int, data: st.DataObject
) -> None:
    values = words(kind, count, seed)
    places = data.draw(st.lists(st.integers(0, count), max_size=6))
    cuts = sorted({0, count, *places})
    lefts, rights = cuts[:-1], cuts[1:]
    heads = words("noise", len(lefts) * ahead, seed + 1).reshape(len(lefts), ahead)
    found = streams(*deflate(values, lefts, rights, heads, record=record))
    for left, right, head, stream in zip(lefts, rights, heads, found, strict=True):
        assert unpacked(stream) == head.tobytes() + values[left:right].tobytes()


@pytest.mark.parametrize("record", [0, 1, 3, 8])
@pytest.mark.parametrize("kind", KINDS)
def test_long_pieces_round_trip(kind: str, record: int) -> None:
    # longer than a stored block, and than the farthest distance of a repeat
    values = words(kind, 40_000)
    (stream,) = streams(*deflate(values, [0], [len(values)], record=record))
    assert unpacked(stream) == values.tobytes()


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16_383, 16_384, 32_766, 50_000])
def test_no_stream_is_larger_than_a_stored_one(count: int) -> None:
    values = words("noise", count)
    (size,) = deflate(values, [0], [count]).sizes
    assert size <= 4 * count + 5 * (1 + count // 16_383) + 6


def block_kind(stream: bytes) -> int:
    return stream[2] >> 1 & 3


@pytest.mark.parametrize(
    ("kind", "count", "expected"), [("noise", 999, 0), ("noise", 1, 1), ("rounded", 9999, 2)]
)
def test_the_smallest_of_three_block_types_is_used(kind: str, count: int, expected: int) -> None:
    (stream,) = streams(*deflate(words(kind, count), [0], [count]))
    assert block_kind(stream) == expected


@pytest.mark.parametrize(("keep_bits", "at_most"), [(5, 0.95), (7, 0.95), (10, 1.0), (23, 1.01)])
def test_numbers_are_packed_smaller_than_by_quick_general_compressors(
    keep_bits: int, at_most: float
) -> None:
    values = words("smooth", 1 << 17).view(np.float32).copy()
    round_mantissa(values, keep_bits)
    lefts = np.arange(0, len(values), 16_384)
    ours = deflate(values.view(np.uint32), lefts, lefts + 16_384).sizes.sum()
    blocks = [values[left : left + 16_384].tobytes() for left in lefts]
    theirs = min(
        sum(len(zlib.compress(block, 1)) for block in blocks),
        sum(len(isal_zlib.compress(block, 1)) for block in blocks),
    )
    assert ours <= at_most * theirs


def test_no_pieces_give_no_streams() -> None:
    packed = deflate(np.zeros(4, np.uint32), [], [])
    assert (len(packed.data), len(packed.sizes)) == (0, 0)


def test_the_kernels_are_compiled_once() -> None:
    values = words("smooth", 5 * 16_384).view(np.float32).copy()
    values[40_000:40_100] = np.nan
    values[70_000:80_000] = 0.5
    for start in (0, 7):  # plain cells and others, single and consecutive, and bedGraph
        encode(0, start, values)
    encode(0, 0, np.repeat(values, 2)[::2])
    assert len(compress.signatures) == 1  # type: ignore[attr-defined]


def test_records_are_smaller_if_their_length_is_known() -> None:
    values = words("records", 30_000)
    assert len(deflate(values, [0], [30_000], record=3).data) * 2 < len(
        deflate(values, [0], [30_000]).data
    )


def test_the_checksum_is_that_of_zlib() -> None:
    values = np.full(70_000, 2**32 - 1, np.uint32)
    (stream,) = streams(*deflate(values, [0], [70_000]))
    assert stream[-4:] == zlib.adler32(values.tobytes()).to_bytes(4, "big")


def digest(kind: str) -> str:
    lefts = np.arange(0, 100_000, 10_000)
    packed = deflate(words(kind, 100_000), lefts, lefts + 10_000, record=3 * (kind == "records"))
    return hashlib.sha256(packed.data).hexdigest()[:16]


def test_bytes_do_not_depend_on_threads_or_neighbours() -> None:
    expected = [digest(kind) for kind in KINDS]
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: [digest(kind) for kind in KINDS], range(8)):
            assert found == expected
    values = words("rounded", 20_000)
    both = streams(*deflate(values, [0, 10_000], [10_000, 20_000]))
    alone = [streams(*deflate(half.copy(), [0], [10_000]))[0] for half in np.split(values, 2)]
    assert both == alone


def test_bytes_are_those_of_earlier_versions() -> None:
    """If the bytes change, regtrack needs a new version, or resumed sweeps would mix both.

    The words are integers, so that they do not depend on any other library.
    """
    values = np.arange(50_000, dtype=np.int64)
    mixed = (values * values // 7 % 251 << 16 | 0x3D000000 + (values // 40 << 13)).astype(np.uint32)
    found = [
        hashlib.sha256(deflate(kind, [0], [50_000], record=record).data).hexdigest()[:16]
        # numbers with many bits and with few, and records
        for kind, record in ((mixed, 0), (mixed & 0xFFFF0000, 0), (mixed, 3))
    ]
    assert found == ["c5cc4e1713c5f122", "5b4ecf9ec33f0cce", "90fd715f3b5ed9bc"]


@pytest.mark.parametrize(
    ("lefts", "rights"),
    [([0], [0]), ([2], [1]), ([-1], [2]), ([0], [5]), ([0, 1], [1]), ([0, 1], [2]), ([0], [2, 3])],
)
def test_invalid_pieces_are_refused(lefts: list[int], rights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"expected pieces"):
        deflate(np.zeros(4, np.uint32), lefts, rights)


@pytest.mark.parametrize("record", [-1, 8_192])
def test_records_longer_than_the_farthest_distance_are_refused(record: int) -> None:
    values = words("few", 20_000)
    with pytest.raises(ValueError, match=r"records of at most 8,191 words"):
        deflate(values, [0], [20_000], record=record)
    (stream,) = streams(*deflate(values, [0], [20_000], record=8_191))
    assert unpacked(stream) == values.tobytes()


def test_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="expected words of uint32"):
        deflate(np.zeros(4, np.float32), [0], [4])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected pieces with a left, a right and a head each"):
        deflate(np.zeros(4, np.uint32), [0], [4], np.zeros((2, 1), np.uint32))
