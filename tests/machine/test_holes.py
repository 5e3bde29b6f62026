"""Freeing a part of a file gives its space back, and changes nothing else."""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import SimpleNamespace

import pytest

from regtrack.machine.holes import can_punch, punch

BLOCK = 4_096


def test_a_part_is_freed_and_reads_as_zeros(tmp_path: Path) -> None:
    if not can_punch(tmp_path):
        pytest.skip("this file system cannot free a part of a file")
    path = tmp_path / "file"
    content = b"x" * (20 * BLOCK)
    path.write_bytes(content)
    with path.open("r+b") as file:
        assert punch(file, BLOCK + 100, 19 * BLOCK + 7)
    start, end = BLOCK + 100, 19 * BLOCK + 7
    assert path.read_bytes() == content[:start] + bytes(end - start) + content[end:]
    assert path.stat().st_blocks * 512 == 3 * BLOCK  # before, and two that are cut


def test_no_byte_and_a_file_that_is_read_only_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * BLOCK)
    with path.open("r+b") as file:
        assert not punch(file, 7, 7)
    with path.open("rb") as file:
        assert not punch(file, 0, BLOCK)
    assert path.read_bytes() == b"x" * BLOCK


@pytest.mark.parametrize("library", [SimpleNamespace(), SimpleNamespace(fallocate=lambda *_: -1)])
def test_a_system_that_cannot_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: object
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    assert not can_punch(tmp_path)


def test_a_folder_that_is_not_there_cannot(tmp_path: Path) -> None:
    assert not can_punch(tmp_path / "missing")
