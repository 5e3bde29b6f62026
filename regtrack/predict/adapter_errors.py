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
    """Turn what the code of a network raises into one line; memory that ran out stays.

    Args:
        name: the network, or the function that makes it.

    Raises:
        NetworkError: the code raised something; with its message, file and line.
    """
    try:
        yield
    except RegtrackError:
        raise
    except Exception as error:
        if is_memory(error):
            raise
        said = next(iter(str(error).strip().splitlines()), "no message")
        raise NetworkError(
            f"{name} raised {type(error).__name__}: {said} ({_place(error)}); correct it there"
        ) from error


def _place(error: Exception) -> str:
    """File and line in which it was raised: in code that is neither regtrack's nor torch's."""
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    theirs = [frame for frame in frames if not frame.filename.startswith(("<", *_NOT_THE_USERS))]
    frame = (theirs or frames)[-1]
    return f"{frame.filename}, line {frame.lineno}"
