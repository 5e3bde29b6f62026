"""Loops that are compiled, by Numba, when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel(function: _Function) -> _Function:
    """Compile a function of arrays and numbers; it lets go of the interpreter lock as it runs.

    The machine code is kept on disk, in `__pycache__` or where the user's caches lie, so that only
    the first call ever waits for the compiler; where it cannot be kept, the first call of each
    process does. Numba looks whether the file that holds the function has changed, and at no other
    file: what a kernel calls (`inner`) and its constants come from the same file, or are arguments.
    """
    try:
        compiled: Any = njit(nogil=True, cache=True)(function)
        compiled._cache = _Forgiving(compiled._cache)
    except RuntimeError:  # no folder to keep it in
        compiled = njit(nogil=True)(function)
    return cast("_Function", compiled)


def inner(function: _Function) -> _Function:
    """Compile a part of kernels, which is kept with those that call it."""
    return cast("_Function", njit(nogil=True)(function))


class _Forgiving:
    """Numba's cache of a function, where a full disk or a damaged file is no more than a miss."""

    def __init__(self, cache: Any) -> None:
        self._kept = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)

    def load_overload(self, *place: Any) -> Any:
        """The machine code; None where it is not there or cannot be read."""
        with suppress(OSError, EOFError):
            return self._kept.load_overload(*place)
        return None

    def save_overload(self, *code: Any) -> None:
        """Keep machine code where that is possible."""
        with suppress(OSError, EOFError):
            self._kept.save_overload(*code)
