"""FASTA files as editors and tools leave them: each is read right, or refused with its line."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from fastas import letters_of, write

from regtrack.errors import FastaError
from regtrack.genome import fasta_bytes, fasta_lines
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import decode

USUAL = ">chr1 the > first\nACGTACGTAC\nGGGGGTTTTT\nCAT\n>chr2\nTTTT\n"
READ = {
    "usual": USUAL,
    "no last line end": USUAL.rstrip("\n"),
    "CRLF": USUAL.replace("\n", "\r\n"),
    "CR": USUAL.replace("\n", "\r"),
    "CR, no last line end": USUAL.replace("\n", "\r").rstrip("\r"),
    "blank at each end": USUAL.replace("\n", " \n"),
    "tabs at each end": USUAL.replace("\n", "\t \r\n"),
    "blank at each end but the last": USUAL.replace("\n", " \n").rstrip(),
    "byte order mark": "\ufeff" + USUAL,
    "blank lines between records": USUAL.replace(">chr2", "\n \n>chr2"),
    "blank lines first and last": f"\n\n{USUAL}\n\r\n \n",
    "blank lines after the header": USUAL.replace("first\n", "first\n\n"),
    "lower case": USUAL.lower(),
    "gaps and stops": USUAL.replace("GGG", "-*.").replace("CAT", "RY*"),
    "blank before the name": USUAL.replace(">chr", "> chr"),
    "another end in each record": USUAL.replace("\n>chr2\n", "\r\n>chr2\r"),
    "a short last line with blanks": USUAL.replace("CAT", "CAT    "),
    "names with everything": USUAL.replace("chr1", "HLA-A*01:01:01:01,é|x"),
    "one line": f">a\n{'ACGTT' * 3000}\n>b\n{'GA' * 9000}",
    "one base": ">a\nA",
    "Latin-1 after the name": USUAL.encode().replace(b"the", b"l\xe9"),
}  # fmt: skip
REFUSED = {
    "uneven": (">a\nACGT\nACG\nACGT\n>b\nA\n", "line 3: its length is not that of"),
    "longer": (">a\nACGT\nACGTA\n", "line 3: longer than the record's first line"),
    "one blank only": (">a\nACGT\nACGT \nACGT\n", "line 3: its length is not that of"),
    "mixed ends": (">a\nACGT\nACGT\r\nACGT\n", "line 3: its length is not that of"),
    "blank line within": (">a\nACGT\n\nACGT\n", "line 3: a blank line within a record"),
    "blanks between": (">a\nAC GT\nAC GT\n", "line 2: blanks before or between its letters"),
    "blanks before": (">a\n ACGT\n", "line 2: blanks before or between its letters"),
    "numbers": (">a\n1 ACGT\n", 'line 2: found "1" among the bases; expected letters'),
    "no line end before >": (">a\nACGT>b\nACGT\n", 'line 2: found ">" among the bases'),
    "no base": (">a\nAC\n>b\n>c\nAC\n", "line 3: record b has no sequence; remove it"),
    "no base at the end": (">a\nAC\n>b\n", "line 3: record b has no sequence; remove it"),
    "one name twice": (">a\nAC\n>b\nAC\n>a 2\nAC\n", "line 5: a names the record of line 1 too"),
    "no name": (">a\nAC\n> \nAC\n", 'line 3: no name after ">"'),
    "Latin-1 name": (b">a\nAC\n>b\xe9\nA\n", r'line 3: the name "b\xe9" is not UTF-8'),
    "an endless name": (f">{'a' * 5000}\nAC\n", "line 1: the name is longer than 4,096 bytes"),
    "a NUL": (b">a\nAC\0T\n", r'line 2: found "\x00" among the bases'),
    "not UTF-8": (b">a\nACGT\nAC\xe9T\n", r'line 3: found "\xe9" among the bases'),
    "an escape in a name": (">\x1b[31m\nA\n>\x1b[31m\nA\n", r"line 3: \x1b[31m names the record"),
    "text first": ("; made by hand\n>a\nACGT\n", "is text, not a FASTA; expected"),
    "UTF-16": (">a\nACGT\n".encode("utf-16"), "is UTF-16 text, not a FASTA; expected a FASTA, in "
               "ASCII or UTF-8: iconv -f UTF-16 -t UTF-8"),
    "2bit": (b"\x43\x27\x41\x1a" + bytes(60), "is a 2bit file, not a FASTA; expected a FASTA, "
             "which twoBitToFa makes of it: twoBitToFa"),
    "a BED": ("chr1\t5\t10\n", r'is a BED file, not a FASTA; expected a FASTA, whose first line '
              r'begins with ">", not "chr1\t5\t10\n"'),
    "empty": ("", "is an empty file, not a FASTA"),
    "blank": ("\n \n", "is blank text, not a FASTA"),
    "a web page": ("<!DOCTYPE html><p>", "is an HTML page (an error page saved by a download?), "
                   "not a FASTA; expected a FASTA, whose first line begins"),
}  # fmt: skip


def in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read pieces shorter than a line, and take lines for too long to be kept whole."""
    monkeypatch.setattr(fasta_bytes, "_PIECE", 7)
    monkeypatch.setattr(fasta_lines, "_LONG", 30)


@pytest.mark.parametrize("name", ["a.fa", "pieces.fa", "a.bgz", "a.gz"])
@pytest.mark.parametrize("kind", READ)
def test_it_is_read_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    if name == "pieces.fa":
        in_small_pieces(monkeypatch)
    text = READ[kind]
    content = text if isinstance(text, bytes) else text.encode()
    expected = letters_of(content.replace(b"\xe9", b"e") if kind.startswith("Latin") else content)
    path = write(tmp_path / name, content)
    for _ in range(2):  # by the index that the first one made, too
        with Reference(path) as reference:
            assert reference.assembly.names == tuple(expected)
            for chrom, letters in expected.items():
                length = reference.assembly.length(chrom)
                assert decode(reference.codes(chrom, 0, length)) == letters
                for start, end in ((1, length), (length // 2, length), (9, 11), (10, 20), (3, 4)):
                    if 0 <= start < end <= length:
                        assert decode(reference.codes(chrom, start, end)) == letters[start:end]


@pytest.mark.parametrize("name", ["a.fa", "pieces.fa", "a.bgz"])
@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    if name == "pieces.fa":
        in_small_pieces(monkeypatch)
    text, message = REFUSED[kind]
    path = write(tmp_path / name, text)
    packed = name == "a.bgz"
    if packed and "not a FASTA" in message:
        message = "not a FASTA"
    with pytest.raises(FastaError, match=re.escape(message)) as caught:
        Reference(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("*.fai"))


def test_very_long_lines_are_read_in_bounded_memory(tmp_path: Path) -> None:
    line = b"ACGTN" * 2_000_000
    path = write(tmp_path / "a.fa", b">a\n" + line + b"\n>b\n" + line[:7])
    with Reference(path) as reference:
        assert reference.assembly.lengths == (10_000_000, 7)
        assert decode(reference.codes("a", 9_999_990, 10_000_000)) == "ACGTNACGTN"
    with pytest.raises(FastaError, match="line 2: blanks before or between"):
        Reference(write(tmp_path / "b.fa", b">a\n" + line + b" " + line))


def test_an_index_that_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.fa.fai")  # nobody writes to it
    with Reference(write(tmp_path / "a.fa", b">a\nACGT\n")) as reference:
        assert reference.assembly.lengths == (4,)


def test_what_is_wrong_is_named_as_it_reads(tmp_path: Path) -> None:
    text = ">a\nACGT\n\ufeff>b\nAC\n"
    with pytest.raises(FastaError, match=r'line 3: found "\\ufeff" among the bases'):
        Reference(write(tmp_path / "a.fa", text.encode()))
    with pytest.raises(FastaError, match=r"is UTF-16 text without .*iconv -f UTF-16"):
        Reference(write(tmp_path / "b.fa", ">a\nACGT\n".encode("utf-16-le")))
    with pytest.raises(FastaError, match="is a folder; expected a FASTA"):
        Reference(tmp_path)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FastaError, match="is a pipe or a device, which cannot be read by region"):
        Reference("/dev/null")
