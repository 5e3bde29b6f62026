"""How a command's process ends: on signals, and when its output is no longer read."""

from __future__ import annotations

import atexit
import codecs
import io
import os
import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

from regtrack.errors import OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# messages for the exit statuses caused by signals
STOPPED = {
    128 + signal.SIGINT: "interrupted",
    128 + signal.SIGTERM: "terminated",
    128 + signal.SIGHUP: "terminated, since its terminal was closed",
}
_PATIENCE = 5.0  # seconds that a command has for cleanup


class Stop:
    """Ctrl-C, SIGTERM, SIGHUP: the first signal ends the command, further ones do not disturb it.

    If cleanup takes more than a few seconds, the next signal ends the process at once.

    Attributes:
        status: exit status, by the shell's convention, once a signal came; None before.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self._since = 0.0
        self._process = os.getpid()

    def listen(self) -> None:
        """Handle the signals, except those that the parent process ignores."""
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._receive)
        atexit.register(_ignore_signals)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if (
            self.status is None or os.getpid() != self._process
        ):  # forked processes end by themselves
            self.status, self._since = 128 + number, time.monotonic()
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(self.status)
        if time.monotonic() - self._since > _PATIENCE:
            os._exit(self.status)


def _ignore_signals() -> None:
    """Let the interpreter, which is about to remove its own handlers, exit undisturbed."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def keep_writing() -> None:
    """Keep a command running if its output goes away, as with `| head`, or has a narrow encoding.

    What the encoding lacks is written as an escape, and the bytes of a file name that is not
    Unicode as they are.
    """
    codecs.register_error(_ANY_TEXT, _any_text)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and stream is getattr(sys, f"__{name}__"):
            text = io.TextIOWrapper(
                io.BufferedWriter(_Output(stream.fileno(), "w", closefd=False)),
                encoding=stream.encoding,
                errors=_ANY_TEXT,
                line_buffering=stream.line_buffering,
                write_through=stream.write_through,
            )
            setattr(sys, name, text)


_ANY_TEXT = "regtrack"  # a handler of encoding errors


def _any_text(error: UnicodeError) -> tuple[str | bytes, int]:
    """One character as its byte, if Python made it of one (PEP 383), else as an escape."""
    assert isinstance(error, UnicodeEncodeError)
    one = UnicodeEncodeError(
        error.encoding, error.object, error.start, error.start + 1, error.reason
    )
    name = "surrogateescape" if 0xDC80 <= ord(error.object[error.start]) <= 0xDCFF else ""
    return codecs.lookup_error(name or "backslashreplace")(one)


class _Output(io.FileIO):
    """A file that discards its bytes once they cannot be written."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            # lost notes must not stop the work; lost results must, unless the reader has gone away
            if isinstance(error, BrokenPipeError) or self.fileno() == 2:
                return memoryview(data).nbytes
            raise OutputError(f"cannot print the result: {error.strerror}") from error
