"""pyBigWig as an independent second reader of a file, in a separate process.

It shares no code with our encoder and reader, so contents that both find are really in the file.
libBigWig, on which it is built, crashes on some damaged files (such as one whose summary is NaN):
its process may end, hang or take too much memory without harm to this one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from regtrack.closing import Closing
from regtrack.errors import RegtrackError, TrackError
from regtrack.tracks.bigwig import second_reader_process
from regtrack.tracks.bigwig.plain_name import plain_name
from regtrack.tracks.bigwig.readings import Expected, Reading, Totals, disagreements

_PATIENCE = 120.0  # seconds for one file, of which a few thousand bytes are read


class SecondReader(Closing):
    """A process that reads files with pyBigWig; a context manager.

    It starts when the block is entered and is ready a moment later, while other work continues. If
    a file crashes it, a new process is started for the next one.
    """

    def __init__(self, *, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._process: subprocess.Popen[str] | None = None
        self._ready, self._late = False, False

    def __enter__(self) -> Self:
        self._start()
        return self

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()  # after Ctrl-C here it may still be reading
        self._end()

    def check(self, path: Path, expected: Expected, *, patience: float | None = None) -> list[str]:
        """How the contents that pyBigWig finds differ from what is expected; empty if they agree.

        Args:
            path: the file.
            expected: the contents to read and compare.
            patience: seconds to wait; default: those of this reader.

        Raises:
            TrackError: pyBigWig cannot read the file, or crashes on it.
            RegtrackError: pyBigWig cannot be started.
        """
        stretches = [(sample.chrom, sample.start, sample.end) for sample in expected.samples]
        found = self.read(path, expected.chroms, stretches, patience=patience)
        return list(disagreements(expected, found))

    def read(
        self,
        path: Path,
        chroms: Iterable[str] = (),
        stretches: Sequence[tuple[str, int, int]] = (),
        *,
        patience: float | None = None,
    ) -> Reading:
        """Read a header, and totals of chromosomes (in zoom levels) and stretches (in the data).

        Args:
            path: the file.
            chroms: names of chromosomes.
            stretches: chromosome, start and end (bp) of each; short, since every value is read.
            patience: seconds to wait; default: those of this reader.

        Raises:
            TrackError: pyBigWig cannot read the file, or crashes on it.
            RegtrackError: pyBigWig cannot be started.
        """
        request: dict[str, Any] = {
            "chroms": list(chroms),
            "stretches": [(chrom, int(start), int(end)) for chrom, start, end in stretches],
        }
        with plain_name(path.resolve()) as name:
            answer = self._ask({"path": name, **request}, patience or self._patience)
        if "error" in answer:
            raise TrackError(f"{path}: pyBigWig {answer['error']}")
        return Reading(
            lengths=answer["lengths"],
            bases=answer["bases"],
            chroms={name: Totals(*totals) for name, totals in answer["chroms"].items()},
            stretches=[Totals(*totals) for totals in answer["stretches"]],
        )

    def _ask(self, request: dict[str, Any], patience: float) -> dict[str, Any]:
        """The answer to a request; its `error` is about the file, or says how the process ended."""
        if self._process is None:
            self._start()
        if not self._ready and self._line(_PATIENCE) != "ready":
            self._end()
            raise RegtrackError(f"pyBigWig cannot be loaded by {sys.executable}; reinstall it")
        self._ready = True
        line = self._line(patience, json.dumps(request))
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        return {"error": f"cannot read it: {self._end(patience)}"}

    def _line(self, patience: float, request: str | None = None) -> str:
        """Send a line, if given, and wait for one; empty if the process has ended."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None

        def give_up() -> None:
            self._late = True
            process.kill()

        timer = threading.Timer(patience, give_up)
        timer.start()
        try:
            if request is not None:
                process.stdin.write(request + "\n")
                process.stdin.flush()
            return process.stdout.readline().strip()
        except BrokenPipeError:
            return ""
        finally:
            timer.cancel()

    def _start(self) -> None:
        self._ready, self._late = False, False
        self._process = subprocess.Popen(
            [sys.executable, "-P", second_reader_process.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libBigWig prints complaints about files there
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each thread would take memory
            start_new_session=True,  # Ctrl-C reaches only this process, which then ends that one
        )

    def _end(self, patience: float = _PATIENCE) -> str:
        """Wait for the process to end; returns how it ended, as part of a message."""
        process, self._process = self._process, None
        if process is None:
            return ""
        with suppress(BrokenPipeError), process:  # closes the pipes, which ends it, and waits
            pass
        if self._late:
            return f"it took longer than {patience:g} s"
        status = process.returncode
        return f"its process ended with {signal.Signals(-status).name if status < 0 else status}"
