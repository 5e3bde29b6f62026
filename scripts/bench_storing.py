"""What a sweep costs besides its network: random scores in its place, by resolution and by part.

Each measurement runs in its own process. Times are of CPU (user and system, child processes too),
per base and marker, so that other work on the machine counts little.

    python scripts/bench_storing.py                           # 32 markers of 4 Mb, four resolutions
    python scripts/bench_storing.py --markers 919 --megabases 0.3 --resolutions 1
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bench_sweep
from bench_sweep import Case, make_inputs

from regtrack.sweep import encoding, engine, joining
from regtrack.sweep.encoding import prepare_encoder
from regtrack.sweep.request import Compute, Selection, Storage
from regtrack.sweep.run import run_sweep
from regtrack.tracks.bigwig import assemble as files, encode, forms, ladder

# where the time goes; parts that are indented are within the one above
PARTS: tuple[tuple[str, Any, str], ...] = (
    ("averaging and rounding", encoding, "store_rows"),
    ("encoding", encoding, "encode_rows"),
    ("  bins of the first zoom level", encode, "bins_by_stretch"),
    ("  compression", forms, "deflate"),
    ("shards written", engine, "write_shard"),
    ("joining", joining, "_join_group"),
    ("  zoom levels", ladder.Ladder, "add"),
    ("  their compression", ladder, "deflate"),
    ("  end of a file", files.BigWigFile, "finish"),
    ("  checksums of files", joining, "sha256_of"),
)


def used(*whose: int) -> float:
    """CPU seconds."""
    found = map(resource.getrusage, whose)
    return sum(one.ru_utime + one.ru_stime for one in found)


def time_parts(spent: dict[str, float]) -> None:
    """Let each part add its CPU seconds, of all threads."""
    lock = threading.Lock()

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            start = used(resource.RUSAGE_THREAD)
            try:
                return function(*arguments, **options)
            finally:
                with lock:
                    spent[part] += used(resource.RUSAGE_THREAD) - start

        return run

    for part, owner, name in PARTS:
        setattr(owner, name, timed(part, getattr(owner, name)))


def measure_here(megabases: float, markers: int, resolution: int) -> dict[str, float]:
    """CPU seconds of all and of each part."""
    spent: dict[str, float] = defaultdict(float)
    prepare_encoder()
    with tempfile.TemporaryDirectory() as folder:
        request = replace(
            make_inputs(Path(folder), Case("host", megabases, markers)),
            selection=Selection(markers=[f"m{number:03d}" for number in range(markers)]),
            compute=Compute(window=25_600 if 25_000 % resolution else 25_000),
            storage=Storage(resolution=resolution),
        )
        time_parts(spent)

        def timed(request: Any) -> Any:
            spent.clear()
            start = used(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
            summary = run_sweep(request)
            spent["all"] = used(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) - start
            return summary

        setattr(bench_sweep, "run_sweep", timed)  # noqa: B010 - not exported there
        bench_sweep.host(request)
    return spent


def main() -> None:
    """Print a column per resolution."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabases", type=float, default=4)
    parser.add_argument("--markers", type=int, default=32)
    parser.add_argument("--resolutions", type=int, nargs="+", default=[1, 10, 25, 128])
    parser.add_argument("--job", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        print(json.dumps(measure_here(*json.loads(given.job))))
        return
    found = []
    for resolution in given.resolutions:
        job = json.dumps([given.megabases, given.markers, resolution])
        command = [sys.executable, __file__, "--job", job]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(json.loads(result.stdout.splitlines()[-1]))
    values = given.megabases * given.markers * 1e6
    heads = " | ".join(f"{resolution} bp" for resolution in given.resolutions)
    print(f"ns of CPU per base and marker, {given.markers} markers of {given.megabases:g} Mb")
    print(f"| part | {heads} |\n|---|{'---|' * len(found)}")
    for part in ("all", *(part for part, _, _ in PARTS)):
        cells = " | ".join(f"{one.get(part, 0) / values * 1e9:.2f}" for one in found)
        print(f"| {part} | {cells} |")
    rates = " | ".join(f"{2 * values / one['all'] / 1e6:.0f}" for one in found)
    print(f"| million bases and markers per second of two cores | {rates} |")


if __name__ == "__main__":
    main()
