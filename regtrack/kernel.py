"""Loops compiled by Numba when they are first called, with the machine code kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel(function: _Function) -> _Function:
    """Compile a function of arrays and numbers; it releases the interpreter lock while it runs.

    The machine code is kept on disk, in `__pycache__` or the user's cache folder, so that only the
    first call of an installation waits for the compiler; where it cannot be kept, the first call of
    each process does.

    Numba takes code to be stale when the file of the function changes, but machine code also
    depends on the functions (`inner`) and constants that it uses. So it is stale here when any
    Python file in the function's folder changes in content, and all that a kernel uses of ours must
    come from that folder or be an argument.
    """
    try:
        compiled: Any = njit(nogil=True, cache=True)(function)
        index = compiled._cache._cache_file
        if index._source_stamp:  # where Numba keeps what must not have changed
            index._source_stamp = _contents(Path(function.__code__.co_filename).parent)
        compiled._cache = _Forgiving(compiled._cache)
    except (RuntimeError, AttributeError, OSError):  # no folder to keep it in, or another Numba
        compiled = njit(nogil=True)(function)
    return cast("_Function", compiled)


def inner(function: _Function) -> _Function:
    """Compile a part of kernels in the same folder, which is kept with those that call it."""
    return cast("_Function", njit(nogil=True)(function))


@cache
def _contents(folder: Path) -> str:
    """A digest of the Python files in a folder, and of this one."""
    digest = hashlib.sha256()
    for path in (Path(__file__), *sorted(folder.glob("*.py"))):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


class _Forgiving:
    """Numba's cache of a function, where a full disk or a damaged file is a miss and no error."""

    def __init__(self, kept: Any) -> None:
        self._kept = kept

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
