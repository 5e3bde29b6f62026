from __future__ import annotations

import errno
from pathlib import Path

import pytest

from regtrack.atomic import check_free, publish_file, publish_folder
from regtrack.errors import OutputError


def test_a_file_appears_only_when_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file.txt"
    with publish_file(target) as temporary:
        temporary.write_text("half")
        assert not target.exists()
    assert target.read_text() == "half"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), publish_file(tmp_path / "file.txt") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    with pytest.raises(RuntimeError), publish_folder(tmp_path / "folder") as folder:
        (folder / "file.txt").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_kept_unless_asked(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("old")
    with pytest.raises(OutputError, match="exists already"), publish_file(target):
        pytest.fail("the block must not run")
    with pytest.raises(RuntimeError), publish_file(target, overwrite=True) as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert target.read_text() == "old"
    with publish_file(target, overwrite=True) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


def test_a_folder_replaces_a_folder(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for text in ("old", "new"):
        with publish_folder(target, overwrite=True) as folder:
            (folder / f"{text}.txt").write_text(text)
    assert [file.name for file in target.iterdir()] == ["new.txt"]
    assert list(tmp_path.iterdir()) == [target]


def test_an_empty_folder_counts_as_free(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    with publish_folder(target) as folder:
        (folder / "a").write_text("a")
    assert (target / "a").read_text() == "a"
    with pytest.raises(OutputError, match="exists already"):
        check_free(target)


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the disk is full"), publish_file(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_other_os_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), publish_file(tmp_path / "a"):
        raise IsADirectoryError


@pytest.mark.parametrize(
    ("name", "message"),
    [("file/x", "a file stands where a folder is needed"), ("x" * 300, "the name is too long")],
)
def test_places_that_cannot_be(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").write_text("")
    for publish in (publish_file, publish_folder):
        with pytest.raises(OutputError, match=message), publish(tmp_path / name) as partial:
            partial.write_text("")
