"""Lines of texts in every dress, against the lines that were put in."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import re
import subprocess
import sys
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from regtrack.errors import PeakFileError, RegtrackError
from regtrack.files.source import sha256_of
from regtrack.files.text import LONGEST, Text, read_lines

LINES = ["# café", "chr1\t5\t9", "", "chr1\t11\t12\tx y"]
EXPECTED = [(1, "# café"), (2, "chr1\t5\t9"), (4, "chr1\t11\t12\tx y")]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "text"
    path.write_bytes(content)
    return path


def members(content: bytes) -> bytes:
    middle = len(content) // 2
    return gzip.compress(content[:middle]) + gzip.compress(b"") + gzip.compress(content[middle:])


def padded(content: bytes) -> bytes:
    return gzip.compress(content) + bytes(100)  # as tapes and some tools do


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, members, padded])
def test_a_text_has_the_same_lines_in_every_dress(
    tmp_path: Path, end: str, last: bool, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    content = pack((end.join(LINES) + (end if last else "")).encode(coding))
    path = written(tmp_path, content)
    assert read_lines(path, "text") == EXPECTED
    with Text(path, "text") as text:
        assert len(list(text)) == 3
        assert (text.lines, text.blank) == (4, 1)
        assert text.sha256 == hashlib.sha256(content).hexdigest()


def test_utf16_of_either_order_is_read(tmp_path: Path) -> None:
    for mark, coding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        path = written(tmp_path, mark + "\n".join(LINES).encode(coding))
        assert read_lines(path, "text") == EXPECTED


ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
words = st.binary(max_size=5).map(lambda word: bytes(97 + byte % 20 for byte in word))


@settings(max_examples=50)
@given(st.lists(st.tuples(words, ends)), st.integers(1, 9))
def test_mixed_ends_are_split_wherever_pieces_are_cut(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[bytes, bytes]], size: int
) -> None:
    # CR, then an empty line that ends with LF, cannot be told from CRLF
    content = b"".join(word + end for word, end in found)
    path = written(tmp_path_factory.mktemp("text"), content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("regtrack.files.source.PIECE", size)
        lines = read_lines(path, "text")
    expected = content.decode().splitlines()
    assert lines == [(number, line) for number, line in enumerate(expected, 1) if line]


def test_blanks_at_the_ends_of_lines_go(tmp_path: Path) -> None:
    path = written(tmp_path, b" a\tb \t\n\t \nc\x0b\n")
    assert read_lines(path, "text") == [(1, "a\tb"), (3, "c")]


def test_a_tab_at_the_left_end_is_an_empty_column(tmp_path: Path) -> None:
    assert read_lines(written(tmp_path, b"\ta\tb\n"), "text") == [(1, "\ta\tb")]


@pytest.mark.parametrize(
    "joined", [bytes.__add__, lambda a, b: gzip.compress(a) + gzip.compress(b)]
)
def test_marks_where_files_meet_are_no_letters(
    tmp_path: Path, joined: Callable[[bytes, bytes], bytes]
) -> None:
    path = written(tmp_path, joined("\ufeffa\n".encode(), "\ufeff\ufeffé\n\ufeffb\n".encode()))
    assert read_lines(path, "text") == [(1, "a"), (2, "é"), (3, "b")]


def test_latin_1_is_said_aloud_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(tmp_path, b"plain\ncaf\xe9 \x80\nna\xefve\n")
    with caplog.at_level(logging.WARNING):
        assert read_lines(path, "text") == [(1, "plain"), (2, "café €"), (3, "naïve")]
    (record,) = caplog.records
    assert record.getMessage() == (
        f'{path} line 2 is not UTF-8: the file is read as Latin-1, so this line as "café €"'
    )


def refusal(path: Path) -> str:
    with pytest.raises(PeakFileError) as caught:
        read_lines(path, "BED file", PeakFileError)
    message = str(caught.value)
    assert str(path)[:80] in message
    assert message.isprintable()
    assert len(message) < 300 + len(str(path))
    return message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"caf\xc3\xa9\ncaf\xe9\n",
            r'line 2 cannot be read: "caf\xe9"; the file mixes UTF-8 and another',
        ),
        (b"caf\xe9\n\ncaf\xc3\xa9\n", 'line 3 cannot be read: "café"; the file mixes'),
        (b"a\n\x81\n", r'line 2 cannot be read: "\x81"; its bytes are neither UTF-8 nor Latin-1'),
        (b"a\nb\0\n", "line 2 has a NUL byte: this is no text; expected a BED file"),
        (b"\xeb\xf2\x89\x87\x04\0\0\0", "text is a bigBed; expected a BED file"),
        (gzip.compress(b"\xeb\xf2\x89\x87\x04\0"), "text is a bigBed; expected"),
        (
            "ab\n".encode("utf-16-le"),
            "text is UTF-16 text without a byte order mark; expected a BED file",
        ),
        ("ab\n".encode("utf-16")[:-1], "damaged UTF-16"),
        (b"\xff\xfe\x00\xd8a\x00", "damaged UTF-16"),
        (gzip.compress(b"abc\n" * 9)[:-3], "is a damaged gzip"),
        (gzip.compress(b"abc\n") + b"garbage that follows", "is a damaged gzip"),
        (gzip.compress(b"abc\n")[:-5] + b"xxxxx", "is a damaged gzip"),
        (b"a\n" + b"x" * (LONGEST + (2 << 20)), "line 2 is longer than 16,777,216 bytes"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refusal(written(tmp_path, content))


def test_what_is_not_there_or_not_a_file_is_refused(tmp_path: Path) -> None:
    assert "no BED file at" in refusal(tmp_path / "nothing")
    assert "is a folder; expected a BED file" in refusal(tmp_path)
    assert "cannot be opened (File name too long)" in refusal(tmp_path / ("x" * 300))
    assert "no BED file at" in refusal(written(tmp_path, b"") / "inside")


def packed_repeat(line: bytes, size: int) -> bytes:
    """A gzip of a line repeated to `size` bytes, made without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = line * ((1 << 20) // len(line))
    parts = [packer.compress(piece) for _ in range(size // len(piece) + 1)]
    return b"".join([*parts, packer.flush()])


def test_a_gzip_that_explodes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = written(tmp_path, packed_repeat(b"chr1\t5\t9\tsame\n" * 100, 40 << 20))
    tracemalloc.start()
    try:
        with Text(path, "BED file", PeakFileError) as text, pytest.raises(PeakFileError) as caught:
            for _ in text._blocks():
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "unpacks to more than 100 times its size" in str(caught.value)
    assert peak < 20 << 20


def test_a_gzip_that_unpacks_unusually_far_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("regtrack.files.source._LARGE", 3 << 20)
    path = written(tmp_path, packed_repeat(b"chr1\t5\t9\n", 5 << 20))
    with Text(path, "BED file", PeakFileError) as text:
        assert sum(len(block) for block in text._blocks()) > 5_000_000
    (record,) = caplog.records
    assert "unpacks to more than 40 times its size, 4 MB so far" in record.getMessage()


def test_small_gzips_may_repeat_themselves(tmp_path: Path) -> None:
    path = written(tmp_path, packed_repeat(b"chr1\t5\t9\n", 1 << 20))
    assert len(read_lines(path, "BED file")) > 1 << 16


def test_a_pipe_is_read_once_and_digested_on_the_way(tmp_path: Path) -> None:
    content = gzip.compress("\r".join(LINES).encode("utf-16"))
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(content))
    writer.start()
    with Text(path, "text") as text:
        assert [(number, line.decode()) for number, line in text] == EXPECTED
        assert text.sha256 == hashlib.sha256(content).hexdigest()
    writer.join()
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()


def test_a_pipe_that_gives_single_bytes_is_recognised() -> None:
    reading, writing = os.pipe()

    def write() -> None:
        for byte in gzip.compress(b"a\nb\n"):
            os.write(writing, bytes([byte]))
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    assert read_lines(Path(f"/dev/fd/{reading}"), "text") == [(1, "a"), (2, "b")]
    writer.join()
    with pytest.raises(RegtrackError, match="is a pipe that gives nothing: it was read before"):
        read_lines(Path(f"/dev/fd/{reading}"), "text")
    os.close(reading)


def test_process_substitution_is_read(tmp_path: Path) -> None:
    written(tmp_path, gzip.compress(b"a\nb\n"))
    code = (
        "import sys; from pathlib import Path; from regtrack.files.text import read_lines;"
        "print(read_lines(Path(sys.argv[1]), 'text'))"
    )
    found = subprocess.run(
        ["bash", "-c", '"$1" -c "$0" <(gzip -dc text)', code, sys.executable],
        cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert found.stdout == "[(1, 'a'), (2, 'b')]\n"


@pytest.mark.parametrize("name", ["chr1:1,000-2,000", "chrX:5000", "chr1:1.5m-2m"])
def test_a_region_in_place_of_a_path_is_told_apart(name: str) -> None:
    with pytest.raises(RegtrackError, match=re.escape(f"at {name}, which looks like a region")):
        Text(Path(name), "BED file", RegtrackError)


@pytest.mark.parametrize("name", ["a.bed", "C:a.bed", "run:2/a.bed"])
def test_a_path_that_is_none_is_no_region(name: str) -> None:
    with pytest.raises(RegtrackError, match=re.escape(f"no BED file at {name}; check the path")):
        Text(Path(name), "BED file", RegtrackError)
