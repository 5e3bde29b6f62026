"""Our reader of a file's parts."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from bigwig_tracks import Case, cases, own_track, written, zoom_levels
from hypothesis import given, settings, strategies as st

from regtrack.errors import TrackError
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.index import block_index, chromosome_tree
from regtrack.tracks.bigwig.layout import LEAF, order_key
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.source import Source
from regtrack.tracks.bigwig.trees import read_chromosomes, read_index, search_index


@settings(deadline=None, max_examples=30)
@given(cases(longest=3_000))
def test_reads_what_was_written(case: Case) -> None:
    with written(case) as path, RawBigWig(path) as raw:
        named = {chrom.name: chrom.length for chrom in raw.chroms}
        assert named == dict(zip(case.assembly.names, case.assembly.lengths, strict=True))
        assert [chrom.number for chrom in raw.chroms] == list(range(len(named)))
        assert len(raw.index) in raw.block_counts
        assert raw.ends_with_magic()
        by_base = [case.by_base(chrom) for chrom in case.assembly.names]
        assert raw.summary.covered == sum(int((~np.isnan(v)).sum()) for v in by_base)


def test_reads_other_writers_and_every_type_of_block(tmp_path: Path) -> None:
    path = tmp_path / "theirs.bw"
    file = pyBigWig.open(str(path), "w")
    file.addHeader([("chr1", 1_000), ("chr2", 50)])
    file.addEntries(["chr1"] * 2, [0, 7], ends=[5, 9], values=[1.0, 2.0])
    file.addEntries("chr1", [20, 30], values=[3.0, 4.0], span=6)
    file.addEntries("chr2", 10, values=[5.0, 6.0], span=2, step=3)
    file.close()
    expected = {"chr1": np.full(1_000, np.nan), "chr2": np.full(50, np.nan)}
    for chrom, start, end, value in [
        ("chr1", 0, 5, 1), ("chr1", 7, 9, 2), ("chr1", 20, 26, 3), ("chr1", 30, 36, 4),
        ("chr2", 10, 12, 5), ("chr2", 13, 15, 6),
    ]:  # fmt: skip
        expected[chrom][start:end] = value
    for chrom, values in own_track(path).items():
        assert np.array_equal(values, expected[chrom], equal_nan=True)


def test_zoom_gives_the_records_of_a_region(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lengths = {"chr1": 400_000, "chr2": 300_000}
    values = {name: rng.random(length, dtype=np.float32) for name, length in lengths.items()}
    path = tmp_path / "a.bw"
    Case(Assembly(tuple(lengths), tuple(lengths.values())), values).write(path)
    everything = zoom_levels(path)
    with RawBigWig(path) as raw:
        for level in raw.header.zooms:
            records = everything[level.reduction]
            for start, end in [(0, 1), (127, 129), (100_000, 250_000), (299_999, 300_000)]:
                here = (records["chrom"] == 1) & (records["start"] < end)
                here &= records["end"] > start
                found = np.concatenate(list(raw.zoom(level, "chr2", start, end)))
                assert found.tobytes() == records[here].tobytes()
                assert len(found)
            assert not any(map(len, raw.zoom(level, "chr2", 300_000, 400_000)))
        with pytest.raises(TrackError, match=r'no chromosome "chr3".*Did you mean'):
            next(raw.zoom(raw.header.zooms[0], "chr3", 0, 5))


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 65_536, 65_537])
def test_trees_of_any_height(tmp_path: Path, count: int) -> None:
    path, offset = tmp_path / "tree", 100
    names = sorted(f"c{number}" for number in range(count))
    path.write_bytes(b"\0" * offset + chromosome_tree(names, range(1, count + 1), offset))
    source = Source(path)
    chroms = read_chromosomes(source, offset)[0].chroms
    assert [(c.name, c.number, c.length) for c in chroms] == [
        (name, number, number + 1) for number, name in enumerate(names)
    ]
    source.close()
    leaves = np.zeros(count, dtype=LEAF)
    leaves["start"] = np.arange(count) * 10
    leaves["end"] = leaves["start"] + 10
    leaves["offset"], leaves["size"] = np.arange(count) * 50 + 2**40, 50
    path.write_bytes(b"\0" * offset + block_index(leaves, offset, 1))
    source = Source(path)
    assert read_index(source, offset, "index").tobytes() == leaves.tobytes()
    source.close()


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Source, np.ndarray]]:
    """An index of three levels, for blocks with gaps on three chromosomes."""
    leaves = np.zeros(70_000, dtype=LEAF)
    leaves["first_chrom"] = leaves["last_chrom"] = np.repeat([0, 1, 4], [30_000, 100, 39_900])
    leaves["start"] = np.arange(70_000) * 10
    leaves["end"] = leaves["start"] + 7
    leaves["offset"] = np.arange(70_000) + 1
    path = tmp_path_factory.mktemp("searched") / "index"
    path.write_bytes(block_index(leaves, 0, 1))
    source = Source(path)
    yield source, leaves
    source.close()


SPANS = st.integers(1, 5_000) | st.integers(1, 700_000)
REGIONS = st.tuples(st.integers(0, 5), st.integers(0, 700_100), SPANS)


@given(st.lists(REGIONS, min_size=1, max_size=5))
def test_a_search_finds_the_same_as_all_leaves(
    searched: tuple[Source, np.ndarray], regions: list[tuple[int, int, int]]
) -> None:
    source, leaves = searched
    chroms, starts, spans = np.array(regions).T
    keys = order_key(chroms, starts), order_key(chroms, starts + spans)
    found = search_index(source, 0, "index", *keys)
    near = np.zeros(len(leaves), dtype=bool)
    for chrom, start, span in regions:
        here = (leaves["start"] < start + span) & (leaves["end"] > start)
        near |= here & (leaves["first_chrom"] == chrom)
    assert found.tobytes() == leaves[near].tobytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is an empty file; expected a bigWig"),
        (b"text, no bigWig at all" * 9, "is text; expected a bigWig"),
        (b"\xeb\xf2\x89\x87" * 20, "is a bigBed; expected a bigWig"),
        (struct.pack("<I", 0x888FFC26), "header at byte 0: needs 64 bytes, but the file ends at 4"),
        (
            struct.pack("<IHHQQQHHQQIQ", 0x888FFC26, 4, 65_535, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            "65,535 zoom levels; expected at most 64",
        ),
        (struct.pack("<IHH", 0x888FFC26, 4, 9) + bytes(80), "zoom headers at byte 88: needs 24"),
        (
            struct.pack("<IHHQQQHHQQIQ", 0x888FFC26, 4, 0, 0, 0, 0, 0, 0, 0, 0, 2**32 - 1, 0),
            "block size 4,294,967,295 bytes; expected at most 67,108,864",
        ),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.bw"
    path.write_bytes(content)
    with pytest.raises(TrackError, match=message):
        RawBigWig(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match="no bigWig at"):
        RawBigWig(tmp_path / "none.bw")


def test_a_cyclic_tree_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tree"
    tree = bytearray(chromosome_tree([f"c{n:03}" for n in range(300)], [1] * 300, 0))
    node = 32
    child = node + 4 + 4  # the root's first key, then the child's offset
    tree[child : child + 8] = node.to_bytes(8, "little")
    path.write_bytes(tree)
    source = Source(path)
    with pytest.raises(TrackError, match="byte 32: this node cannot be part of a tree"):
        read_chromosomes(source, 0)
    source.close()
