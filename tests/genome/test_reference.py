from __future__ import annotations

import logging
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest
from fastas import write

from regtrack.errors import FastaError, OutputError, RegionError
from regtrack.files import source
from regtrack.genome import fasta_form
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import decode

TEXT = ">chr1 the first\nACGTNacgtn\nRYKMAC\n>chr2\nTTTT\n"


@pytest.mark.parametrize("name", ["ref.fa", "ref.fa.bgz", "ref.fa.gz"])
def test_plain_bgzip_and_gzip_read_the_same(tmp_path: Path, name: str) -> None:
    with Reference(write(tmp_path / name, TEXT)) as reference:
        assert reference.assembly.names == ("chr1", "chr2")
        assert reference.assembly.lengths == (16, 4)
        assert decode(reference.codes("chr1", 0, 16)) == "ACGTNACGTNNNNNAC"
        assert decode(reference.codes("chr1", 8, 12)) == "TNNN"
        assert decode(reference.codes("chr2", 3, 4)) == "T"
        assert len(reference.codes("chr2", 2, 2)) == 0


def test_plain_gzip_is_decompressed_once_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "ref.fa.gz", TEXT)
    with caplog.at_level(logging.WARNING):
        Reference(path).close()
        assert "plain gzip" in caplog.text
        assert "bgzip" in caplog.text
        caplog.clear()
        Reference(path).close()
        assert caplog.text == ""
    assert [p.name for p in tmp_path.iterdir()] == ["ref.fa.gz"]


@pytest.mark.parametrize("interval", [("chr1", -1, 4), ("chr1", 0, 17), ("chr1", 5, 4)])
def test_reads_past_the_ends_are_refused(tmp_path: Path, interval: tuple[str, int, int]) -> None:
    with Reference(write(tmp_path / "ref.fa", TEXT)) as reference, pytest.raises(RegionError):
        reference.codes(*interval)


@pytest.mark.parametrize(
    ("name", "cut", "message"),
    [
        ("ref.fa.gz", 12, "damaged"),
        ("ref.fa.gz", 60, "damaged"),
        ("ref.fa.bgz", 28, "EOF marker"),
        ("ref.fa.bgz", 29, "is truncated"),
        ("ref.fa.bgz", 40, "is truncated"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, cut: int, message: str) -> None:
    path = write(tmp_path / name, TEXT)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(FastaError, match=message):
        Reference(path)


def test_the_content_decides_whether_a_file_is_packed(tmp_path: Path) -> None:
    with Reference(write(tmp_path / "a.bgz", TEXT).rename(tmp_path / "a.fa")) as reference:
        assert decode(reference.codes("chr1", 8, 12)) == "TNNN"
    with pytest.raises(FastaError, match=r"not compressed, unlike its name; rename it a\.fa$"):
        Reference(write(tmp_path / "a", TEXT).rename(tmp_path / "a.fa.gz"))


def test_an_unpacked_copy_must_fit_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.gz", TEXT)
    monkeypatch.setenv("REGTRACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fasta_form, "_ROOM", 1 << 60)
    with pytest.raises(OutputError, match="set REGTRACK_CACHE to a folder on another disk, or"):
        Reference(path)
    assert not (tmp_path / "cache").exists()


def test_a_gzip_that_unpacks_to_far_more_than_a_fasta_does_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "FREE", 1 << 16)
    path = write(tmp_path / "a.gz", b">c\n" + b"A" * (4 << 20))
    with pytest.raises(FastaError, match="unpacks to more than 100 times its size, as no FASTA"):
        Reference(path)


def test_letters_that_are_not_dna_codes_are_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Reference(write(tmp_path / "rna.fa", ">c\nACGU\n")) as reference:
        assert decode(reference.codes("c", 0, 4)) == "ACGN"
        assert "1 of the 4 letters at c:1-4 are not DNA codes and are read as N" in caplog.text
        caplog.clear()
        reference.codes("c", 0, 4)
    with Reference(write(tmp_path / "dna.fa", f">c\n{'NRYkmswbdhv' * 9}\nX\n")) as reference:
        reference.codes("c", 0, 100)  # 1 %, no more
    assert caplog.text == ""


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FastaError, match="no FASTA at"):
        Reference(tmp_path / "ref.fa")


def test_a_changed_file_is_indexed_again(tmp_path: Path) -> None:
    path = write(tmp_path / "ref.fa", TEXT)
    Reference(path).close()
    write(path, ">chr1\nGGGGGG\n")
    newer = path.stat().st_mtime + 10
    os.utime(path, (newer, newer))
    with Reference(path) as reference:
        assert reference.assembly.lengths == (6,)


def test_workers_open_their_own_file(tmp_path: Path) -> None:
    reference = Reference(write(tmp_path / "ref.fa", TEXT))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        read = pool.starmap(reference.codes, [("chr1", i, i + 2) for i in range(8)])
    whole = reference.codes("chr1", 0, 16)
    assert all(np.array_equal(codes, whole[i : i + 2]) for i, codes in enumerate(read))
    reference.close()


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    first = Reference(write(tmp_path / "a.fa", TEXT))
    second = Reference(write(tmp_path / "b.fa", TEXT))
    third = Reference(write(tmp_path / "c.fa", TEXT + "A\n"))
    assert first.digest() == second.digest() != third.digest()
    for reference in (first, second, third):
        reference.close()


@pytest.mark.real
def test_the_real_sequence(real_data: Path) -> None:
    with Reference(real_data / "chr1_hg38_10M.fa.gz") as reference:
        codes = reference.codes("chr1", 0, 10_000_000)
    assert reference.assembly.lengths == (10_000_000,)
    assert int((codes != 4).sum()) == 9_796_491  # the data's own README
