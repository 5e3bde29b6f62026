"""Inputs that change while they are in use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from regtrack.errors import ChangedError
from regtrack.genome.inputs import Inputs


def rewrite(path: Path) -> None:
    before = path.stat()
    path.write_bytes(b"x" + path.read_bytes()[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(path: Path) -> None:
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize(
    "change",
    [rewrite, replace, Path.unlink, Path.touch, lambda path: path.write_bytes(b"longer" * 100)],
)
@pytest.mark.parametrize("size", [1, 10_000_000])
def test_any_change_is_refused(tmp_path: Path, change: Callable[[Path], object], size: int) -> None:
    path, still = tmp_path / "in.bed", tmp_path / "still.fa"
    path.write_bytes(b"a" * size)
    os.utime(path, (1, 1))
    still.write_text(">a")
    inputs = Inputs.at([str(path), None, still, tmp_path, tmp_path / "none"])
    inputs.check_unchanged()
    assert set(inputs.stamps) == {path, still}
    change(path)
    with pytest.raises(ChangedError, match=r"in\.bed was written or replaced"):
        inputs.check_unchanged()


def test_a_pipe_is_read_once_and_not_looked_at_again(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    inputs = Inputs.at([tmp_path / "pipe"])
    assert inputs.stamps == {}
    inputs.check_unchanged()
