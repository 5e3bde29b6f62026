"""The style of messages, held over every place that raises or logs one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from regtrack.cli.app import app
from regtrack.errors import RegtrackError, invalid, nearest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path for folder in ("regtrack", "app/regtrack_app") for path in (ROOT / folder).rglob("*.py")
)
# values in files, not of parameters, although one is called the same
OF_FILES = {
    ("regtrack/checkpoint_header.py", "window"),
    ("regtrack/dataset/codes.py", "length"),
    ("regtrack/genome/assembly.py", "length"),
    ("regtrack/saliency/values.py", "length"),
    ("regtrack/tracks/bigwig/encode.py", "resolution"),
}


def template(node: ast.expr) -> str:
    """A message as text, what is filled in as `{expression}`."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(template, node.values))
    if isinstance(node, ast.FormattedValue):
        return "{" + ast.unparse(node.value) + "}"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return template(node.left) + template(node.right)
    return "{" + ast.unparse(node) + "}"


@cache
def messages() -> dict[str, str]:
    """Where a message is, and its template: what is raised or logged, also before the raise."""
    return dict(_messages())


def _messages() -> Iterator[tuple[str, str]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            called = ast.unparse(node.func)
            if re.fullmatch(r"\w*(Error|BadParameter)|_log\.\w+", called.rpartition("typer.")[2]):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", template(node.args[0])


def parameters() -> set[str]:
    """The options of all commands, as parameters."""
    commands: Any = typer.main.get_command(app)
    return {
        one.name
        for command in commands.commands.values()
        for one in command.params
        if one.param_type_name == "option"
    }


def test_messages_are_found() -> None:
    assert len(messages()) > 250
    assert any("did not" in text or "does not" in text for text in messages().values())


def test_no_message_ends_with_a_full_stop() -> None:
    """Most are one sentence; `nearest` brings the full stop where it adds a second."""
    ending = {place: text for place, text in messages().items() if re.search(r"(?<!\.\.)\.$", text)}
    assert not ending
    before = {place: text for place, text in messages().items() if re.search(r"\.\{nearest", text)}
    assert not before


def test_an_invalid_value_is_told_with_its_parameter() -> None:
    """`{threshold}; expected ...` leaves open which option had the value."""
    known, nameless = parameters(), {}
    for place, text in messages().items():
        found, expected, _ = text.partition("; expected")
        filled = re.findall(r"\{(?:self\.)?(\w+)\}", found)
        if not expected or "`" in found or not filled:
            continue
        if wrong := [n for n in filled if n in known and (place.split(":")[0], n) not in OF_FILES]:
            nameless[place] = wrong, text
    assert not nameless


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (-5_000, "bp", "`it` is -5,000 bp; expected more"),
        (0.25, "", "`it` is 0.25; expected more"),
        ("", "", '`it` is ""; expected more'),
        (True, "", "`it` is True; expected more"),
        ((1, 2), "", "`it` is (1, 2); expected more"),
        (float("nan"), "", "`it` is nan; expected more"),
    ],
)
def test_all_values_are_told_in_one_form(value: object, unit: str, shown: str) -> None:
    assert invalid("it", value, "more", unit) == shown


def test_the_nearest_name_is_a_second_sentence_or_nothing() -> None:
    assert nearest("dilatd", ["dilated", "cnn1"]) == '. Did you mean "dilated"?'
    assert nearest("xyz", ["dilated", "cnn1"]) == ""


def test_an_overlong_word_of_another_file_is_cut() -> None:
    word = "9" * 5_000
    assert str(RegtrackError(f'no model is called "{word}"; expected cnn1')) == (
        f'no model is called "{"9" * 80}..."; expected cnn1'
    )


def test_the_longest_names_of_files_are_kept() -> None:
    path = "/" + "/".join(["n" * 255] * 10)
    assert str(RegtrackError(f"{path} is missing")) == f"{path} is missing"
