"""An option with one value that is given twice is refused, for every command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from regtrack.cli import main
from regtrack.cli.app import app
from regtrack.errors import RegtrackError

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if option.param_type_name == "option"
]
SINGLE = [(name, one) for name, one in OPTIONS if not one.multiple and not one.is_flag]
OTHERS = [
    (name, one) for name, one in OPTIONS if one.multiple or (one.is_flag and not one.secondary_opts)
]


def answer(name: str, words: list[str]) -> str:
    """What a command says of words that lack everything else, or that it takes."""
    try:
        COMMANDS[name].make_context(name, words)
    except Exception as error:  # whatever it is, it is not the one looked for
        return f"{type(error).__name__}: {error}"
    return "taken"


def test_an_empty_value_is_not_the_default() -> None:
    assert len(SINGLE) > 150
    for name, option in SINGLE:
        word = option.opts[0]
        for words in ([word, ""], [f"{word}="], [word, " "]):
            said = answer(name, words)
            assert said.startswith("RegtrackError"), (name, words, said)
            assert f"{word} is empty; name something, or omit" in said


def test_one_value_is_given_once() -> None:
    for name, option in SINGLE:
        word = option.opts[0]
        for words in ([word, "1", word, "2"], [f"{word}=1", "x", f"{word}=1"]):
            said = answer(name, words)
            assert said.startswith("RegtrackError"), (name, words, said)
            assert f"{word} was given twice; give it once" in said
        # a shell that completes words gets no error
        COMMANDS[name].make_context(name, [word, "1", word, "2"], resilient_parsing=True)


def test_lists_are_repeated_and_a_flag_says_the_same_twice() -> None:
    assert len(OTHERS) > 40
    for name, option in OTHERS:
        words = [option.opts[0]] if option.is_flag else [option.opts[0], "1"]
        assert "was given" not in answer(name, words * 2), (name, words)


def test_a_second_value_after_a_list_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there").touch()
    tried = 0
    for name, option in OTHERS:
        files = [one for one in COMMANDS[name].params if one.nargs == -1 and one.name != "what"]
        if option.is_flag or not files:
            continue
        word, tried = option.opts[0], tried + 1
        for words in (["there", word, "A", "B"], ["there", f"{word}=A", "there", "B", "--help"]):
            said = answer(name, words)
            assert said.startswith("RegtrackError: found B after a value of "), (name, words, said)
            assert said.endswith(f"no file of that name; for several values repeat {word}")
        for words in (
            [word, "A", "there"], [word, "A", word, "B"], ["B", word, "A"], [word, "A", "--", "B"],
            [word, "A", "a/B"],
        ):  # fmt: skip
            assert "no file of that name" not in answer(name, words), (name, words)
        COMMANDS[name].make_context(name, [word, "A", "B"], resilient_parsing=True)
    assert tried > 20


def test_what_is_fetched_may_follow_a_list() -> None:
    assert answer("fetch", ["--out", "x", "--markers", "A", "hg19"]) == "taken"


def test_a_switch_is_not_turned_both_ways() -> None:
    words = ["data", "--out", "x", "--no-reverse-complement", "--reverse-complement"]
    message = "--reverse-complement/--no-reverse-complement was given twice"
    with pytest.raises(RegtrackError, match=message):
        COMMANDS["train"].make_context("train", words)


def test_it_is_one_line_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "regtrack predict-genome c --reference r.fa --out a --region b --region c --region d"
    monkeypatch.setattr("sys.argv", words.split())
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: --region was given 3 times; give it once\n"
