"""The reader on files of our own and of other writers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyBigWig
import pytest

from regtrack.errors import AssemblyError, RegionError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.read import chroms, open_bigwig, values


def random_values(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(count, dtype=np.float32)


def test_values_and_gaps_and_chromosomes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    found = random_values(50)
    found[[0, 7, 49]] = np.nan
    with create_bigwig(path, Assembly(("chr2", "chr10", "chr1"), (40, 30, 50))) as file:
        file.write("chr1", 0, found)
    np.testing.assert_array_equal(values(path, Interval("chr1", 0, 50)), found)
    np.testing.assert_array_equal(values(path, Interval("chr1", 5, 9)), found[5:9])
    assert np.isnan(values(path, Interval("chr2", 0, 40))).all()
    assert chroms(path) == Assembly(("chr1", "chr10", "chr2"), (50, 30, 40))


def written(folder: Path) -> Path:
    path = folder / "t.bw"
    with create_bigwig(path, Assembly(("c",), (100_000,))) as file:
        file.write("c", 0, random_values(100_000))
    return path


def test_truncated_and_other_files_are_refused_without_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path)
    for length, message in [
        (1000, "is truncated"), (20, "is truncated"), (0, "is an empty file")
    ]:  # fmt: skip
        os.truncate(path, length)
        with pytest.raises(TrackError, match=message), open_bigwig(path):
            pass
    with pytest.raises(TrackError, match="no bigWig at"), open_bigwig(tmp_path / "none.bw"):
        pass
    (tmp_path / "text.bw").write_text("fixedStep chrom=chr1 start=1 step=1\n" * 9)
    with pytest.raises(TrackError, match="is a wiggle file; expected a bigWig"):
        values(tmp_path / "text.bw", Interval("c", 0, 1))
    assert capfd.readouterr().err == ""


def test_intervals_outside_the_file_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(AssemblyError, match='"d"'):
        values(path, Interval("d", 0, 1))
    with pytest.raises(RegionError, match="100,000 bp long"):
        values(path, Interval("c", 99_999, 100_001))


def test_a_file_of_another_writer_without_values_is_refused(tmp_path: Path) -> None:
    handle = pyBigWig.open(str(tmp_path / "e.bw"), "w")
    handle.addHeader([("c", 100)])
    handle.close()
    with pytest.raises(TrackError, match="has no values"):
        values(tmp_path / "e.bw", Interval("c", 0, 10))
