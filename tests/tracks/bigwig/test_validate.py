"""The findings of `validate`, and that no damage passes unnoticed or crashes it."""

from __future__ import annotations

import re
import struct
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
from bigwig_tracks import Case, own_track, pieces
from isal import isal_zlib

from regtrack.errors import TrackError
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig import layout, validate as module
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.readings import Reading
from regtrack.tracks.bigwig.recount import Items
from regtrack.tracks.bigwig.second_reader import SecondReader
from regtrack.tracks.bigwig.validate import Report, validate

ASSEMBLY = Assembly(("chr1", "chr2"), (60_000, 5_000))


@pytest.fixture(scope="module", autouse=True)
def one_process() -> Iterator[None]:
    """One process of pyBigWig for all files here, restarted when a file crashes it."""
    with SecondReader() as reader, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SecondReader", lambda: nullcontext(reader))
        yield


@pytest.fixture(scope="module")
def case() -> Case:
    rng = np.random.default_rng(11)
    values = {
        "chr1": np.round(rng.random(60_000, dtype=np.float32), 2),
        "chr2": pieces(rng, 5_000),
    }
    values["chr1"][30_000:40_000] = np.nan
    values["chr1"][50_000:] = 0.5
    return Case(ASSEMBLY, values)


@pytest.fixture
def path(case: Case, tmp_path: Path) -> Path:
    case.write(tmp_path / "a.bw")
    return tmp_path / "a.bw"


def findings(report: Report) -> list[tuple[str, str]]:
    return [(found.part, found.message) for found in report.findings]


def test_a_valid_file_is_valid(path: Path) -> None:
    report = validate(path, ASSEMBLY)
    assert findings(report) == []
    assert report.chroms == 2
    assert report.covered == sum(int((~np.isnan(v)).sum()) for v in own_track(path).values())
    assert report.zooms == (128,)
    assert "valid; 2 chromosomes" in report.text()


@pytest.mark.parametrize(
    ("assembly", "message"),
    [
        (Assembly(("chr1", "chr2"), (60_001, 5_000)), "60,000 bp in the file and 60,001 bp in the"),
        (Assembly(("chr1", "chrX"), (60_000, 5)), "chr2 is not in the assembly, which has chr1"),
        (Assembly(("1", "2"), (60_000, 5_001)), "5,001 bp in the assembly (named 2 there)"),
    ],
)
def test_another_assembly_is_reported(path: Path, assembly: Assembly, message: str) -> None:
    part, found = findings(validate(path, assembly))[0]
    assert part == "chromosomes"
    assert message in found


def test_names_with_and_without_chr_are_one_assembly(path: Path) -> None:
    assert findings(validate(path, Assembly(("2", "1", "3"), (5_000, 60_000, 7)))) == []


def patch(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def repack(path: Path, leaf: np.void, change: Callable[[bytearray], None]) -> None:
    """Change a block's content, in place; the new one must not be larger."""
    content = path.read_bytes()
    at, size = int(leaf["offset"]), int(leaf["size"])
    data = bytearray(zlib.decompress(content[at : at + size]))
    change(data)
    packed = min(zlib.compress(bytes(data), 9), isal_zlib.compress(bytes(data), 3), key=len)
    assert len(packed) <= size
    patch(path, at, packed.ljust(size, b"\0"))


def put(form: str, offset: int, value: float) -> Callable[[bytearray], None]:
    return lambda data: struct.pack_into(form, data, offset, value)


DATA = [  # format, offset and value to write into the first data block, and the message
    ("<I", 0, 7, "chromosome number 7, which has no name"),
    ("<I", 0, 1, "is on chr2, where the index has no block"),
    ("<I", 4, 100, "is outside the block's span"),
    ("<I", 12, 0, "begins before the previous one ends"),
    ("<I", 16, 0, "has no bases"),
    ("<B", 20, 9, "type 9; expected 1, 2 or 3"),
    ("<H", 22, 65_535, "items need"),
]


@pytest.mark.parametrize(("form", "offset", "value", "message"), DATA)
def test_a_wrong_data_block_is_reported(
    path: Path, form: str, offset: int, value: float, message: str
) -> None:
    with RawBigWig(path) as raw:
        leaf = raw.index[0]
    repack(path, leaf, put(form, offset, value))
    report = validate(path)
    part, found = findings(report)[0]
    assert part == "data"
    assert f"data block at byte {leaf['offset']:,}: " in found
    assert message in found
    assert any("were not compared" in text for _, text in findings(report))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_counted_and_the_rest_is_checked(
    path: Path, value: float
) -> None:
    with RawBigWig(path) as raw:
        leaf = raw.index[0]
    repack(path, leaf, put("<f", 24 + 4 * 100, value))
    found = findings(validate(path))
    assert ("zoom 128", "chr1:1-128 has bases covered 128; the data have 127") in found
    (message,) = (message for part, message in found if part == "data")
    assert message.startswith(
        f"1 values are not finite, the first of them value {value} of chr1:101"
    )


def test_a_block_that_lost_its_values_shows_in_zoom_and_summary(path: Path) -> None:
    with RawBigWig(path) as raw:
        leaf = raw.index[0]
    repack(path, leaf, put("<H", 22, 0))
    found = findings(validate(path))
    assert ("zoom 128", "chr1:1-128 has bases covered 128; the data have 0") in found
    assert {part for part, _ in found} == {"zoom 128", "summary"}


def test_an_empty_block_of_libbigwig_is_ignored(tmp_path: Path) -> None:
    """It writes one before entries of another kind on another chromosome."""
    path = tmp_path / "theirs.bw"
    file = pyBigWig.open(str(path), "w")
    file.addHeader([("chr1", 60_000), ("chr2", 5_000)])
    file.addEntries("chr1", 0, values=np.linspace(0, 1, 3_000), span=1, step=1)
    file.addEntries(["chr2", "chr2"], [10, 50], ends=[20, 60], values=[1.0, 2.0])
    file.close()
    with RawBigWig(path) as raw:
        assert [len(raw.block(leaf).starts) for leaf in raw.index] == [3_000, 0, 2]
    report = validate(path)
    assert report.covered == 3_020
    # zoom and summary are compared: libBigWig loses the sums of the last record, and only these
    assert report.valid
    assert [(found.part, found.message) for found in report.notes] == [
        ("zoom 16", "chr2:51-60 has sum 0; the data have 20"),
        ("zoom 16", "chr2:51-60 has sum of squares 0; the data have 40"),
    ]
    assert "pyBigWig reads the same\n  note on zoom 16: chr2:51-60 has sum 0" in report.text()


def test_a_changed_value_shows_in_zoom_and_summary(path: Path) -> None:
    with RawBigWig(path) as raw:
        leaf = raw.index[0]
    repack(path, leaf, put("<f", 24 + 4 * 1_000, 2.0))
    found = findings(validate(path))
    assert any("chr1:897-1,024 has maximum" in m and m.endswith("have 2") for _, m in found)
    assert {part for part, _ in found} == {"zoom 128", "summary"}


ZOOM = [
    ("<I", 12, 127, r"bases covered 127; the data have 128"),
    ("<f", 16, -1.0, r"minimum -1; the data have"),
    ("<f", 20, 0.5, r"maximum 0.5; the data have"),
    ("<f", 24, 1.0, r"sum 1; the data have"),
    ("<f", 28, 1.0, r"sum of squares 1; the data have"),
    ("<f", 28, np.nan, r"holds a number that is not finite"),
    ("<I", 4, 128, r"has no bases"),
    ("<I", 4, 1, r"no record for the value at chr1:1-1"),
    ("<I", 8, 129, r"begins before the previous one ends"),
    ("<I", 8, 2**31, r"holds records outside its span in the index"),
    ("<I", 8, 0, r"has no bases"),
    ("<I", 8, 100, r"no record for the value at chr1:101-101"),
    ("<I", 0, 1, r"holds records outside its span in the index"),
]


DOUBTS = {(form, offset, value) for form, offset, value, _ in ZOOM[:5]}


@pytest.mark.parametrize(("form", "offset", "value", "message"), ZOOM)
def test_a_wrong_zoom_record_is_reported(
    path: Path, form: str, offset: int, value: float, message: str
) -> None:
    with RawBigWig(path) as raw:
        leaf = raw.zoom_index(raw.header.zooms[0])[0]
    repack(path, leaf, put(form, offset, value))
    report = validate(path)
    # what is drawn is wrong, and the summary shows that the values are not
    doubt = (form, offset, value) in DOUBTS
    (found, *_) = report.notes if doubt else report.findings
    assert report.valid == doubt
    assert found.part == "zoom 128"
    assert re.search(message, found.message), found
    with RawBigWig(path) as raw:
        summary = raw.header.summary_at
    patch(path, summary, bytes(layout.SUMMARY.size))
    assert not validate(path).valid  # nothing shows it any more


@pytest.mark.parametrize(
    ("field", "data", "part", "message"),
    [
        (4, struct.pack("<H", 9), "header", "version 9; expected 1 to 4"),
        (64, struct.pack("<I", 0), "header", "zoom levels of [0] bp; expected increasing widths"),
        (52, struct.pack("<I", 100), "data", "the header allows 100"),
    ],
)
def test_a_wrong_header_is_reported(
    path: Path, field: int, data: bytes, part: str, message: str
) -> None:
    patch(path, field, data)
    assert any(p == part and message in m for p, m in findings(validate(path)))


@pytest.mark.parametrize(("number", "word"), [*enumerate(["bases", "minimum", "maximum", "sum"])])
def test_a_wrong_summary_is_reported(path: Path, number: int, word: str) -> None:
    with RawBigWig(path) as raw:
        at = raw.header.summary_at
    patch(path, at + 8 * number, struct.pack("<d" if number else "<Q", 12345))
    ((part, message),) = findings(validate(path))
    assert part == "summary"
    assert word in message
    assert "12345" in message.replace(",", "")


def test_blocks_out_of_order_are_reported(path: Path) -> None:
    with RawBigWig(path) as raw:
        root = raw.header.index_at + layout.INDEX_HEADER.size + layout.NODE_HEADER.size
        leaves = raw.index.copy()
    patch(path, root, leaves[::-1].tobytes())
    found = findings(validate(path))
    assert found[0][0] == "index"
    assert "not in order" in found[0][1]
    # the data are checked all the same, and only pyBigWig may miss some
    assert {part for part, _ in found[1:]} <= {"pyBigWig"}


def test_overlapping_blocks_are_reported(path: Path) -> None:
    with RawBigWig(path) as raw:
        root = raw.header.index_at + layout.INDEX_HEADER.size + layout.NODE_HEADER.size
        leaves = raw.index.copy()
    leaves[1] = leaves[0]
    patch(path, root, leaves.tobytes())
    assert any("1 blocks share bytes with another" in m for _, m in findings(validate(path)))


def test_other_writers_have_correct_values_but_zoom_levels_with_errors(tmp_path: Path) -> None:
    """The errors of libBigWig and bigtools are only in zoom records."""
    import pybigtools

    rng = np.random.default_rng(9)
    values = rng.random(60_000, dtype=np.float32)
    first, second = tmp_path / "first.bw", tmp_path / "second.bw"
    file = pyBigWig.open(str(first), "w")
    file.addHeader([("chr1", 60_000)])
    file.addEntries("chr1", 0, values=values, span=1, step=1)
    file.close()
    starts = np.arange(0, 60_000, 10)
    rows = [("chr1", int(s), int(s) + 7, float(v)) for s, v in zip(starts, values, strict=False)]
    pybigtools.open(str(second), "w").write({"chr1": 60_000}, iter(rows))
    for path, covered in ((first, 60_000), (second, 42_000)):
        report = validate(path, Assembly(("chr1",), (60_000,)))
        assert report.covered == covered
        assert report.valid
        assert {found.part.split()[0] for found in report.notes} == {"zoom"}


def test_other_contents_found_by_pybigwig_are_reported(
    path: Path, case: Case, tmp_path: Path
) -> None:
    """As for a file that only our reader, which shares code with the encoder, reads as intended."""
    values = {name: found.copy() for name, found in case.values.items()}
    values["chr1"][100:200] += 1
    other = tmp_path / "other.bw"
    Case(ASSEMBLY, values).write(other)

    class Misled(SecondReader):
        def read(self, path: Path, *questions: Any, **patience: Any) -> Reading:
            return super().read(other, *questions, **patience)

    with Misled() as reader:
        report = validate(path, ASSEMBLY, second_reader=reader)
        assert validate(other, ASSEMBLY, second_reader=reader).valid
    found = findings(report)
    assert {part for part, _ in found} == {"pyBigWig"}
    assert found[0][1].startswith("finds for chr1, in zoom levels, maximum ")
    assert len(found) == 1 or found[1][1].startswith("finds for chr1:")


def test_a_file_that_pybigwig_cannot_read_is_not_valid(path: Path) -> None:
    with RawBigWig(path) as raw:
        minimum = raw.header.summary_at + 8
    patch(path, minimum, struct.pack("<d", float("nan")))
    report = validate(path)
    (summary, second) = findings(report)
    assert summary[0] == "summary"
    assert second[0] == "pyBigWig"
    assert re.search(r"a\.bw: pyBigWig cannot read it: its process ended with SIG", second[1])
    assert f"  pyBigWig: {second[1]}" in report.text()


def test_many_findings_are_counted(path: Path) -> None:
    with RawBigWig(path) as raw:
        leaf = raw.zoom_index(raw.header.zooms[0])[0]

    def spoil(data: bytearray) -> None:
        np.frombuffer(data, dtype=layout.ZOOM_RECORD)["max"][:] = 7

    repack(path, leaf, spoil)
    assert len(validate(path).notes) == 1  # one of a kind per batch of records
    with RawBigWig(path) as raw:
        summary = raw.header.summary_at
    patch(path, summary, bytes(layout.SUMMARY.size))
    assert [part for part, _ in findings(validate(path))] == ["zoom 128"]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match="no bigWig at"):
        validate(str(tmp_path / "none.bw"))
    with pytest.raises(TrackError, match="is a pipe or a device, and a bigWig is read by region"):
        validate(Path("/dev/null"))


def test_cutting_intervals_keeps_their_totals() -> None:
    rng = np.random.default_rng(2)
    edges = np.sort(rng.choice(10_000, 400, replace=False))
    starts, ends = edges[::2], edges[1::2]
    values = rng.random(200, dtype=np.float32)
    cuts = np.unique(rng.integers(0, 10_000, 300))
    bases = np.full(10_000, np.nan)
    for start, end, value in zip(starts, ends, values, strict=True):
        bases[start:end] = value
    found = Items(starts, ends, values).cut(cuts)
    expected = []
    for low, high in zip([0, *cuts], [*cuts, 10_000], strict=True):
        part = bases[low:high]
        if not np.isnan(part).all():
            first = low + int(np.flatnonzero(~np.isnan(part))[0])
            part = part[~np.isnan(part)]
            expected.append((first, len(part), part.min(), part.max(), part.sum()))
    assert found["start"].tolist() == [row[0] for row in expected]
    table = np.array([found[name] for name in ("start", "valid", "min", "max", "sum")]).T
    np.testing.assert_allclose(table, np.array(expected))


def damages(size: int, tree_end: int) -> list[tuple[str, int, bytes]]:
    """(kind, offset, new bytes): single flipped bits, runs of eight bytes, and truncations."""
    rng = np.random.default_rng(8)
    # every byte of what comes before the data, and bytes everywhere
    places = [*range(tree_end), *rng.integers(0, size, 250).tolist()]
    flips = [("flip", at, bytes([1 << int(rng.integers(8))])) for at in places]
    fills = [("fill", int(at), b"\xff" * 8) for at in rng.integers(0, size - 8, 100)]
    return flips + fills + [("cut", int(at), b"") for at in rng.integers(0, size, 40)]


def test_damage_is_harmless_or_reported(path: Path, case: Case) -> None:
    whole = path.read_bytes()
    expected = {chrom: case.by_base(chrom) for chrom in ASSEMBLY.names}
    with RawBigWig(path) as raw:
        tree_end = raw.header.data_at + 8
    said = 0
    tracemalloc.start()
    try:
        for kind, at, data in damages(len(whole), tree_end):
            if kind == "cut":
                content = whole[:at]
            elif kind == "fill":
                content = whole[:at] + data + whole[at + len(data) :]
            else:
                content = whole[:at] + bytes([whole[at] ^ data[0]]) + whole[at + 1 :]
            path.write_bytes(content)
            report = validate(path, ASSEMBLY)
            if not report.valid:
                said += 1
                continue
            for chrom, values in own_track(path).items():  # cHr2 is chr2, as everywhere
                known = expected[ASSEMBLY.resolve(chrom) or chrom]
                assert np.array_equal(values, known, equal_nan=True), (kind, at)
        assert tracemalloc.get_traced_memory()[1] < 80e6
    finally:
        tracemalloc.stop()
    assert said > 300
