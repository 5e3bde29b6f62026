"""The same content in every dress, by every reader of other people's text."""

from __future__ import annotations

import gzip
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regtrack.errors import RegtrackError
from regtrack.genome.assembly import Assembly, read_sizes
from regtrack.labels.manifest import read_markers
from regtrack.labels.peaks import read_peaks
from regtrack.simulation.default import DEFAULT_GRAMMAR
from regtrack.simulation.grammar_file import read_grammar, write_grammar
from regtrack.sweep.request import Selection, read_targets
from regtrack.tracks.gtf import read_genes

ASSEMBLY = Assembly(("chr1", "chr2"), (1000, 1000))
BED = "".join(f"chr{1 + at % 2}\t{9 * at}\t{9 * at + 5}\tx\n" for at in range(50))
GTF = "".join(f'chr1\tx\tgene\t{at + 1}\t{at + 9}\t.\t+\t.\tgene_id "é{at}";\n' for at in range(20))
TABLE = "file\tcategory\tcell\ttarget\nb.bed\tTF\tK562é\tCTCF\nc.bed\tTF\tA\tB\n"
with tempfile.TemporaryDirectory() as folder:
    write_grammar(Path(folder, "grammar.json"), DEFAULT_GRAMMAR)
    GRAMMAR = Path(folder, "grammar.json").read_text()


def peaks(path: Path) -> Any:
    found = read_peaks(path, ASSEMBLY)
    return found.counts, {name: list(held) for name, held in found.by_chrom.items()}


def targets(path: Path, option: str) -> Any:
    found = read_targets(ASSEMBLY, Selection(**{option: path}))
    return {name: list(held) for name, held in found.items()}


def genes(path: Path) -> Any:
    found = read_genes(path)
    return found.counts, {name: held.names for name, held in found.by_chrom.items()}


def markers(path: Path) -> Any:
    return [file.marker for file in read_markers(path, FOLDER[0])]


FOLDER: list[Path] = []
READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "peaks": (BED, peaks),
    "regions": (BED, lambda path: targets(path, "regions")),
    "exclude": (BED, lambda path: targets(path, "exclude")),
    "sizes": ("chr1\t10\nchré\t20\n", read_sizes),
    "markers": (TABLE, markers),
    "genes": (GTF, genes),
    "grammar": (GRAMMAR, read_grammar),
}
DRESSES: dict[str, Callable[[str], bytes]] = {
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "mixed": lambda text: text.replace("\n", "\r", 1).replace("\n", "\r\n", 1).encode(),
    "no end": lambda text: text.rstrip("\n").encode(),
    "blanks": lambda text: text.replace("\n", " \t \n").encode(),
    "mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "Latin-1": lambda text: text.encode("latin-1"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "members": lambda text: gzip.compress(text[:9].encode()) + gzip.compress(text[9:].encode()),
    "all": lambda text: gzip.compress(text.replace("\n", "\r").encode("utf-16")),
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    FOLDER[:] = [tmp_path]
    for name in ("b.bed", "c.bed"):
        (tmp_path / name).touch()


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("dress", DRESSES)
def test_content_is_read_alike_in_every_dress(tmp_path: Path, name: str, dress: str) -> None:
    text, read = READERS[name]
    plain, dressed = tmp_path / "plain", tmp_path / "dressed"
    plain.write_text(text, encoding="utf-8")
    dressed.write_bytes(DRESSES[dress](text))
    assert read(dressed) == read(plain)


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_is_read_like_a_file(tmp_path: Path, name: str) -> None:
    text, read = READERS[name]
    plain, pipe = tmp_path / "plain", tmp_path / "pipe"
    plain.write_text(text, encoding="utf-8")
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(text.encode())))
    writer.start()
    assert read(pipe) == read(plain)
    writer.join()


ODD = {
    "trailing garbage": (gzip.compress(b"chr1\t1\t2\n") + b"garbage" * 9, "damaged gzip"),
    "NUL": (b"chr1\t1\t2\nchr1\t3\0\t4\n", "line 2 has a NUL byte|cannot be read"),
    "bigWig": (b"\x26\xfc\x8f\x88\x04\0", "is a bigWig; expected"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
    "mixed encodings": (
        b"chr\xc3\xa9\t1\t2\nchr\xe9\t1\t2\n",
        "mixes UTF-8|cannot|no column|not valid JSON",
    ),
    "endless line": (b"chr1\t1\t" + b"2" * (18 << 20), "line 1 is longer than 16,777,216 bytes"),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_text_is_refused_by_all(tmp_path: Path, name: str, odd: str) -> None:
    content, reason = ODD[odd]
    path = tmp_path / "odd"
    path.write_bytes(content)
    with pytest.raises(RegtrackError, match=reason) as caught:
        READERS[name][1](path)
    assert str(caught.value).isprintable()
    assert str(path) in str(caught.value)


ROW = "chr1\t5\t9\n"
GENE = 'chr1\tx\tgene\t5\t9\t.\t+\t.\tgene_id "a";\n'
HEADER = "file\tcategory\tcell\ttarget\n"
# what files hold that people edit, export and cut; and why it is refused
REFUSED: list[tuple[str, str | bytes, str]] = [
    ("peaks", "chr1\u00a05\u00a09\n", "at least 3 columns"),  # no-break spaces
    ("peaks", "chr1\t5\u00a0\t9\n", "whole numbers"),
    ("peaks", "chr1\t1e1\t1e2\n", "whole numbers"),
    ("peaks", "chr1\t2024-01-05\t9\n", "whole numbers"),
    ("peaks", "chr1\t\uff15\t\uff19\n", "whole numbers"),
    ("peaks", "chr1\t0x5\t0x9\n", "whole numbers"),
    ("peaks", "chr1\tNA\tNA\n", "whole numbers"),
    ("peaks", "1\tchr1\t5\t9\n", "whole numbers"),  # with the row names of R
    ("peaks", ROW.replace("9", "9# comment"), "whole numbers"),
    ("peaks", "chr1\t5\t9223372036854775808\n", "no chromosome is this long"),
    ("peaks", "C:\\peaks\\a.bed\n", "at least 3 columns"),
    ("peaks", ROW + "\x1a", "at least 3 columns"),  # the end of a file of DOS
    ("peaks", b"\xfd7zXZ\x00" + bytes(9), "is an xz file"),
    ("peaks", b"\x28\xb5\x2f\xfd" + bytes(9), "is a Zstandard file"),
    ("genes", GENE.replace("\t", " "), "nine columns"),
    ("genes", GENE.replace("\t5\t", "\t1,000\t"), "whole numbers"),
    ("genes", GENE.replace("\t5\t9", "\t9\t5"), "start of 1"),
    ("genes", ">chr1\nACGT\n", "FASTA"),
    ("sizes", "chr1\t1,000\n", "expected a name and a length"),
    ("sizes", "chr1\t1e6\n", "expected a name and a length"),
    ("sizes", "\t10\n", "expected a name and a length"),
    ("sizes", "chr1\t0\n", "at least 1"),
    ("sizes", "chr1\t10\nchr1\t10\n", "twice"),
    ("sizes", "#chrom\tsize\nchr1\t10\n", "expected a name and a length"),
    ("markers", HEADER.replace("\t", ";") + "b.bed;TF;K;C\n", "no column file"),
    ("markers", HEADER + "C:\\b.bed\tTF\tK\tC\n", "lacks 1 of the 1 peak files"),
    ("markers", HEADER + "b.bed\u200b\tTF\tK\tC\n", "lacks 1 of the 1 peak files"),
    ("markers", HEADER + HEADER + "b.bed\tTF\tK\tC\n", "lacks 1 of the 2 peak files"),
    ("markers", HEADER + "b.bed\tTF\tK\n", "no target"),
]
READ: list[tuple[str, str | bytes, str | bytes]] = [  # as if it were
    ("peaks", "chr1\t05\t009\n", ROW),
    ("peaks", ROW.replace("\n", " # comment\n"), ROW),
    ("peaks", ROW.replace("\t", "   "), ROW),
    ("peaks", ROW.replace("\n", "\x0c\n"), ROW),
    ("peaks", ROW.replace("\n", "\tx\t0\t.\t5\t9\t0\t1\t4\t0\t2\t3\t4\n"), ROW),  # gappedPeak
    ("peaks", "chr1\t900\t4294967297\n", "chr1\t900\t1001\n"),  # past 2**32, and clipped
    ("peaks", gzip.compress(ROW.encode()) + bytes(512), ROW),
    ("genes", GENE.replace("\n", " # comment\n"), GENE),
    ("sizes", "chr1\t10\t6\t60\t61\n", "chr1 10\n"),
    ("markers", HEADER.upper() + "b.bed\tTF\tK\tC\n", HEADER + "b.bed\tTF\tK\tC\n"),
]


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(("name", "content", "reason"), REFUSED)
def test_what_people_export_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: str | bytes, reason: str
) -> None:
    with pytest.raises(RegtrackError, match=reason) as caught:
        READERS[name][1](put(tmp_path / "odd", content))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("name", "content", "same"), READ)
def test_what_people_write_is_read_as_meant(
    tmp_path: Path, name: str, content: str | bytes, same: str | bytes
) -> None:
    read = READERS[name][1]
    assert read(put(tmp_path / "odd", content)) == read(put(tmp_path / "usual", same))


def test_a_gzip_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(ROW.encode())
    for length in range(1, len(whole)):
        with pytest.raises(RegtrackError):
            peaks(put(tmp_path / "cut", whole[:length]))
