"""pyBigWig in a separate process: its readings, and its crashes."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from kept_reader import START

from regtrack.closing import Closing
from regtrack.errors import RegtrackError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig import second_reader_process
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.readings import NOTHING, Expected, Sample, Totals
from regtrack.tracks.bigwig.second_reader import SecondReader

ASSEMBLY = Assembly(("chr1", "chr2", "chr3"), (300_000, 1_000, 70))


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SecondReader, "_start", START)
    monkeypatch.setattr(SecondReader, "__exit__", Closing.__exit__)


@pytest.fixture(scope="module")
def reader() -> Iterator[SecondReader]:
    with SecondReader() as found:
        yield found


@pytest.fixture(scope="module")
def track() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    values = {name: rng.random(ASSEMBLY.length(name), dtype=np.float32) for name in ASSEMBLY.names}
    values["chr1"][10_000:50_000] = np.nan
    values["chr3"][:] = np.nan
    return values


@pytest.fixture(scope="module")
def path(track: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("second") / "a.bw"
    with create_bigwig(place, ASSEMBLY) as file:
        for chrom in file.chroms:
            file.write(chrom, 0, track[chrom], keep_bits=23)
    return place


def totals(values: np.ndarray) -> Totals:
    there = values[~np.isnan(values)].astype(np.float64)
    if len(there) == 0:
        return NOTHING
    return Totals(len(there), there.min(), there.max(), there.sum())


STRETCHES = [("chr1", 9_990, 50_003), ("chr1", 20_000, 20_100), ("chr2", 0, 1_000)]


def expected(track: dict[str, np.ndarray]) -> Expected:
    return Expected(
        lengths=dict(zip(ASSEMBLY.names, ASSEMBLY.lengths, strict=True)),
        bases=sum(int((~np.isnan(values)).sum()) for values in track.values()),
        chroms={name: totals(values) for name, values in track.items()},
        samples=[Sample(c, s, e, totals(track[c][s:e])) for c, s, e in STRETCHES],
    )


def test_it_finds_the_written_values(
    reader: SecondReader, path: Path, track: dict[str, np.ndarray]
) -> None:
    assert reader.check(path, expected(track)) == []


def test_it_finds_differences_from_what_is_expected(
    reader: SecondReader, path: Path, track: dict[str, np.ndarray]
) -> None:
    other = {name: values.copy() for name, values in track.items()}
    other["chr1"][30_000] = 0.5
    (covered, at_zoom, sample) = reader.check(path, expected(other))
    assert covered == "finds 261,000 bases covered; expected 261,001"
    assert at_zoom == (
        "finds for chr1, in zoom levels, 260,000 bases with a value; expected 260,001"
    )
    assert sample.startswith("finds for chr1:9,991-50,003 13 bases with a value; expected 14")
    wanted = replace(expected(track), lengths={"chr1": 300_000})
    assert reader.check(path, wanted) == ["finds for chr2 1,000 bp; expected no such chromosome"]


def test_a_file_that_crashes_it_ends_only_its_process(
    reader: SecondReader, path: Path, track: dict[str, np.ndarray], tmp_path: Path
) -> None:
    """libBigWig writes NaN, and then crashes on the header that this results in."""
    crashing = tmp_path / "nan.bw"
    file = pyBigWig.open(str(crashing), "w")
    file.addHeader([("chr1", 1_000)])
    file.addEntries("chr1", 0, values=[1.0, float("nan")], span=1, step=1)
    file.close()
    alone = subprocess.run(
        [sys.executable, "-c", f"import pyBigWig; pyBigWig.open({str(crashing)!r}).header()"],
        check=False, capture_output=True,
    )  # fmt: skip
    assert alone.returncode < 0
    crash = signal.Signals(-alone.returncode).name
    with pytest.raises(TrackError, match=rf"nan\.bw: pyBigWig cannot read it: .* with {crash}"):
        reader.read(crashing)
    assert reader.check(path, expected(track)) == []


@pytest.mark.parametrize("content", [b"", b"chr1\t1\t2\n", b"\0" * 5_000])
def test_other_files_are_refused(reader: SecondReader, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.bw").write_bytes(content)
    with pytest.raises(TrackError, match=r"bad\.bw: pyBigWig cannot open it"):
        reader.read(tmp_path / "bad.bw")


def test_a_path_that_is_not_unicode_is_read(
    reader: SecondReader, path: Path, track: dict[str, np.ndarray], tmp_path: Path
) -> None:
    odd = tmp_path / os.fsdecode(b"\xff.bw")
    odd.write_bytes(path.read_bytes())
    assert reader.check(odd, expected(track)) == []


def test_a_process_that_hangs_is_ended(path: Path, track: dict[str, np.ndarray]) -> None:
    with SecondReader(patience=20) as reader:
        reader.read(path)
        process = reader._process
        assert process is not None
        reader._patience = 0.2
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(TrackError, match=r"it took longer than 0\.2 s"):
            reader.read(path)
        reader._patience = 20
        assert reader.check(path, expected(track)) == []
        process = reader._process
        assert process is not None
    assert process.returncode is not None  # it does not outlive the block


def test_a_missing_pybigwig_is_reported(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such_package")
    monkeypatch.setattr(second_reader_process, "__file__", str(broken))
    with SecondReader() as reader, pytest.raises(RegtrackError, match="cannot be loaded") as error:
        reader.read(path)
    assert not isinstance(error.value, TrackError)  # the file is not at fault


def test_its_process_does_not_load_regtrack() -> None:
    """So that it starts quickly."""
    source = Path(second_reader_process.__file__).read_text()
    assert "import regtrack" not in source
    assert "from regtrack" not in source


def test_a_bigbed_is_refused(reader: SecondReader, path: Path, tmp_path: Path) -> None:
    bed = tmp_path / "a.bb"
    bed.write_bytes(struct.pack("<I", 0x8789F2EB) + path.read_bytes()[4:])
    with pytest.raises(TrackError, match=r"a\.bb: pyBigWig"):
        reader.read(bed)
