"""The guarded writer and the reader, against each other and against pyBigWig's own view."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from hypothesis import given, settings, strategies as st

from regtrack.errors import AssemblyError, OutputError, RegionError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig.header import read_header
from regtrack.tracks.bigwig.read import chroms, open_bigwig, values
from regtrack.tracks.bigwig.write import BigWigWriter

ASSEMBLY = Assembly(("chr2", "chr10", "chr1"), (40, 30, 50))


def random_values(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(count, dtype=np.float32)


def test_values_come_back_exactly_and_gaps_stay_gaps(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    first, second, third = random_values(10), random_values(5, 1), random_values(30, 2)
    with BigWigWriter(path, ASSEMBLY) as writer:
        writer.write("chr1", 3, first)
        writer.write("chr1", 20, second)
        writer.write("chr10", 0, third)
    expected = np.full(50, np.nan, np.float32)
    expected[3:13], expected[20:25] = first, second
    np.testing.assert_array_equal(values(path, Interval("chr1", 0, 50)), expected)
    np.testing.assert_array_equal(values(path, Interval("chr10", 0, 30)), third)
    assert np.isnan(values(path, Interval("chr2", 0, 40))).all()
    assert (writer.bases, writer.low) == (45, min(map(np.min, (first, second, third))))
    together = np.concatenate([first, second, third])
    assert writer.high == together.max()
    assert writer.mean == pytest.approx(together.astype(np.float64).mean())


def test_all_chromosomes_stand_in_the_file_in_bytewise_order(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    with BigWigWriter(path, ASSEMBLY) as writer:
        writer.write("chr2", 39, random_values(1))
    assert chroms(path) == Assembly(("chr1", "chr10", "chr2"), (50, 30, 40))
    handle = pyBigWig.open(str(path))
    assert handle.chroms() == {"chr1": 50, "chr10": 30, "chr2": 40}
    assert handle.header()["nBasesCovered"] == 1
    handle.close()
    assert read_header(path).zoom_levels >= 1


@settings(max_examples=25, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3000)), min_size=1, max_size=6),
    seed=st.integers(0, 99),
)
def test_any_pieces_in_order_come_back(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, int]], seed: int
) -> None:
    length = sum(gap + size for gap, size in pieces)
    path = tmp_path_factory.mktemp("bw") / "t.bw"
    expected = np.full(length, np.nan, np.float32)
    at = 0
    with BigWigWriter(path, Assembly(("c",), (length,))) as writer:
        for gap, size in pieces:
            at += gap
            expected[at : at + size] = random_values(size, seed)
            writer.write("c", at, expected[at : at + size])
            at += size
    np.testing.assert_array_equal(values(path, Interval("c", 0, length)), expected)


@pytest.mark.parametrize(
    ("chrom", "start", "bad", "message"),
    [
        ("chr1", 0, [0.1, np.nan], "nan at chr1:2"),
        ("chr1", 0, [np.inf], "inf at chr1:1"),
        ("chr1", 0, [1e300], "inf at chr1:1"),
        ("chr1", 45, [0.0] * 6, "past the chromosome, 50 bp"),
        ("chr1", -1, [0.0], "past the chromosome"),
        ("chr7", 0, [0.0], 'no chromosome "chr7"'),
    ],
)
def test_values_that_no_file_may_hold(
    tmp_path: Path, chrom: str, start: int, bad: list[float], message: str
) -> None:
    with (
        pytest.raises(TrackError, match=message),
        BigWigWriter(tmp_path / "t.bw", ASSEMBLY) as writer,
    ):
        writer.write(chrom, start, np.array(bad))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("chrom", "start"), [("chr1", 9), ("chr1", 0), ("chr10", 0)])
def test_values_out_of_order(tmp_path: Path, chrom: str, start: int) -> None:
    with (
        pytest.raises(TrackError, match="come after values up to"),
        BigWigWriter(tmp_path / "t.bw", ASSEMBLY) as writer,
    ):
        if chrom == "chr10":
            writer.write("chr2", 0, random_values(1))
        writer.write("chr1", 0, random_values(10)) if chrom == "chr1" else None
        writer.write(chrom, start, random_values(2))


def test_a_file_without_values_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(TrackError, match="no value"),
        BigWigWriter(tmp_path / "t.bw", ASSEMBLY) as writer,
    ):
        writer.write("chr1", 0, random_values(0))
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        BigWigWriter(tmp_path / "t.bw", ASSEMBLY) as writer,
    ):
        writer.write("chr1", 0, random_values(50))
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_process_ends_silently(tmp_path: Path) -> None:
    # in a process of its own: what pyBigWig does on being let go of happens at its exit
    script = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from regtrack.genome.assembly import Assembly\n"
        "from regtrack.tracks.bigwig.write import BigWigWriter\n"
        "try:\n"
        "    with BigWigWriter(Path(sys.argv[1]), Assembly(('c',), (10**6,))) as writer:\n"
        "        writer.write('c', 0, np.linspace(0, 1, 10**6))\n"
        "        raise KeyboardInterrupt\n"
        "except KeyboardInterrupt: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "t.bw")], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_kept_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"), BigWigWriter(path, ASSEMBLY):
        pass
    assert path.read_text() == "mine"
    with BigWigWriter(path, ASSEMBLY, overwrite=True) as writer:
        writer.write("chr1", 0, random_values(3))
    assert len(values(path, Interval("chr1", 0, 3))) == 3


@pytest.mark.parametrize("full_at", ["write", "close"])
def test_a_full_disk_is_an_error_before_pybigwig_meets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_at: str
) -> None:
    usage = namedtuple("usage", "total used free")
    with (
        pytest.raises(OutputError, match="disk is full"),
        BigWigWriter(tmp_path / "t.bw", ASSEMBLY) as writer,
    ):
        if full_at == "close":
            writer.write("chr1", 0, random_values(3))
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 30, 1 << 30, 100))
        if full_at == "write":
            writer.write("chr1", 0, random_values(3))
    assert list(tmp_path.iterdir()) == []


def test_a_chromosome_longer_than_the_format_holds(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match="4,294,967,295"):
        BigWigWriter(tmp_path / "t.bw", Assembly(("c",), (2**32,)))


def written(folder: Path) -> Path:
    path = folder / "t.bw"
    with BigWigWriter(path, Assembly(("c",), (100_000,))) as writer:
        writer.write("c", 0, random_values(100_000))
    return path


def test_what_is_no_whole_bigwig_is_named_without_noise(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path)
    for length, message in [(1000, "cut short"), (20, "no bigWig"), (0, "starts with nothing")]:
        os.truncate(path, length)
        with pytest.raises(TrackError, match=message), open_bigwig(path):
            pass
    with pytest.raises(TrackError, match="no bigWig at"), open_bigwig(tmp_path / "none.bw"):
        pass
    (tmp_path / "text.bw").write_text("fixedStep chrom=chr1 start=1 step=1\n" * 9)
    with pytest.raises(TrackError, match="starts with 66 69 78 65"):
        values(tmp_path / "text.bw", Interval("c", 0, 1))
    assert capfd.readouterr().err == ""


def test_what_the_file_does_not_cover(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(AssemblyError, match='"d"'):
        values(path, Interval("d", 0, 1))
    with pytest.raises(RegionError, match="100,000 bp long"):
        values(path, Interval("c", 99_999, 100_001))


def test_a_foreign_file_without_values_is_named(tmp_path: Path) -> None:
    handle = pyBigWig.open(str(tmp_path / "e.bw"), "w")
    handle.addHeader([("c", 100)])
    handle.close()
    with pytest.raises(TrackError, match="holds no value"):
        values(tmp_path / "e.bw", Interval("c", 0, 10))
