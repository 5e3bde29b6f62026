"""Errors of other people's code, as one line that says where it was raised."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from regtrack.errors import NetworkError, RegtrackError
from regtrack.predict.device import is_memory

_NOT_THE_USERS = tuple(
    f"{folder}/"
    for folder in (Path(__file__).resolve().parents[1], Path(torch.__file__).resolve().parent)
)


@contextmanager
def adapter_errors(name: str) -> Iterator[None]:
    """Turn what the code of a network raises into one line, except that memory ran out.

    Args:
        name: the network, or the function that makes it.

    Raises:
        NetworkError: the code raised something; with its message, and file and line unless they are
            regtrack's or torch's, as in a module of torch that was given another input.
    """
    try:
        yield
    except RegtrackError:
        raise
    except Exception as error:
        if is_memory(error):
            raise
        lines = [line.strip() for line in str(error).strip().splitlines()]
        said = next(iter(lines), "no message")
        if said.endswith(":") and len(lines) > 1:  # a heading, as of torch's load_state_dict
            said = f"{said} {lines[1]}"
        place = _place(error)
        advice = (
            f" ({place}); correct it there" if place else "; correct how it is made or described"
        )
        raise NetworkError(f"{name} raised {type(error).__name__}: {said}{advice}") from error


def _place(error: Exception) -> str | None:
    """File and line in which it was raised, in code that is neither regtrack's nor torch's."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(("<", *_NOT_THE_USERS))]
    return f"{theirs[-1].filename}, line {theirs[-1].lineno}" if theirs else None
