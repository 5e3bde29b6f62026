"""An option with one value that is given twice is refused, for every command."""

from __future__ import annotations

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


def called(found: list[tuple[str, Any]]) -> list[str]:
    return [f"{name} {one.opts[0]}" for name, one in found]


@pytest.mark.parametrize(("name", "option"), SINGLE, ids=called(SINGLE))
def test_an_empty_value_is_not_the_default(name: str, option: Any) -> None:
    word = option.opts[0]
    for words in ([word, ""], [f"{word}="], [word, " "]):
        with pytest.raises(RegtrackError, match=f"{word} is empty; name something, or omit"):
            COMMANDS[name].make_context(name, words)


@pytest.mark.parametrize(("name", "option"), SINGLE, ids=called(SINGLE))
def test_one_value_is_given_once(name: str, option: Any) -> None:
    word = option.opts[0]
    for words in ([word, "1", word, "2"], [f"{word}=1", "x", f"{word}=1"]):
        with pytest.raises(RegtrackError, match=f"{word} was given twice; give it once"):
            COMMANDS[name].make_context(name, words)
    # a shell that completes words gets no error
    COMMANDS[name].make_context(name, [word, "1", word, "2"], resilient_parsing=True)


@pytest.mark.parametrize(("name", "option"), OTHERS, ids=called(OTHERS))
def test_lists_are_repeated_and_a_flag_says_the_same_twice(name: str, option: Any) -> None:
    words = [option.opts[0]] if option.is_flag else [option.opts[0], "1"]
    with pytest.raises(Exception) as ended:
        COMMANDS[name].make_context(name, words * 2)
        raise InterruptedError
    assert "was given" not in str(ended.value)


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
