"""Mistakes in a command line, each as one line, where typer would draw a box."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from typer.exceptions import TyperException

from regtrack.errors import RegtrackError, invalid

_EXPECTED = {"int_parsing": "a whole number", "float_parsing": "a number"}
_UNKNOWN = re.compile(r"No such (option|command):? '?([^\s'.]+|[^']+)'?\.?(?: (.*))?")
_WITHOUT = re.compile(r"Option '([^']+)' requires an argument")
_MORE = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)")
_NAME = re.compile(r"'([^']+)'|(-[\w-]+)")


@contextmanager
def in_one_line(ctx: Any, words: Sequence[str]) -> Iterator[None]:
    """Turn typer's errors about the words of a command into one line with what to do.

    Without words typer shows the help, and a shell that completes words wants no errors of ours.

    Args:
        ctx: of the command, as click has it.
        words: after the command's name.

    Raises:
        RegtrackError: a mistake.
    """
    if ctx.resilient_parsing or not words:
        yield
        return
    try:
        yield
    except TyperException as error:
        raise RegtrackError(_line(error, f"see {ctx.command_path} --help")) from None


def _line(error: Any, advice: str) -> str:
    parsing, parameter = error.__context__, getattr(error, "param", None)
    if parameter is not None and hasattr(parsing, "errors"):  # pydantic's
        (first, *_) = parsing.errors()
        expected = _EXPECTED.get(first["type"], first["msg"])
        return invalid(parameter.name, first["input"], expected)
    text = error.format_message().strip().rstrip(".")
    if unknown := _UNKNOWN.fullmatch(text):
        kind, name, others = unknown.groups()
        near = [quoted or plain for quoted, plain in _NAME.findall(others or "")]
        one_of = " or ".join(filter(None, [", ".join(near[:-1]), *near[-1:]]))
        return f"no such {kind}: {name}; {f'did you mean {one_of}?' if near else advice}"
    if without := _WITHOUT.fullmatch(text):
        return f"{without[1]} needs a value; {advice}"
    if more := _MORE.fullmatch(text):
        return f"too many arguments: {more[1]}; {advice}"
    return f"{text[:1].lower()}{text[1:]}; {advice}".replace("'", "")
