from __future__ import annotations

import io
import json
import logging

import pytest
from rich.console import Console

from regtrack.cli import console
from regtrack.errors import RegtrackError


@pytest.fixture(autouse=True)
def _not_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test may have called a command with --quiet in this process."""
    monkeypatch.setattr(console, "_quiet", False)


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(console, "errors", Console(file=stream, width=100))
    return stream


def test_a_log_file_gets_a_line_at_the_end_of_each_task(stderr: io.StringIO) -> None:
    with console.bars() as progress, progress.task("reading", 4, "files") as task:
        for _ in range(4):
            task.advance(note="a.bed")
    line = stderr.getvalue()
    assert line.startswith("reading: 100%")
    assert "files/s" in line
    assert line.rstrip().endswith("a.bed")


def test_a_task_of_unknown_length_reports_what_is_done(stderr: io.StringIO) -> None:
    with console.bars() as progress, progress.task("reading", None, "bp") as task:
        task.advance(1500)
    assert stderr.getvalue().startswith("reading: 1,500")


def test_a_terminal_gets_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(console, "errors", Console(file=stream, width=120, force_terminal=True))
    with console.bars() as progress, progress.task("reading [x]", 2, "files") as task:
        task.advance(2, note="[bold]")
    assert "reading [x]" in stream.getvalue()
    assert "100%" in stream.getvalue()


def test_quiet_shows_neither_bars_nor_notes(
    stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_quiet", True)
    console.start_notes(verbose=False)
    with console.bars() as progress, progress.task("reading", 1, "files") as task:
        task.advance()
    logging.getLogger("regtrack.x").warning("something")
    assert stderr.getvalue() == ""


def test_warnings_of_the_library_become_notes(stderr: io.StringIO) -> None:
    console.start_notes(verbose=False)
    logging.getLogger("regtrack.x").warning("3 of %d [left] out", 4)
    logging.getLogger("regtrack.x").debug("unseen")
    assert stderr.getvalue() == "note: 3 of 4 [left] out\n"


def test_a_pipe_gets_the_whole_table(capsys: pytest.CaptureFixture[str]) -> None:
    wide = "x" * 150
    console.print_table("Title", ("name", "value"), [(wide, 1.5), ("[b]", "-")])
    shown = capsys.readouterr().out
    assert wide in shown
    assert "[b]" in shown


@pytest.mark.parametrize("terminal", [False, True])
def test_brackets_and_colons_of_paths_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, terminal: bool
) -> None:
    path = "mk/run[v2][/b]/:smile:"
    monkeypatch.setattr(console.console, "_force_terminal", terminal)
    console.console.print(f"{path}: 2 files")
    console.print_table(path, ("name", path), [(path, path)])
    console.print_error(path)
    shown = capsys.readouterr()
    assert (shown.out.count(path), shown.err) == (5, f"error: {path}\n")


def test_names_of_others_are_harmless_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table(None, ("name",), [("chr1\x1b[31m",)])
    with console.bars() as progress, progress.task("Reading", 1, "files") as task:
        task.advance(1, "chr1\x1b[31m")
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert r"chr1\x1b[31m" in text
        assert "\x1b" not in text


def test_json_is_alone_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json({"a": [1, 2]})
    assert json.loads(capsys.readouterr().out) == {"a": [1, 2]}


def test_numbers_are_right_aligned_and_words_left_aligned(
    capsys: pytest.CaptureFixture[str],
) -> None:
    numbers = ["-1.25", "-3e-05", "12,345", "3.2 MB", "<0.001", "-", "", "nan", "-inf"]
    words = ["-1.25", "-x", *"abcdefg"]
    console.print_table(None, ("name", "number " * 3, "word " * 3), list(
        zip(words, numbers, words, strict=True)))  # fmt: skip
    rows = [line.split("│")[2:4] for line in capsys.readouterr().out.splitlines()[3:-1]]
    assert [cell[-2:] for cell, _ in rows] == [f"{number[-1:] or ' '} " for number in numbers]
    assert [cell[:2] for _, cell in rows] == [f" {word[0]}" for word in words]


@pytest.mark.parametrize("values", [[""], [","], ["chr1", ""], [" "]])
def test_an_empty_list_does_not_mean_all(values: list[str]) -> None:
    with pytest.raises(
        RegtrackError, match=r"^--chroms is empty; name something, or omit the option$"
    ):
        console.given_lists("--chroms", values)
    assert console.given_lists("--chroms", None) == ()
