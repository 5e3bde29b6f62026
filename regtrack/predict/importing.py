"""Functions that a user names as `package.module:function`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from regtrack.errors import NetworkError, nearest
from regtrack.files.shown import shown
from regtrack.predict.adapter_errors import adapter_errors


def imported(function: str) -> Callable[..., Any]:
    """The function called `package.module:function`.

    The working folder counts after all installed packages.

    Raises:
        NetworkError: there is none, or its module cannot be imported.
    """
    module, _, name = function.partition(":")
    with adapter_errors(function), _from_here():
        try:
            found = import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                raise  # the module is there, but something that it imports is not
            raise NetworkError(
                f"{function}: there is no module {shown(error.name)} in {Path.cwd()} or "
                "among the installed packages; expected package.module:function"
            ) from error
    if not name or not hasattr(found, name):
        raise NetworkError(
            f"{module} has no function {shown(name) or 'without a name'}"
            f"{nearest(name, vars(found)) or '; expected package.module:function'}"
        )
    return as_function(function, getattr(found, name))


def as_function(function: str, loaded: object) -> Callable[..., Any]:
    """What was loaded under the name of a function.

    Raises:
        NetworkError: it cannot be called.
    """
    if not callable(loaded):
        raise NetworkError(
            f"{function} is a value of type {type(loaded).__name__}; expected a function"
        )
    return loaded


@contextmanager
def _from_here() -> Iterator[None]:
    """Modules of the working folder can be imported too, unless a package has their name."""
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        yield
    finally:
        sys.path.remove(here)
