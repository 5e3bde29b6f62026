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
from regtrack.simulate.default import DEFAULT_GRAMMAR
from regtrack.simulate.grammar_file import read_grammar, write_grammar
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
