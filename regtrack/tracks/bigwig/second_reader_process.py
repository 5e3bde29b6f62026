"""The process that `second_reader` starts: pyBigWig, which answers requests in lines of JSON.

It imports no other module of ours, so that it starts quickly. A request has the `path` of a file,
`chroms` and `stretches` (chromosome, start, end) to summarise. The answer has the `lengths` and
`bases` of the file and the totals (bases, minimum, maximum, sum) of each, or an `error`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import suppress
from typing import Any, TextIO

import pyBigWig

_MEMORY = 4 << 30  # limit of the address space (bytes), against wrong sizes in damaged files
_NOTHING = (0, float("nan"), float("nan"), 0.0)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The requested contents, or an error."""
    try:
        file = pyBigWig.open(request["path"])
    except (RuntimeError, UnicodeEncodeError):
        return {"error": "cannot open it"}
    try:
        if not file.isBigWig():
            return {"error": "takes it for a bigBed"}
        lengths = file.chroms()
        requested = {*request["chroms"], *(chrom for chrom, _, _ in request["stretches"])}
        return {
            "lengths": lengths,
            "bases": file.header()["nBasesCovered"],
            "chroms": {
                name: _at_zoom(file, name, lengths[name])
                for name in request["chroms"]
                if name in lengths
            },
            "stretches": [_of_data(file, *stretch) for stretch in request["stretches"]]
            if requested <= set(lengths)
            else [],
        }
    except (RuntimeError, MemoryError, ValueError, TypeError) as error:
        return {"error": f"cannot read it: {error}"}
    finally:
        file.close()


def _at_zoom(file: Any, chrom: str, length: int) -> tuple[int, float, float, float]:
    """Totals of a chromosome in zoom levels, by its mean, since libBigWig's zoom sums are wrong."""
    share, low, high, mean = (
        file.stats(chrom, 0, length, type=kind)[0] for kind in ("coverage", "min", "max", "mean")
    )
    bases = round((share or 0.0) * length)
    return (bases, low, high, mean * bases) if bases and low is not None else _NOTHING


def _of_data(file: Any, chrom: str, start: int, end: int) -> tuple[int, float, float, float]:
    """Totals of a stretch, from every interval that overlaps it."""
    bases, low, high, total = 0, float("inf"), float("-inf"), 0.0
    for left, right, value in file.intervals(chrom, start, end) or ():
        # pyBigWig gives coordinates as signed numbers of 32 bits
        count = min(right % 2**32, end) - max(left % 2**32, start)
        bases, total = bases + count, total + value * count
        low, high = min(low, value), max(high, value)
    return (bases, low, high, total) if bases else _NOTHING


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests, one per line, until there are none."""
    answers.write("ready\n")
    answers.flush()
    for line in requests:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    with suppress(OSError, ValueError):  # the system has no such limit, or a lower one
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    # only answers may use the pipe: libBigWig may write to the standard output
    with os.fdopen(os.dup(1), "w") as pipe:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        serve(sys.stdin, pipe)
