"""A layer over the operating system's writing in which the N-th step fails, or the process dies.

A step is an open for writing, a write, an fsync, a rename, a replace, an exchange of names, a mkdir
or an unlink below one folder. Python's own files are replaced by ones whose writes pass through the
layer, so all that Python code writes is counted: arrays, checkpoints, figures, tables, indexes.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

KINDS = ("full", "io", "kill")
DEAD = 137
_OPENING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Faults:
    """Counts the steps below a folder in this process, and lets one of them go wrong.

    Args:
        folder: where steps count.
        kind: `full`: the disk is full from the step on, which writes half of its bytes; `io`: this
            step fails; `kill`: the process ends in it, after half of the bytes.
        at: number of the step, from 1; 0: none goes wrong.

    Attributes:
        count: steps so far.
    """

    def __init__(self, folder: Path, kind: str, at: int) -> None:
        self.count = 0
        self._folder, self._kind, self._at = os.path.realpath(folder), kind, at
        self._lock = threading.Lock()
        self._fsync, self._os_open = os.fsync, os.open

    def install(self) -> None:
        """Put the layer over this process, for good."""
        from regtrack import exchange

        os.fsync = self._around(os.fsync, lambda fd: [f"/proc/self/fd/{fd}"], "fsync")
        os.replace = self._around(os.replace, lambda a, b: [b], "rename")
        os.rename = self._around(os.rename, lambda a, b: [b], "rename")
        os.mkdir = self._around(os.mkdir, lambda a, *_, **__: [a], "write")
        os.unlink = self._around(os.unlink, lambda a, *_, **__: [a], "unlink")
        os.open = self._around(os.open, _opened, "write")
        os.write = self._write_os(os.write)
        exchange._exchange = self._around(exchange._exchange, lambda a, b: [b], "rename")
        builtins.open = io.open = self._open_file(io.open)  # type: ignore[assignment]

    def mine(self, file: Any) -> bool:
        """Whether a file is below the folder."""
        name = f"/proc/self/fd/{file}" if isinstance(file, int) else os.fsdecode(file)
        place = os.path.realpath(name)
        return place.startswith(self._folder + os.sep)

    def step(self, what: str, begun: Callable[[], object] = lambda: None) -> None:
        """Count a step, and let it go wrong if it is the one; `begun` does half of it."""
        with self._lock:
            self.count += 1
            now, after = self.count == self._at, 0 < self._at < self.count
        if now and self._kind == "kill":
            begun()
            os._exit(DEAD)
        if now and what == "write":
            begun()
        if what == "unlink":
            return
        if now and self._kind == "io":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if self._kind == "full" and what == "write" and (now or after):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _around(
        self, real: Callable[..., Any], places: Callable[..., list[Any]], what: str
    ) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if any(self.mine(place) for place in places(*given, **named)):
                self.step(what)
            return real(*given, **named)

        return call

    def _write_os(self, real: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
        def write(fd: int, data: Any, /) -> int:
            if self.mine(fd):
                self.step("write", lambda: real(fd, bytes(data)[: len(data) // 2]))
            return real(fd, data)

        return write

    def _open_file(self, real: Callable[..., Any]) -> Callable[..., Any]:
        layer = self

        class Raw(io.FileIO):
            def write(self, data: Any, /) -> int:
                view = memoryview(data).cast("B")
                half = super().write
                layer.step("write", lambda: half(view[: len(view) // 2]))
                return super().write(view)

        def opened(*given: Any, **named: Any) -> Any:
            call = _Open(*given, **named)
            file, mode = call.file, call.mode
            if not set(mode) & set("wax+") or not self.mine(file):
                return real(*call)
            if not isinstance(file, int) and call.opener is None:
                self.step("write")
            plain = mode.replace("b", "").replace("t", "")
            raw = Raw(file, plain, closefd=call.closefd, opener=call.opener)
            if call.buffering == 0:
                return raw
            buffered = (io.BufferedRandom if "+" in mode else io.BufferedWriter)(raw)
            if "b" in mode:
                return buffered
            return io.TextIOWrapper(buffered, call.encoding, call.errors, call.newline)

        return opened


class _Open(NamedTuple):
    """The parameters of `open`, in order."""

    file: Any
    mode: str = "r"
    buffering: int = -1
    encoding: str | None = None
    errors: str | None = None
    newline: str | None = None
    closefd: bool = True
    opener: Any = None


def _opened(path: Any, flags: int, *_: Any, **__: Any) -> list[Any]:
    return [path] if flags & _OPENING else []
