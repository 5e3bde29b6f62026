from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from regtrack import destination, exchange
from regtrack.atomic import (
    hold,
    publish_file,
    publish_folder,
    reserve,
)
from regtrack.destination import check_folder_free, check_free, check_name
from regtrack.disk_errors import disk_errors
from regtrack.errors import OutputError

folder_at = partial(publish_folder, mark="made.json")


def test_a_file_is_created_only_on_success(tmp_path: Path) -> None:
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
    with pytest.raises(RuntimeError), folder_at(tmp_path / "folder") as folder:
        (folder / "file.txt").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_an_existing_output_is_kept_unless_overwrite_is_set(tmp_path: Path) -> None:
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
        with folder_at(target, overwrite=True) as folder:
            (folder / "made.json").write_text(text)
            (folder / f"{text}.txt").write_text(text)
    assert {file.name for file in target.iterdir()} == {"made.json", "new.txt"}
    assert list(tmp_path.iterdir()) == [target]


def test_an_empty_folder_counts_as_free(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    with folder_at(target) as folder:
        (folder / "a").write_text("a")
    assert (target / "a").read_text() == "a"
    with pytest.raises(OutputError, match="exists already"):
        check_free(target)


def test_a_full_disk_is_reported_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the disk is full"), publish_file(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_other_system_errors_are_reported_in_the_systems_words(tmp_path: Path) -> None:
    said = pytest.raises(OutputError, match=r"cannot write .*: File too large")
    with said, publish_file(tmp_path / "a"):
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))


def test_other_errors_pass_unchanged(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), publish_file(tmp_path / "a"):
        raise IsADirectoryError


@pytest.mark.parametrize(
    ("name", "message"),
    [("file/x", "a file exists where a folder is needed"), ("x" * 300, "the name is too long")],
)
def test_impossible_places_are_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").write_text("")
    for publish in (publish_file, folder_at):
        with pytest.raises(OutputError, match=message), publish(tmp_path / name) as partial:
            partial.write_text("")


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_is_not_an_output_is_never_replaced(tmp_path: Path, overwrite: bool) -> None:
    foreign = tmp_path / "foreign" / "sub"
    foreign.mkdir(parents=True)
    (foreign / "thesis.txt").write_text("mine")
    for out, found in (("foreign", "holds other files"), ("foreign/sub/thesis.txt", "is a file")):
        with pytest.raises(OutputError, match=rf"{found}.*; move it away or choose another"):
            check_folder_free(tmp_path / out, mark="made.json", overwrite=overwrite)
    assert (foreign / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_output_never_replaces_an_input(tmp_path: Path, overwrite: bool) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    for name in ("made.json", "read.fa"):
        (out / name).write_text("")
    elsewhere.mkdir()
    (elsewhere / "link.fa").symlink_to(out / "read.fa")
    (out / "other.fa").symlink_to(elsewhere)
    for given in (out / "read.fa", elsewhere / "link.fa", out / "other.fa", str(out / "read.fa")):
        with pytest.raises(OutputError, match=r"out holds .*, an input"):
            check_folder_free(out, mark="made.json", inputs=[None, given], overwrite=overwrite)
    with pytest.raises(OutputError, match=r"read\.fa is .*, an input"):
        check_folder_free(out / "read.fa", mark="m", inputs=[out / "read.fa"], overwrite=overwrite)
    inputs = [elsewhere, tmp_path / "outer.fa"]
    assert check_folder_free(out, mark="made.json", inputs=inputs, overwrite=True) == out


def test_an_output_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(OutputError, match="exists already"), folder_at(target, overwrite=True):
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    assert [file.name for file in target.iterdir()] == ["mine.txt"]
    assert list(tmp_path.iterdir()) == [target]


def test_the_old_output_stays_if_the_new_one_cannot_replace_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, rename = tmp_path / "out", Path.rename

    def failing(self: Path, to: Path) -> Path:
        if to == target and (self / "new.txt").exists():  # only without an exchange in one step
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return rename(self, to)

    with folder_at(target) as folder:
        (folder / "made.json").write_text("old")
    monkeypatch.setattr(exchange, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError), folder_at(target, overwrite=True) as folder:
        (folder / "new.txt").write_text("new")
    assert [file.name for file in target.iterdir()] == ["made.json"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_is_followed_to_the_folder_to_make(tmp_path: Path) -> None:
    real, link = tmp_path / "disk" / "real", tmp_path / "link"
    real.mkdir(parents=True)
    link.symlink_to(real)
    for text in ("old", "new"):
        with folder_at(link, overwrite=True) as folder:
            assert folder.parent == real.parent
            (folder / "made.json").write_text(text)
    assert link.is_symlink()
    assert (real / "made.json").read_text() == "new"
    assert list(real.parent.iterdir()) == [real]


def test_places_that_cannot_be_replaced_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "round").symlink_to("round")
    for name in ("link", "round"):
        with pytest.raises(OutputError, match=r"is a link to .*, which does not exist"):
            check_folder_free(tmp_path / name, mark="made.json", overwrite=True)
        with pytest.raises(OutputError, match="cannot write"):
            check_folder_free(tmp_path / name / "out", mark="made.json")
    monkeypatch.chdir(tmp_path)
    for here in (".", "..", "x/.."):
        with pytest.raises(OutputError, match="is the current folder"):
            check_folder_free(Path(here), mark="made.json")
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path).name == "disk")
    with pytest.raises(OutputError, match=r"is a mount point.*; name a folder inside it"):
        check_folder_free(tmp_path / "disk", mark="made.json", overwrite=True)


def test_a_folder_bound_from_the_same_disk_is_a_mount_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my disk").mkdir()
    place = str(tmp_path / "my disk").replace(" ", "\\040")
    (tmp_path / "told").write_text(
        f"22 1 0:1 / / rw - ext4 /dev/a rw\n36 22 0:1 /data {place} rw,noatime - ext4 /dev/a rw\n"
    )
    check_folder_free(tmp_path / "my disk", mark="made.json", overwrite=True)
    monkeypatch.setattr(destination, "_MOUNTS", tmp_path / "told")
    with pytest.raises(OutputError, match=r"is a mount point.*; name a folder inside it"):
        check_folder_free(tmp_path / "my disk", mark="made.json", overwrite=True)
    check_folder_free(tmp_path / "my disk" / "out", mark="made.json")


def test_a_name_must_leave_room_for_a_temporary_suffix(tmp_path: Path) -> None:
    limit = os.pathconf(tmp_path, "PC_NAME_MAX")
    with publish_file(tmp_path / "a") as temporary:
        temporary.write_text("")
        longest = "x" * (limit - (len(temporary.name) - 1))
    with publish_file(tmp_path / "new" / longest) as temporary:
        temporary.write_text("")
    with pytest.raises(OutputError, match="the name is too long"):
        check_free(tmp_path / f"{longest}x")
    with pytest.raises(OutputError, match=r"is too long .*; leave it out"):
        check_name(tmp_path / "new" / ("ö" * (len(longest) // 2 + 1)), "leave it out")


def test_an_unwritable_folder_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    check_free(tmp_path / "new" / "file")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("tempfile.TemporaryFile", refusing)
    with pytest.raises(OutputError, match="the file system is read-only"):
        check_free(tmp_path / "new" / "file")
    with pytest.raises(OutputError, match="the file system is read-only"):
        check_folder_free(tmp_path / "new" / "folder", mark="made.json")


def test_the_new_folder_takes_the_old_ones_place_in_one_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    with folder_at(target) as folder:
        (folder / "made.json").write_text("old")
    new = tmp_path / "new"
    new.mkdir()
    if not exchange._exchange(new, target):
        pytest.skip("this file system cannot exchange names")
    assert (new / "made.json").exists()
    exchange._exchange(new, target)

    def refused(*_: object) -> None:
        pytest.fail("the old folder was moved away before the new one was in place")

    with folder_at(target, overwrite=True) as folder:
        (folder / "made.json").write_text("new")
        monkeypatch.setattr(Path, "rename", refused)
    assert (target / "made.json").read_text() == "new"


def test_a_folder_moved_aside_by_a_killed_process_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, rename = tmp_path / "out", Path.rename
    with folder_at(target) as folder:
        (folder / "made.json").write_text("old")

    def killed(self: Path, to: Path) -> Path:
        done = rename(self, to)
        if self == target:
            os._exit(9)
        return done

    monkeypatch.setattr(exchange, "_exchange", lambda *_: False)
    if (child := os.fork()) == 0:
        monkeypatch.setattr(Path, "rename", killed)
        with folder_at(target, overwrite=True) as folder:
            (folder / "made.json").write_text("new")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert not target.exists()
    with hold(target):
        assert (target / "made.json").read_text() == "old"
        assert {path.name for path in tmp_path.iterdir()} == {"out", ".out.lock.partial"}
    with folder_at(target, overwrite=True) as folder:
        (folder / "made.json").write_text("new")
    assert (target / "made.json").read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("publish", [publish_file, folder_at])
def test_one_writer_at_a_time(tmp_path: Path, publish: Callable[..., Any]) -> None:
    target = tmp_path / "out"
    said = f"another process uses .*out: {os.getpid()} on .*; wait until it ends, or stop it"
    with pytest.raises(RuntimeError), publish(target):
        for overwrite in (False, True):
            with pytest.raises(OutputError, match=said), publish(target, overwrite=overwrite):
                pytest.fail("the block must not run")
        with publish_file(tmp_path / "other") as other:  # another output is free
            other.write_text("other")
        raise RuntimeError
    with hold(target):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_a_failure_leaves_no_folder_that_it_created(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for target in (tmp_path / "mine" / "new" / "deep" / "out", tmp_path / "mine" / "out"):
        with pytest.raises(RuntimeError), publish_file(target):
            raise RuntimeError
        with pytest.raises(RuntimeError), reserve([target]):
            raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


def test_reserved_files_are_published_by_whoever_reserved_them(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with reserve([one, other]), ThreadPoolExecutor(1) as pool:
        with publish_file(one) as temporary:
            temporary.write_text("mine")
        for path in (one, other):  # published already, and yet to be
            with pytest.raises(OutputError, match=r"another process uses|exists already"):
                pool.submit(_publish, path).result()
        _publish(other)
    assert (one.read_text(), other.read_text()) == ("mine", "published")
    _publish(tmp_path / "third")
    assert len(list(tmp_path.iterdir())) == 3


def _publish(path: Path) -> None:
    with publish_file(path) as temporary:
        temporary.write_text("published")


def test_a_waiting_writer_follows_the_first(tmp_path: Path) -> None:
    target = tmp_path / "cache"
    with ThreadPoolExecutor(4) as pool:

        def write(text: str) -> None:
            with publish_file(target, overwrite=True, wait=True) as temporary:
                temporary.write_text(text)

        list(pool.map(write, "abcdefgh" * 4))
    assert target.read_text() in set("abcdefgh")
    assert list(tmp_path.iterdir()) == [target]


def test_what_killed_writers_left_is_collected_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "o[u]t"
    children = []
    for number in range(2):
        if (child := os.fork()) == 0:
            with (folder_at if number else publish_file)(target) as temporary:
                (temporary / "half" if number else temporary).write_text("half")
                os._exit(9)
        os.waitpid(child, 0)
        children.append({path.name for path in tmp_path.iterdir()})
    assert [len(found) for found in children] == [2, 2]  # the lock and the last one's litter
    assert children[0] != children[1]
    mine = (".out.0123abcd.partial", ".o[u]t.0123abcd.tmp", "o[u]t.partial", "xo[u]t")
    for name in mine:
        (tmp_path / name).write_text("mine")
    with publish_file(target) as temporary:
        temporary.write_text("whole")
    assert {path.name for path in tmp_path.iterdir()} == {target.name, *mine}


def test_a_process_forked_by_a_writer_does_not_keep_its_lock(tmp_path: Path) -> None:
    ready, writing = os.pipe()
    if (writer := os.fork()) == 0:
        with hold(tmp_path / "out"):
            if (worker := os.fork()) == 0:
                time.sleep(60)
                os._exit(0)
            os.write(writing, f"{worker}\n".encode())
            time.sleep(60)
    worker = int(os.read(ready, 20))
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    try:
        with hold(tmp_path / "out"):
            pass
    finally:
        os.kill(worker, signal.SIGKILL)


def test_an_error_that_names_an_input_is_not_taken_for_one_of_writing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for named in ("peaks.bed", "outer/peaks.bed", "../peaks.bed"):
        with pytest.raises(FileNotFoundError), disk_errors(out):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(tmp_path / named))
    for named in ("out", "out/codes.npy", ".out.0123abcd.partial/codes.npy", ""):
        with pytest.raises(OutputError, match="has vanished"), disk_errors(out):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(tmp_path / named))
