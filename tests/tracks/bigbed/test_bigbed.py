"""bigBeds, read by programs of other people."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import bbi
import numpy as np
import pybigtools
import pyBigWig
import pytest

from regtrack.errors import OutputError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigbed.form import GENE_FORM, LABEL_FORM, PEAK_FORM, BedForm, Column
from regtrack.tracks.bigbed.write import create_bigbed
from regtrack.tracks.bigwig import index

READERS = Path(__file__).parents[2] / "readers"
ASSEMBLY = Assembly(("chr2", "chr10", "chr1"), (3_000, 50, 200_000))
Items = dict[str, list[tuple[int, int, str]]]


def read_gmod(path: Path, *names: str) -> Any:
    """What @gmod/bbi finds in a bigBed, and by the names of items."""
    node = shutil.which("node")
    if node is None or not (READERS / "node_modules" / "@gmod" / "bbi").is_dir():
        pytest.skip("needs node and `make readers`")
    command = [node, str(READERS / "read_bigbed.mjs"), str(path), *names]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def write_labels(path: Path, items: Items, **options: Any) -> Path:
    """A bigBed of names alone."""
    with create_bigbed(path, ASSEMBLY, LABEL_FORM, **options) as file:
        for chrom in file.chroms:
            rows = items.get(chrom, [])
            starts, ends = (np.array([row[side] for row in rows], np.int64) for side in (0, 1))
            file.write(chrom, starts, ends, [row[2] for row in rows])
    return path


def many(seed: int = 1, count: int = 3_000) -> Items:
    """Items of two chromosomes that overlap each other, some of them over much of it."""
    random = np.random.default_rng(seed)
    starts = random.integers(0, 199_000, count)
    ends = starts + random.integers(1, 900, count)
    ends[::100] = np.minimum(starts[::100] + 60_000, 200_000)
    rows = [
        (int(s), int(e), f"n{at:04}") for at, (s, e) in enumerate(zip(starts, ends, strict=True))
    ]
    return {"chr1": sorted(rows), "chr2": [(0, 3_000, "whole"), (5, 6, "umläut é")]}


@pytest.mark.parametrize("slots", [256, 3])
def test_five_readers_find_every_item_of_a_region(
    tmp_path: Path, slots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "SLOTS_PER_NODE", slots)  # trees of several levels
    monkeypatch.setattr("regtrack.tracks.bigbed.items.ITEMS_PER_BLOCK", 64)
    items = many()
    path = write_labels(tmp_path / "a.bb", items)
    for low, high in ((0, 200_000), (100_000, 100_001), (59_000, 59_900), (199_999, 200_000)):
        expected = [row for row in items["chr1"] if row[0] < high and row[1] > low]
        with pyBigWig.open(str(path)) as file:
            assert sorted(file.entries("chr1", low, high) or []) == expected
        with pybigtools.open(str(path)) as file:
            assert sorted(file.records("chr1", low, high)) == expected
        found = bbi.fetch_intervals(str(path), "chr1", low, high)  # UCSC's own code
        assert sorted(row[1:] for row in found) == expected
    read = read_gmod(path)["chroms"]
    assert {chrom: sorted(map(tuple, rows)) for chrom, rows in read.items()} == {
        **{chrom: sorted(rows) for chrom, rows in items.items()},
        "chr10": [],
    }


def test_zoom_levels_and_summary_are_the_depth_of_items(tmp_path: Path) -> None:
    items = many()
    path = write_labels(tmp_path / "a.bb", items)
    depth = {chrom: np.zeros(ASSEMBLY.length(chrom)) for chrom in ASSEMBLY.names}
    for chrom, rows in items.items():
        for start, end, _ in rows:
            depth[chrom][start:end] += 1
    every = np.concatenate(list(depth.values()))
    with pyBigWig.open(str(path)) as file:
        header = file.header()
    assert header["nBasesCovered"] == (every > 0).sum()
    assert header["sumData"] == every.sum()
    assert header["sumSquared"] == (every**2).sum()
    assert header["maxVal"] == every.max()
    with pybigtools.open(str(path)) as file:
        for reduction in file.zooms():
            records = list(file.zoom_records(reduction, "chr1"))
            assert records
            for start, end, summary in records:
                part = depth["chr1"][start:end]
                assert summary["bases_covered"] == (part > 0).sum()
                assert summary["sum"] == part.sum()
                assert summary["max_val"] == part.max()
                assert summary["min_val"] == part[part > 0].min()


def test_items_are_found_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "SLOTS_PER_NODE", 7)
    path = tmp_path / "peaks.bb"
    starts = np.arange(0, 190_000, 60)
    count = len(starts)
    with create_bigbed(path, ASSEMBLY, PEAK_FORM) as file:
        file.write(
            "chr1", starts, starts + 50, [f"peak{at:05}" for at in range(count)],
            np.arange(count) % 1001, ["."] * count, np.arange(count) / 3, np.full(count, -1.0),
            np.full(count, -1.0), np.full(count, 25),
        )  # fmt: skip
        file.write("chr2", [9], [12], ["a peak"], [7], ["+"], [1e-9], [0.5], [2.0], [-1])
    read = read_gmod(path, "peak00000", "peak01234", f"peak{count - 1:05}", "nowhere")
    assert read["found"]["peak01234"] == [
        [74_040, 74_090, "peak01234\t233\t.\t411.333333\t-1\t-1\t25"]
    ]
    assert [len(found) for found in read["found"].values()] == [1, 1, 1, 0]
    assert read["chroms"]["chr2"] == [[9, 12, "a peak\t7\t+\t1e-09\t0.5\t2\t-1"]]
    with pyBigWig.open(str(path)) as file:
        described = file.SQL().decode()
    assert described.startswith("table narrowPeak\n")
    assert '    float qValue; "-log10 of the q-value; -1 for none"\n' in described
    assert PEAK_FORM.auto_sql == described
    with path.open("rb") as raw:
        raw.seek(32)
        assert tuple(raw.read(4)) == (10, 0, 6, 0)  # columns, and those of BED among them


def test_a_file_without_items_is_valid(tmp_path: Path) -> None:
    for form in (LABEL_FORM, PEAK_FORM, GENE_FORM):
        path = tmp_path / f"{form.table}.bb"
        with create_bigbed(path, ASSEMBLY, form) as file:
            assert file.items == 0
        with pyBigWig.open(str(path)) as file:
            assert file.chroms() == dict(zip(ASSEMBLY.names, ASSEMBLY.lengths, strict=True))
            assert not file.entries("chr1", 0, 200_000)
        with pybigtools.open(str(path)) as file:
            assert list(file.records("chr1")) == []
        assert list(bbi.fetch_intervals(str(path), "chr1", 0, 200_000)) == []
        assert read_gmod(path, "any")["found"] == {"any": []}


def test_a_file_is_the_same_however_items_are_ordered(tmp_path: Path) -> None:
    items = many()
    path = write_labels(tmp_path / "a.bb", items)
    turned = {chrom: rows[::-1] for chrom, rows in items.items()}
    assert write_labels(tmp_path / "b.bb", turned).read_bytes() == path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write_labels(path, {})
    write_labels(path, {}, overwrite=True)


@pytest.mark.parametrize(
    ("chrom", "rows", "message"),
    [
        ("chr1", [(5, 5, "a")], "from 5 to 5 of chr1"),
        ("chr1", [(-1, 5, "a")], "0 <= start"),
        ("chr10", [(0, 1, "a"), (40, 51, "a")], r"from 40 to 51 of chr10; .* end <= 50"),
        ("chr1", [(0, 1, "a\tb")], 'column "name"'),
        ("chr3", [(0, 1, "a")], 'no chromosome "chr3"'),
    ],
)
def test_items_that_cannot_be_are_refused(
    tmp_path: Path, chrom: str, rows: list[tuple[int, int, str]], message: str
) -> None:
    path = tmp_path / "a.bb"
    starts, ends = (np.array([row[side] for row in rows]) for side in (0, 1))
    with (
        pytest.raises(TrackError, match=message),
        create_bigbed(path, ASSEMBLY, LABEL_FORM) as file,
    ):
        file.write(chrom, starts, ends, [row[2] for row in rows])
    assert list(tmp_path.iterdir()) == []


def test_columns_and_chromosomes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    one, two = np.array([1]), np.array([2])
    with create_bigbed(tmp_path / "a.bb", ASSEMBLY, PEAK_FORM) as file:
        with pytest.raises(TrackError, match="expected 9 columns of one length: start, end, name"):
            file.write("chr1", one, two, ["a"])
        row = [["a"], [0], ["."], [1.0], [1.0], [1.0], [0]]
        for at, value, message in (
            (1, -1, '"score" has values from -1 to -1'),
            (3, np.nan, '"signalValue" has a value that is no number'),
            (6, 2**31, '"peak" has values'),
        ):
            wrong = [*row[:at], [value], *row[at + 1 :]]
            with pytest.raises(TrackError, match=message):
                file.write("chr1", one, two, *wrong)
        file.write("chr10", one, two, *row)
        with pytest.raises(TrackError, match="chr1 comes after chr10"):
            file.write("chr1", one, two, *row)


def test_a_form_checks_itself() -> None:
    assert (LABEL_FORM.type, PEAK_FORM.type, GENE_FORM.type) == (
        "bigBed 4", "bigBed 6 +", "bigBed 12",
    )  # fmt: skip
    name = Column("string", "name", 'a "name"')
    assert "\"a 'name'\"" in BedForm("x", "", (name,), 4).auto_sql
    for columns, standard, message in (
        ((Column("string", "a b", ""),), 4, "no name of autoSql"),
        ((Column("text", "a", ""),), 4, "no type"),
        ((name,), 5, "expected 3 to 12"),
    ):
        with pytest.raises(TrackError, match=message):
            BedForm("x", "", columns, standard)
    with pytest.raises(TrackError, match="no column is called name"):
        BedForm("x", "", (), 3, by_name=True)


@pytest.mark.skipif(shutil.which("bigBedInfo") is None, reason="UCSC's bigBedInfo is not installed")
def test_ucsc_reads_it(tmp_path: Path) -> None:
    path = write_labels(tmp_path / "a.bb", many())
    said = subprocess.run(["bigBedInfo", str(path)], check=True, capture_output=True, text=True)
    assert "itemCount: 3,002" in said.stdout
