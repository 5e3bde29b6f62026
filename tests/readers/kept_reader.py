"""One process of pyBigWig for all sweeps of a test run: to start one takes longer than to sweep."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from regtrack.tracks.bigwig.second_reader import SecondReader

START = SecondReader._start


@contextmanager
def kept_readers() -> Iterator[None]:
    """Let each second reader leave its process, if it is in order, to the next one."""
    idle: list[subprocess.Popen[str]] = []

    def take(self: SecondReader) -> None:
        if idle and idle[-1].poll() is None:
            self._process, self._ready, self._late = idle.pop(), True, False
        else:
            START(self)

    def leave(self: SecondReader, kind: object, *_: object) -> None:
        if kind is None and self._ready and self._process is not None:
            idle.append(self._process)
            self._process = None
        self.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SecondReader, "_start", take)
        patch.setattr(SecondReader, "__exit__", leave)
        yield
    for process in idle:
        with process:
            process.kill()
