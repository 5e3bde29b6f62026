"""Loops that are compiled, by Numba, when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel(function: _Function) -> _Function:
    """Compile a function of arrays and numbers; it lets go of the interpreter lock as it runs.

    The machine code is kept on disk, in `__pycache__` or where the user's caches lie, so that only
    the first call ever waits for the compiler; where neither can be written, the first call of each
    process does. Numba looks whether the file that holds the function has changed, and at no other
    file: kernels that call each other belong in one file.
    """
    try:
        return cast("_Function", njit(nogil=True, cache=True)(function))
    except RuntimeError:  # no folder to keep it in
        return cast("_Function", njit(nogil=True)(function))
