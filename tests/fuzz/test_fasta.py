"""Whatever a FASTA or its indexes hold, bases are read right or the file is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from fastas import letters_of, write
from hypothesis import HealthCheck, example, given, settings, strategies as st

from regtrack import atomic
from regtrack.errors import FastaError
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import decode

Test = Callable[..., None]

SOUND = b">chr1 the first\n" + b"ACGTNACGTA\n" * 7 + b"CC\n>b\nTTTTT\n>c\r\nGAT\r\nTAC\r\nA"

pieces = st.sampled_from(
    [b">", b">a", b">b c", b"ACGT", b"acgu", b"N", b"*", b"-", b"AC GT", b" ", b"\t", b"7", b"\0",
     b"\xe9", "é".encode(), b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n", b"\n\n", b"\nACGT\nACGT"]
)  # fmt: skip
texts = st.one_of(
    st.lists(pieces, max_size=24).map(b"".join),
    st.lists(pieces, max_size=24).map(lambda found: b">a\n" + b"\n".join(found)),
)
changes = st.lists(
    st.tuples(st.integers(0, 2**16), st.one_of(st.binary(max_size=4), pieces), st.integers(0, 4)),
    min_size=1,
    max_size=3,
)


def changed(content: bytes, found: list[tuple[int, bytes, int]]) -> bytes:
    """Some bytes of a file replaced by others: at which place, by what, and how many."""
    for place, new, count in found:
        at = place % (len(content) + 1)
        content = content[:at] + new + content[at + count :]
    return content


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose files are not forced to the disk, which takes most of the time."""
    with patch.object(atomic, "sync"):
        yield tmp_path


def fuzz(*given_strategies: st.SearchStrategy[Any]) -> Callable[[Test], Test]:
    """A target: a third of the examples that the profile says."""

    def decorate(test: Test) -> Test:
        shared = [HealthCheck.function_scoped_fixture]
        third = settings(max_examples=settings().max_examples // 3, suppress_health_check=shared)
        return third(given(*given_strategies)(test))

    return decorate


def read(path: Path) -> dict[str, str]:
    with Reference(path) as reference:
        chroms = reference.assembly.names
        return {c: decode(reference.codes(c, 0, reference.assembly.length(c))) for c in chroms}


def check(path: Path, content: bytes) -> None:
    """Right, or refused in one line that names the file; again by the index that was made."""
    for _ in range(2):
        try:
            found = read(path)
        except FastaError as error:
            assert re.match(re.escape(str(path)), str(error)), error
            assert "\n" not in str(error)
            return
        assert found == letters_of(content)


@fuzz(texts)
def test_any_text(folder: Path, content: bytes) -> None:
    for name in ("a.fa", "a.bgz"):
        remove(folder)
        check(write(folder / name, content), content)


@example([(1, b"\x1c", 0)])  # a blank for Python's text, not for samtools
@fuzz(changes)
def test_a_changed_fasta_with_its_former_index(
    folder: Path, found: list[tuple[int, bytes, int]]
) -> None:
    remove(folder)
    path = write(folder / "a.fa", SOUND)
    assert read(path) == letters_of(SOUND)
    content = changed(SOUND, found)
    check(write(path, content), content)


@fuzz(changes, changes, st.sampled_from(["a.fa", "a.bgz"]))
def test_changed_indexes(
    folder: Path,
    fai: list[tuple[int, bytes, int]],
    gzi: list[tuple[int, bytes, int]],
    name: str,
) -> None:
    remove(folder)
    path = write(folder / name, SOUND)
    assert read(path) == letters_of(SOUND)
    for suffix, change in ((".fai", fai), (".gzi", gzi)):
        index = Path(f"{path}{suffix}")
        if index.exists():
            index.write_bytes(changed(index.read_bytes(), change))
    assert read(path) == letters_of(SOUND)


@fuzz(changes)
def test_a_changed_bgzip_file(folder: Path, found: list[tuple[int, bytes, int]]) -> None:
    remove(folder)
    path = write(folder / "a.bgz", SOUND)
    path.write_bytes(changed(path.read_bytes(), found))
    check(path, SOUND)


def remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
