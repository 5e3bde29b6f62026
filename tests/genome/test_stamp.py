"""A file that changes after it was opened is noticed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fastas import write

from regtrack.errors import FastaError
from regtrack.genome.reference import Reference
from regtrack.genome.stamp import take_stamp

TEXT = ">chr1\n" + "ACGTACGTAC\n" * 60_000


def keep_date(path: Path, change: Callable[[Path], object]) -> None:
    """Change a file and give it its former date."""
    stat = path.stat()
    change(path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def rewrite_in_place(path: Path) -> None:
    path.write_text(TEXT.replace("A", "C"))


def replace_by_another(path: Path) -> None:
    write(path.with_name("new.fa"), TEXT).replace(path)


@pytest.mark.parametrize("change", [rewrite_in_place, replace_by_another])
@pytest.mark.parametrize("keep", [False, True])
def test_a_changed_file_is_refused(
    tmp_path: Path, change: Callable[[Path], object], keep: bool
) -> None:
    with Reference(write(tmp_path / "a.fa", TEXT)) as reference:
        reference.check_unchanged()
        if keep:
            keep_date(reference.path, change)
        else:
            change(reference.path)
        with pytest.raises(FastaError, match=r"a\.fa was written or replaced while it was read"):
            reference.check_unchanged()


def test_a_removed_file_is_refused(tmp_path: Path) -> None:
    with Reference(write(tmp_path / "a.fa", TEXT)) as reference:
        reference.path.unlink()
        with pytest.raises(FastaError, match=r"cannot be read any more \(No such file"):
            reference.check_unchanged()


@pytest.mark.parametrize("size", [1, 100_000, 3_000_000])
def test_both_ends_are_sampled(tmp_path: Path, size: int) -> None:
    path = tmp_path / "any"
    digests = set()
    for place in (None, 0, size - 1):
        content = bytearray(size)
        if place is not None:
            content[place] = 7
        path.write_bytes(content)
        digests.add(take_stamp(path).digest)
    assert len(digests) == (3 if size > 1 else 2)
