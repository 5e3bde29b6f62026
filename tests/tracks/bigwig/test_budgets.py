"""Small files that would take much memory or time are refused, or read in bounded memory."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from odd_bigwigs import Odd

from regtrack.errors import TrackError
from regtrack.tracks.bigwig import layout
from regtrack.tracks.bigwig.describe import describe_bigwig
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.second_reader import SecondReader
from regtrack.tracks.bigwig.validate import validate
from regtrack.tracks.binning import base_values, bin_track

LONG = (("chr1", 4_000_000),)
ZOOMED = [(1, 0, [(0, 4_000_000, 1.0)])]


@pytest.fixture(scope="module")
def reader() -> Iterator[SecondReader]:
    with SecondReader() as found:
        yield found


@contextmanager
def at_most(size: float) -> Iterator[None]:
    """The block takes at most this much memory (bytes)."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def one_block_for_all(path: Path) -> Path:
    """An index of 2,000 entries, all of the first block."""
    Odd(sections=[(1, 0, [(at, at + 1, 1.0)]) for at in range(2_000)], fanout=5_000).write(path)
    with RawBigWig(path) as raw:
        at, leaves = raw.header.index_at, raw.index.copy()
    for name in ("offset", "size", "start", "end"):
        leaves[name] = leaves[name][0]
    content = bytearray(path.read_bytes())
    at += layout.INDEX_HEADER.size + layout.NODE_HEADER.size
    content[at : at + leaves.nbytes] = leaves.tobytes()
    path.write_bytes(content)
    return path


def bomb(path: Path) -> Path:
    """A data block that unpacks to 8 MB, as the header allows."""
    return Odd(bombs={0: bytes(1 << 23)}, stated=1 << 26).write(path)


def zoom_bomb(path: Path) -> Path:
    """A zoom block that unpacks to 8 MB, as the header allows."""
    how = {"zoom_blocks": [bytes(1 << 23)], "stated": 1 << 26}
    return Odd(sections=ZOOMED, chroms=LONG, **how).write(path)


def one_span(path: Path) -> Path:
    """100,000 zoom records of the whole chromosome."""
    record = struct.pack("<IIIIffff", 0, 0, 4_000_000, 4_000_000, 1, 1, 4e6, 4e6)
    how = {"zoom_blocks": [record * 100_000], "stated": 1 << 26}
    return Odd(sections=ZOOMED, chroms=LONG, **how).write(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (one_block_for_all, "1,999 blocks share bytes with another"),
        (bomb, "unpacks to more than 786,444 bytes"),
        (zoom_bomb, "unpacks to more than 4,194,304 bytes"),
        (one_span, "begins before the previous one ends"),
    ],
)
def test_bombs_are_found(
    tmp_path: Path, reader: SecondReader, make: Callable[[Path], Path], message: str
) -> None:
    path = make(tmp_path / "a.bw")
    with at_most(50e6):
        report = validate(path, second_reader=reader)
    assert any(message in found.message for found in report.findings)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (one_block_for_all, "share bytes"),
        (bomb, "unpacks to more than 786,444 bytes"),
        (zoom_bomb, "unpacks to more than 4,194,304 bytes"),
        (one_span, "records overlap"),
    ],
)
def test_bombs_are_refused_when_they_are_shown(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    path = make(tmp_path / "a.bw")
    with at_most(50e6), RawBigWig(path) as raw:
        show = base_values if make in (one_block_for_all, bomb) else bin_track
        arguments = (0, 100) if show is base_values else (0, 4_000_000, 1_500)
        with pytest.raises(TrackError, match=message):
            show(raw, "chr1", *arguments)


def test_records_that_have_no_data_do_not_pile_up(tmp_path: Path, reader: SecondReader) -> None:
    """A million records lie between two values."""
    starts = np.arange(1_000, 1_001_000)
    records = np.zeros(len(starts), dtype=layout.ZOOM_RECORD)
    records["start"], records["end"], records["valid"] = starts, starts + 1, 1
    data = [(1, 0, [(1_000, 1_001, 0.0), (3_999_999, 4_000_000, 1.0)])]
    parts = [part.tobytes() for part in np.split(records, 10)]
    path = Odd(sections=data, chroms=LONG, zoom_blocks=parts, stated=1 << 26).write(
        tmp_path / "a.bw"
    )
    with at_most(120e6):
        report = validate(path, second_reader=reader)
    assert [found.message for found in report.findings] == [
        "no record for the value at chr1:4,000,000-4,000,000"
    ]
    assert any("has bases covered 1; the data have 0" in note.message for note in report.notes)


def test_a_long_value_is_compared_with_many_records(tmp_path: Path, reader: SecondReader) -> None:
    odd = Odd(sections=ZOOMED, chroms=LONG, zoom=10, stated=1 << 26)
    starts = np.arange(0, 4_000_000, 10)
    records = np.zeros(len(starts), dtype=layout.ZOOM_RECORD)
    records["start"], records["end"] = starts, starts + 10
    for name, value in (("valid", 10), ("min", 1), ("max", 1), ("sum", 10), ("squares", 10)):
        records[name] = value
    parts = [part.tobytes() for part in np.split(records, 8)]
    spans = [(0, int(part["start"][0]), 0, int(part["end"][-1])) for part in np.split(records, 8)]
    odd.zoom_blocks, odd.zoom_spans, odd.zoom = parts, spans, 10
    report = validate(odd.write(tmp_path / "a.bw"), second_reader=reader)
    assert not [found for found in report.findings if "record" in found.message]
    assert report.covered == 4_000_000


@pytest.mark.parametrize(
    ("at", "data", "message"),
    [
        (6, struct.pack("<H", 65_535), "zoom levels; expected at most 64"),
        ("tree", struct.pack("<IIII", 0x78CA8C91, 1, 2**31, 8), "names of 2147483648 bytes"),
        ("tree", struct.pack("<IIIIQ", 0x78CA8C91, 1, 4, 8, 2**60), "its header says"),
        (52, struct.pack("<I", 2**32 - 1), "expected at most 67,108,864"),
    ],
)
def test_sizes_in_headers_are_checked_before_they_are_used(
    tmp_path: Path, at: int | str, data: bytes, message: str
) -> None:
    path = Odd().write(tmp_path / "a.bw")
    with RawBigWig(path) as raw:
        place = raw.header.tree_at if at == "tree" else int(at)
    content = bytearray(path.read_bytes())
    content[place : place + len(data)] = data
    path.write_bytes(content)
    with at_most(1e6), pytest.raises(TrackError, match=message):
        describe_bigwig(path)


def test_a_deep_index_is_read(tmp_path: Path) -> None:
    """20,000 nodes, each with one child."""
    path = Odd(sections=[(1, 0, [(5, 9, 2.0)])]).write(tmp_path / "a.bw")
    with RawBigWig(path) as raw:
        leaf = raw.index[0]
    content = bytearray(path.read_bytes())
    index = len(content)
    struct.pack_into("<Q", content, 24, index)
    content += struct.pack("<IIQIIIIQII", 0x2468ACE0, 1, 1, 0, 5, 0, 9, index, 1, 0)
    for _ in range(20_000):
        content += struct.pack("<BBHIIIIQ", 0, 0, 1, 0, 5, 0, 9, len(content) + 28)
    path.write_bytes(content + struct.pack("<BBH", 1, 0, 1) + leaf.tobytes())
    with RawBigWig(path) as raw:
        assert base_values(raw, "chr1", 4, 6).tolist()[1] == 2


def test_few_bins_of_a_long_chromosome_without_zoom_levels_are_read_in_pieces(
    tmp_path: Path,
) -> None:
    data = [(1, 0, [(0, 1_000_000, 1.0), (1_000_000, 3_000_000, 3.0)])]
    odd = Odd(sections=data, chroms=(("chr1", 5_000_000),), zoom=0)
    path = odd.write(tmp_path / "a.bw")
    with at_most(25e6), RawBigWig(path) as raw:
        bins = bin_track(raw, "chr1", 0, 5_000_000, 2)
    assert bins.mean.tolist() == pytest.approx([2.2, 3])
    assert (bins.high.tolist(), bins.low.tolist()) == ([3, 3], [1, 3])
