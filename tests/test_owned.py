"""Whose the files beside an output are: what is not the command's own stays."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from regtrack.atomic import publish_file, publish_folder, reserve
from regtrack.destination import check_folder_free
from regtrack.errors import OutputError
from regtrack.hub import file_names
from regtrack.hub.make_items import ITEM_FOLDER
from regtrack.hub.publish import TWO_BIT_FILE
from regtrack.owned import _WRITTEN, foreign
from regtrack.tables import write

REGTRACK = Path(__file__).parents[1] / "regtrack"
_MARK = re.compile(r"^(_?[A-Z_]+) = \"([\w.]+)\"", re.MULTILINE)


def made(folder: Path, mark: str, record: str, *names: str) -> Path:
    folder.mkdir()
    (folder / mark).write_text(record)
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    return folder


def test_what_the_record_names_is_the_command_s_own(tmp_path: Path) -> None:
    tracks = [{"file": "a.bw"}, {"file": "b é.bw"}]
    record = json.dumps({"tracks": tracks, "n": 3, "run": True, "sizes": {"d.npy": 1}})
    folder = made(
        tmp_path / "tracks", "sweep.json", record,
        "a.bw", "b é.bw", "hub.txt", "c.bw", "run/x", ".cache", "d.npy", "a.bw.bak",
    )  # fmt: skip
    assert foreign(folder, "sweep.json") == ["a.bw.bak", "c.bw", "run"]


def test_a_record_that_is_text_names_files_by_word(tmp_path: Path) -> None:
    text = "hub x\nbigDataUrl cnn7/a.bw\nlongLabel my notes\n"
    folder = made(tmp_path / "hub", "hub.txt", text, "cnn7/a.bw", "igv.json", "other/b.bw")
    assert foreign(folder, "hub.txt") == ["other"]


def test_every_record_of_a_folder_is_known() -> None:
    shared = {"atomic.py", "destination.py"}
    texts = [path.read_text() for path in REGTRACK.rglob("*.py") if path.name not in shared]
    values: dict[str, set[str]] = {}
    for name, value in (found for text in texts for found in _MARK.findall(text)):
        values.setdefault(name, set()).add(value)
    used = {name for text in texts for name in re.findall(r"\bmark=(\w+)", text)}
    assert len(used) > 5
    known = {value for name in used for value in values[name]}
    assert known - {"training.json"} <= set(_WRITTEN)  # a run keeps what else is there


def test_what_is_written_is_what_the_commands_say() -> None:
    assert {"table.json", *_WRITTEN["table.json"]} == set(write.FILES)
    assert {"hub.txt", *_WRITTEN["hub.txt"]} == {*file_names.FILES, TWO_BIT_FILE, ITEM_FOLDER}


@pytest.mark.parametrize("mark", sorted(_WRITTEN))
def test_a_folder_with_something_else_is_refused_and_kept(tmp_path: Path, mark: str) -> None:
    own = [name for name in _WRITTEN[mark] if name != mark]
    folder = made(tmp_path / "out", mark, "{}", *own)
    with publish_folder(folder, mark=mark, overwrite=True) as new:
        (new / mark).write_text("{}")
    (folder / "mine.txt").write_text("mine")
    (folder / "run").mkdir()
    with pytest.raises(OutputError) as error:
        check_folder_free(folder, mark=mark, overwrite=True)
    assert str(error.value) == (
        f'{folder} holds "mine.txt" and 1 more, not written with {mark}; move it away or choose '
        "another output"
    )
    with pytest.raises(OutputError, match="exists already"):
        check_folder_free(folder, mark=mark)
    assert check_folder_free(folder, mark=mark, overwrite=True, keeps=True) == folder
    assert (folder / "mine.txt").read_text() == "mine"


def test_a_file_that_came_meanwhile_is_kept(tmp_path: Path) -> None:
    folder = made(tmp_path / "out", "sweep.json", "{}")
    with (
        pytest.raises(OutputError, match="late"),
        publish_folder(folder, mark="sweep.json", overwrite=True),
    ):
        (folder / "late.txt").write_text("mine")
    assert sorted(path.name for path in folder.iterdir()) == ["late.txt", "sweep.json"]


def test_a_part_of_a_folder_that_is_read_is_not_replaced(tmp_path: Path) -> None:
    record = json.dumps({"sizes": {"codes.npy": 1}})
    folder = made(tmp_path / "data", "dataset.json", record, "codes.npy", "figure.svg")
    for name in ("dataset.json", "codes.npy"):
        path = folder / name
        with pytest.raises(OutputError) as error, reserve([path], inputs=[folder], overwrite=True):
            pytest.fail("reserved")
        assert str(error.value) == (f"{path} is part of {folder}, an input; choose another output")
    for name in ("figure.svg", "new.svg"):  # others may lie there
        with reserve([folder / name], inputs=[folder], overwrite=True):
            pass
    plain = made(tmp_path / "plain", "a.txt", "x", "b.txt")
    with reserve([plain / "b.txt"], inputs=[plain], overwrite=True):
        pass


def test_a_file_that_is_read_is_not_replaced(tmp_path: Path) -> None:
    given, link = tmp_path / "peaks.bed", tmp_path / "link.bed"
    given.write_text("chr1\t1\t2\n")
    link.symlink_to(given)
    for out, read in ((given, given), (given, link), (link, given)):
        message = f"{out} is {read}, an input; choose another output"
        with pytest.raises(OutputError) as error, reserve([out], inputs=[read], overwrite=True):
            pytest.fail("reserved")
        assert str(error.value) == message
        with (
            pytest.raises(OutputError, match="an input"),
            publish_file(out, inputs=[None, str(read)], overwrite=True),
        ):
            pytest.fail("published")
    with reserve([tmp_path / "other.bed"], inputs=[given], overwrite=True):
        pass
    assert given.read_text() == "chr1\t1\t2\n"
