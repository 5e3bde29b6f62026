"""Sound bigWigs of other writers are read, checked and described, whatever they do differently."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
import pyBigWig
import pytest
from bigwig_tracks import own_track
from odd_bigwigs import CHROMS, SECTIONS, Odd

from regtrack.tracks.bigwig.describe import describe_bigwig
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.second_reader import SecondReader
from regtrack.tracks.bigwig.validate import validate
from regtrack.tracks.binning import base_values, bin_track

MORE = (*CHROMS, *((f"chr{number}", 10) for number in range(3, 10)))
# how a file is written, and the part that a note is about
VARIANTS: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"count": 4}, ""),  # wigToBigWig
    ({"order": ">"}, "pyBigWig"),
    ({"order": ">", "count": 4, "packed": False, "fanout": 3, "chroms": MORE}, "pyBigWig"),
    ({"packed": False}, ""),
    ({"version": 3}, ""),
    ({"version": 1, "summary": "none"}, ""),
    ({"summary": "zero"}, "summary"),
    ({"zoom": 0}, "header"),
    ({"zoom": 7}, ""),
    ({"extension": True}, ""),
    ({"fanout": 2, "chroms": MORE}, ""),  # trees of several levels
    ({"chroms": (("chr2", 5_000), ("chr10", 300))}, ""),  # in natural order, in one node
    ({"sections": [(1, c, [i]) for _, c, items in SECTIONS for i in items], "fanout": 3}, ""),
    ({"shuffled": True}, ""),
    ({"apart": 7}, ""),
    ({"tail": b"", "version": 3}, "header"),
    ({"tail": b"\x26\xfc\x8f\x88" + b"and more" * 100}, "header"),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[SecondReader]:
    with SecondReader() as found:
        yield found


@pytest.mark.parametrize(("how", "note"), VARIANTS, ids=lambda found: str(found)[:60])
def test_every_value_is_read_and_checked(
    tmp_path: Path, reader: SecondReader, how: dict[str, Any], note: str
) -> None:
    odd = Odd(**how)
    path = odd.write(tmp_path / "odd.bw")
    expected = odd.values()
    covered = sum(int((~np.isnan(values)).sum()) for values in expected.values())
    report = validate(path, second_reader=reader)
    assert (report.findings, report.covered) == ((), covered)
    assert [found.part for found in report.notes] == ([note] if note else [])
    described = describe_bigwig(path)
    assert described["chromosomes"] == len(expected)
    assert ("doubt" in described) == (note in {"summary", "header"} and how.get("zoom") != 0)
    track = own_track(path)
    with RawBigWig(path) as raw:
        for name, values in expected.items():
            np.testing.assert_array_equal(track[name], values)
            np.testing.assert_array_equal(base_values(raw, name, 0, len(values)), values)


def test_names_out_of_order_matter_where_readers_search_by_bisection(
    tmp_path: Path, reader: SecondReader
) -> None:
    data = [(1, 0, [(0, 5, 1.0)])]
    path = Odd(chroms=MORE[::-1], sections=data, fanout=4).write(tmp_path / "a.bw")
    (found, *_) = validate(path, second_reader=reader).findings
    assert "names are not in bytewise order" in found.message


def test_a_wrong_number_of_blocks_is_noted_and_the_data_are_checked(
    tmp_path: Path, reader: SecondReader
) -> None:
    path = Odd().write(tmp_path / "a.bw")
    with RawBigWig(path) as raw:
        at = raw.header.data_at
    content = bytearray(path.read_bytes())
    content[at : at + 8] = (77).to_bytes(8, "little")
    path.write_bytes(content)
    report = validate(path, second_reader=reader)
    assert report.valid
    assert report.covered == 510
    assert report.notes[0].message == "5 blocks; the header of the data says 77"


def test_the_maximum_of_libbigwig_is_noted(tmp_path: Path, reader: SecondReader) -> None:
    """It compares no new minimum with the maximum, so that of falling values is lost."""
    for values, noted in (
        ([3.0, 2.0, 2.5], 2.5),
        ([-1.0], 2.2250738585072014e-308),
        ([1.0, 3.0], 0),
    ):
        path = tmp_path / "a.bw"
        file = pyBigWig.open(str(path), "w")
        file.addHeader([("chr2", 50), ("chr10", 50)])
        file.addEntries("chr2", 0, values=values, span=1, step=1)
        file.close()
        report = validate(path, second_reader=reader)
        assert report.valid
        notes = [found.message for found in report.notes if found.part == "summary"]
        expected = f"maximum {noted:.9g}, as libBigWig writes it; the data have {max(values):.9g}"
        assert notes == ([expected] if noted else [])


def test_files_of_bigtools_are_read(tmp_path: Path, reader: SecondReader) -> None:
    path = tmp_path / "a.bw"
    rows = [("chr1", at, at + 5, at / 7) for at in range(0, 4_000, 5)]
    pybigtools.open(str(path), "w").write({"chr1": 4_000}, iter(rows))
    report = validate(path, second_reader=reader)
    # a few bases are counted in the neighbouring zoom record
    assert (report.covered, report.valid) == (4_000, True)
    assert {found.part.split()[0] for found in report.notes} <= {"zoom"}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_absent_in_plots_and_said_once(
    tmp_path: Path, value: float, caplog: pytest.LogCaptureFixture
) -> None:
    """Also in zoom records, which are computed again from the bases."""
    path = tmp_path / f"a{value}.bw"
    values = np.linspace(1, 2, 300_000, dtype=np.float32)
    stored = values.copy()
    stored[[10, 150_000, 150_001, 299_999]] = value
    file = pyBigWig.open(str(path), "w")
    file.addHeader([("chr1", 300_000)])
    file.addEntries("chr1", 0, values=stored, span=1, step=1)
    file.close()
    expected = np.where(np.isfinite(stored), stored, np.nan)
    with RawBigWig(path) as raw:
        np.testing.assert_array_equal(base_values(raw, "chr1", 0, 300_000), expected)
        bins = bin_track(raw, "chr1", 0, 300_000, 100)
    assert not bins.exact
    assert np.isfinite([bins.mean, bins.high, bins.low]).all()
    # libBigWig loses the sum of some records at its blocks' ends, but no extreme; records of the
    # neighbours, up to 1,024 bp wide, reach into a bin
    rows = expected.reshape(100, 3_000)
    assert bins.reduction <= 1_024
    np.testing.assert_allclose(bins.high, np.nanmax(rows, axis=1), atol=1_024 / 300_000)
    np.testing.assert_allclose(bins.low, np.nanmin(rows, axis=1), atol=1_024 / 300_000)
    assert [record.getMessage().count("not finite") for record in caplog.records] == [1]


def test_a_file_without_values_is_valid(tmp_path: Path, reader: SecondReader) -> None:
    """libBigWig writes no index into it."""
    path = tmp_path / "a.bw"
    file = pyBigWig.open(str(path), "w")
    file.addHeader([("chr1", 100)])
    file.close()
    report = validate(path, second_reader=reader)
    assert (report.findings, report.chroms, report.covered) == ((), 1, 0)
    described = describe_bigwig(path)
    assert described["bases with a value"] == 0
    assert "doubt" not in described
    with RawBigWig(path) as raw:
        assert np.isnan(base_values(raw, "chr1", 0, 100)).all()
        assert np.isnan(bin_track(raw, "chr1", 0, 100, 10).mean).all()
