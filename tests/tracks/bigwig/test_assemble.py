"""Writing stretches to a file: order, bounds, publication, very large files."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

import numpy as np
import pytest
from bigwig_readers import READERS, gmod_track, read_gmod
from bigwig_tracks import Case, own_track, pieces

from regtrack.errors import OutputError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig import encode as encode_module
from regtrack.tracks.bigwig.assemble import BigWigFile, create_bigwig, file_order
from regtrack.tracks.bigwig.encode import encode
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.rounding import round_mantissa
from regtrack.tracks.bigwig.validate import validate

ASSEMBLY = Assembly(("chr2", "chr10"), (1_000, 2_000))


def ones(count: int) -> np.ndarray:
    return np.ones(count, dtype=np.float32)


def test_order_is_bytewise_whatever_the_order_of_the_assembly() -> None:
    assert file_order(ASSEMBLY) == ("chr10", "chr2")
    assert file_order(Assembly(("b", "é", "B", "a"), (1, 1, 1, 1))) == ("B", "a", "b", "é")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (("chr10", 0, 100), ("chr10", 99, 5), "chr10:100-104 comes after chr10:100 was written"),
        (("chr10", 500, 100), ("chr10", 0, 5), "chr10:1-5 comes after chr10:600 was written"),
        (("chr2", 0, 100), ("chr10", 0, 5), "chr10:1-5 comes after chr2:100 was written"),
        (("chr10", 0, 100), ("chr2", 0, 1001), "chr2:1-1,001 ends past .* 1,000 bp long"),
        (("chr10", 0, 100), ("chr3", 0, 5), 'no chromosome "chr3" in this file'),
    ],
)
def test_disorder_overlap_and_overhang_are_refused(
    tmp_path: Path, first: tuple[str, int, int], second: tuple[str, int, int], message: str
) -> None:
    with (
        pytest.raises(TrackError, match=message),
        create_bigwig(tmp_path / "a.bw", ASSEMBLY) as file,
    ):
        for chrom, start, count in (first, second):
            file.write(chrom, start, ones(count))
    assert list(tmp_path.iterdir()) == []


def test_a_path_may_be_a_string(tmp_path: Path) -> None:
    path = str(tmp_path / "a.bw")
    with create_bigwig(path, ASSEMBLY) as file:
        file.write("chr10", 0, ones(5))
    with RawBigWig(path) as raw:
        assert raw.summary.covered == 5
    assert validate(path).valid


def test_another_resolution_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(TrackError, match="values of 1 bp; expected 10 bp"),
        create_bigwig(tmp_path / "a.bw", ASSEMBLY, resolution=10) as file,
    ):
        file.append(encode(0, 0, ones(5)))


def test_what_a_bigwig_cannot_hold_is_refused(tmp_path: Path) -> None:
    for assembly, message in (
        (Assembly(("chr1",), (2**32,)), "chr1 of 4,294,967,296 bp does not fit into a bigWig"),
        (Assembly(("c", "\x1b" + 4_096 * "n"), (1, 1)), r"name \\x1bnn.*\.\.\. has 4,097 bytes"),
        (Assembly((2_000 * "\u20ac",), (1,)), "has 6,000 bytes, and a bigWig's at most 4,096"),
    ):
        with (
            pytest.raises(TrackError, match=message),
            create_bigwig(tmp_path / "a.bw", assembly),
        ):
            pass
    assert list(tmp_path.iterdir()) == []


def test_the_longest_chromosome_and_name_are_written(tmp_path: Path) -> None:
    name = 4_096 * "n"
    with create_bigwig(tmp_path / "a.bw", Assembly((name,), (2**32 - 1,))) as file:
        file.write(name, 2**32 - 6, ones(5))
    assert validate(tmp_path / "a.bw").valid


def test_an_output_is_replaced_only_with_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "a.bw"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"), create_bigwig(path, ASSEMBLY):
        pass
    assert path.read_bytes() == b"mine"
    with create_bigwig(path, ASSEMBLY, overwrite=True) as file:
        file.write("chr10", 0, ones(10))
    assert np.nansum(own_track(path)["chr10"]) == 10


@pytest.mark.parametrize(
    ("failure", "seen"),
    [
        (OSError(errno.ENOSPC, "full"), OutputError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (ValueError("a bug"), ValueError),
    ],
)
def test_a_failure_leaves_no_new_file_and_the_old_one_unchanged(
    tmp_path: Path, failure: BaseException, seen: type[BaseException]
) -> None:
    path = tmp_path / "a.bw"
    path.write_bytes(b"the old one")
    with pytest.raises(seen), create_bigwig(path, ASSEMBLY, overwrite=True) as file:
        file.write("chr10", 0, ones(2_000))
        raise failure
    assert [p.name for p in tmp_path.iterdir()] == ["a.bw"]
    assert path.read_bytes() == b"the old one"


def test_infinity_in_the_middle_leaves_no_file(tmp_path: Path) -> None:
    values = ones(2_000)
    values[1_500] = np.inf
    with (
        pytest.raises(TrackError, match="base 1,501"),
        create_bigwig(tmp_path / "a.bw", ASSEMBLY) as file,
    ):
        file.write("chr10", 0, values)
    assert list(tmp_path.iterdir()) == []


def test_equal_values_give_byte_identical_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode_module, "STRETCH", 32_768)
    values = pieces(np.random.default_rng(5), 300_000)
    files = []
    for name, threads in (("a.bw", 1), ("b.bw", 1), ("c.bw", 4)):
        with create_bigwig(tmp_path / name, Assembly(("chr1",), (300_000,))) as file:
            file.write("chr1", 0, values, threads=threads)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1] == files[2]


def test_rounding_while_writing_does_not_change_the_array(tmp_path: Path) -> None:
    values = pieces(np.random.default_rng(6), 100_000)
    before = values.copy()
    rounded = values.copy()
    round_mantissa(rounded, 7)
    files = []
    for name, given, keep_bits in (("a.bw", values, 7), ("b.bw", rounded, 23)):
        with create_bigwig(tmp_path / name, Assembly(("chr1",), (100_000,))) as file:
            file.write("chr1", 0, given, keep_bits=keep_bits, threads=2)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]
    np.testing.assert_array_equal(values, before)


def test_the_last_value_may_cover_fewer_bases(tmp_path: Path) -> None:
    assembly = Assembly(("chr1",), (995,))
    case = Case(assembly, {"chr1": np.arange(100, dtype=np.float32)}, resolution=10)
    with create_bigwig(tmp_path / "a.bw", assembly, resolution=10) as file:
        file.write("chr1", 0, case.values["chr1"])
    assert (own_track(tmp_path / "a.bw")["chr1"] == case.by_base("chr1")).all()


def test_more_than_4_gb(tmp_path: Path) -> None:
    """Offsets need 64 bits; holes in the file replace gigabytes of blocks."""
    rng = np.random.default_rng(6)
    assembly = Assembly(("chr1", "chr2"), (40_000, 40_000))
    values = {name: rng.random(40_000, dtype=np.float32) for name in assembly.names}
    case, path = Case(assembly, values), tmp_path / "large.bw"
    with path.open("wb") as stream, tempfile.TemporaryFile() as spool:
        file = BigWigFile(stream, spool, assembly)
        for chrom in file.chroms:
            file.write(chrom, 0, values[chrom][:20_000])
            stream.seek(3 << 30, 1)
            file.write(chrom, 20_000, values[chrom][20_000:])
        file.finish()
    assert path.stat().st_size > 6 << 30
    tracks = {name: read(path) for name, read in READERS.items()}
    tracks["@gmod/bbi"] = gmod_track(read_gmod([path])[0])
    tracks["ours"] = own_track(path)
    for name, track in tracks.items():
        for chrom in assembly.names:
            assert (track[chrom] == case.by_base(chrom)).all(), name


@pytest.mark.parametrize("resolution", [10**6, 4 * 10**7, 10**9])
def test_values_may_be_as_far_apart_as_a_file_can_say(tmp_path: Path, resolution: int) -> None:
    length = 4 * 10**9 + 5
    values = np.arange(-(-length // resolution), dtype=np.float32)
    path, assembly = tmp_path / "wide.bw", Assembly(("chr1",), (length,))
    with create_bigwig(path, assembly, resolution=resolution) as file:
        file.append(encode(0, 0, values, resolution=resolution, end=length))
    report = validate(path, assembly)
    assert report.valid, report.text()
    with RawBigWig(path) as raw:
        assert raw.summary.covered == length
