"""Any bytes are lines or one clear error; what they are is always told."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, strategies as st

from regtrack.errors import RegtrackError
from regtrack.files.recognise import recognise
from regtrack.files.text import Text

PARTS = [
    b"\n", b"\r", b"\r\n", b"\t", b" ", b"chr1", b"5", b"9", b"#", b'"', b";", b"\0", b"\xff",
    b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3\xa9", b"\xe9", b"\x81", b"\x1f\x8b",
    b"PK\3\4",
    b"\x1b[31m", "é\r\n".encode("utf-16-le"), gzip.compress(b"a\rb\n"), gzip.compress(b""),
]  # fmt: skip
content = st.lists(st.sampled_from(PARTS) | st.binary(max_size=8), max_size=12).map(b"".join)
packed = content.map(gzip.compress)
damaged = st.tuples(packed, st.integers(0, 60), st.binary(max_size=3)).map(
    lambda found: found[0][: found[1]] + found[2] + found[0][found[1] + len(found[2]) :]
)
files = content | packed | damaged


@given(files)
def test_any_bytes_are_lines_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(content)
    try:
        with Text(path, "text") as text:
            lines = list(text)
    except RegtrackError as error:
        assert str(path) in str(error)
        assert str(error).isprintable()
        assert len(str(error)) < 400 + len(str(path))
        return
    assert text.lines == len(lines) + text.blank
    numbers = [number for number, _ in lines]
    assert numbers == sorted(set(numbers))
    for _, line in lines:
        assert line == line.rstrip()
        assert not {b"\0", b"\n", b"\r"} & {line[at : at + 1] for at in range(len(line))}
        line.decode()


@given(files)
def test_any_bytes_are_something(content: bytes) -> None:
    kind = recognise(content)
    assert kind.isprintable()
    assert len(kind) < 100
