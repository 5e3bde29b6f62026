"""Indexes of a FASTA that are broken or belong to another file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from regtrack.errors import FastaError
from regtrack.genome import fasta_index
from regtrack.genome.fasta_index import open_fasta

from .fastas import write

TEXT = ">chr1 the > first\nACGTAC\nAC\n>chr2 of > two\nTTTTT"


def index_of(path: Path, text: str) -> Path:
    """Write an index next to a FASTA, with a later time."""
    index = Path(f"{path}.fai")
    index.write_text(text)
    os.utime(index, (2**32, 2**32))
    return index


@pytest.mark.parametrize(
    "text", [TEXT, TEXT + "\n", TEXT + "\n\n", TEXT.replace(">chr2", "> chr2")]
)
def test_an_index_that_fits_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    path, index = write(tmp_path / "a.fa", text), tmp_path / "a.fa.fai"
    for _ in range(2):
        with open_fasta(path, index) as fasta:
            assert list(fasta.keys()) == ["chr1", "chr2"]
            assert str(fasta.get_seq("chr2", 1, 5)) == "TTTTT"
    assert caplog.text == ""


@pytest.mark.parametrize("name", ["a.fa", "a.fa.bgz"])
@pytest.mark.parametrize(
    "broken", ["broken", "", "chr1\tx\ty\tz\t1\n", "\0\1", "chr1\t8\t18\t6\t7\nchr2\t5"]
)
def test_a_broken_index_is_rebuilt_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, broken: str
) -> None:
    path = write(tmp_path / name, TEXT)
    index = index_of(path, broken)
    if name.endswith(".bgz"):
        (tmp_path / "a.fa.bgz.gzi").write_bytes(b"short")
        os.utime(tmp_path / "a.fa.bgz.gzi", (2**32, 2**32))
    for _ in range(2):
        with open_fasta(path, index) as fasta:
            assert str(fasta.get_seq("chr2", 1, 5)) == "TTTTT"
    assert caplog.messages == [f"{index} was broken or belonged to another file: it was rebuilt"]
    expected = {path.name, index.name} | ({"a.fa.bgz.gzi"} if name.endswith(".bgz") else set())
    assert {found.name for found in tmp_path.iterdir()} == expected


@pytest.mark.parametrize(
    "other",
    [
        "chr1\t8\t18\t6\t7\n",  # a record is missing
        "chr1\t8\t18\t6\t7\nchr3\t5\t43\t5\t6\n",  # another name
        "chr1\t8\t18\t6\t7\nchr2\t5\t44\t5\t6\n",  # a base further
        "chr1\t8\t18\t6\t7\nchr2\t3\t43\t5\t6\n",  # shorter
    ],
)
def test_the_index_of_another_file_is_rebuilt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, other: str
) -> None:
    path = write(tmp_path / "a.fa", TEXT + "\n")
    open_fasta(path, tmp_path / "a.fa.fai").close()
    right = (tmp_path / "a.fa.fai").read_text()
    assert right == "chr1\t8\t18\t6\t7\nchr2\t5\t43\t5\t6\n"
    index = index_of(path, other)
    open_fasta(path, index).close()
    assert "it was rebuilt" in caplog.text
    assert index.read_text() == right


def test_a_broken_index_that_cannot_be_replaced_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = index_of(write(tmp_path / "a.fa", TEXT), "broken")
    monkeypatch.setattr(fasta_index.os, "access", lambda *_: False)
    message = r"a\.fa\.fai is broken or belongs to another file; delete it"
    with pytest.raises(FastaError, match=message):
        open_fasta(tmp_path / "a.fa", index)
