"""Speed, size and memory of writing bigWigs, compared with pyBigWig and figwig.

Each measurement runs in its own process: CPU time, so that other work on the machine does not
count, and peak memory. Only the scaling from one core to two needs a quiet machine.

    python scripts/bench_bigwig.py            # everything, about 15 minutes
    python scripts/bench_bigwig.py --quick    # 10 M values only, about 2 minutes
    python scripts/bench_bigwig.py --scaling  # only from one core to two, about 6 minutes
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
from isal import isal_zlib

from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.deflate.streams import deflate
from regtrack.tracks.bigwig.encode import STRETCH, encode_all, prepare
from regtrack.tracks.bigwig.layout import ITEMS_PER_BLOCK
from regtrack.tracks.bigwig.rounding import DEFAULT_KEEP_BITS, MANTISSA_BITS, round_mantissa

MILLION = 1_000_000
BASE = 10 * MILLION  # distinct values; longer inputs repeat them, beyond the reach of deflate


@dataclass(frozen=True)
class Job:
    """One file to write; the writer `encode` writes none."""

    writer: str
    count: int
    keep_bits: int = MANTISSA_BITS
    cores: int = 1


def smooth_probabilities() -> np.ndarray:
    """Sigmoids of noise smoothed over 64 bp, mostly small like a model's scores; float32 (n,)."""
    noise = np.random.default_rng(0).normal(size=BASE + 63)
    sums = np.cumsum(np.concatenate([[0.0], noise]))
    smooth = (sums[64:] - sums[:-64]) / 8
    return np.asarray(1 / (1 + np.exp(3 - smooth)), np.float32)


def parts(base: np.ndarray, count: int) -> Iterator[tuple[int, np.ndarray]]:
    """Start and values (n,) of about 8 million values at a time."""
    for start in range(0, count, 8 * STRETCH):
        wanted = np.arange(start, min(start + 8 * STRETCH, count)) % len(base)
        yield start, base[wanted]


def write_ours(path: Path, job: Job, base: np.ndarray) -> tuple[float, float]:
    """CPU and wall seconds, including rounding."""
    cpu = wall = 0.0
    with create_bigwig(path, Assembly(("chr1",), (job.count,))) as file:
        for start, values in parts(base, job.count):
            begun = time.process_time(), time.perf_counter()
            file.write("chr1", start, values, keep_bits=job.keep_bits, threads=job.cores)
            cpu, wall = cpu + time.process_time() - begun[0], wall + time.perf_counter() - begun[1]
        begun = time.process_time(), time.perf_counter()
    return cpu + time.process_time() - begun[0], wall + time.perf_counter() - begun[1]


def write_theirs(path: Path, job: Job, base: np.ndarray) -> tuple[float, float]:
    """The same for pyBigWig, which gets rounded values for free."""
    cpu = wall = 0.0
    file = pyBigWig.open(str(path), "w")
    file.addHeader([("chr1", job.count)])
    for start, values in parts(base, job.count):
        round_mantissa(values, job.keep_bits)
        begun = time.process_time(), time.perf_counter()
        for at in range(0, len(values), STRETCH):
            part = values[at : at + STRETCH]
            file.addEntries("chr1", start + at, values=part, span=1, step=1)
        cpu, wall = cpu + time.process_time() - begun[0], wall + time.perf_counter() - begun[1]
    begun = time.process_time(), time.perf_counter()
    file.close()
    return cpu + time.process_time() - begun[0], wall + time.perf_counter() - begun[1]


def write_figwig(path: Path, job: Job, base: np.ndarray) -> tuple[float, float]:
    """The same for figwig, in one thread, which gets rounded values for free too."""
    figwig: Any = importlib.import_module("figwig")
    cpu = wall = 0.0
    file = figwig.BigWigWriter(path, {"chr1": job.count}, n_jobs=1)
    for start, values in parts(base, job.count):
        round_mantissa(values, job.keep_bits)
        begun = time.process_time(), time.perf_counter()
        file.write(["chr1"], [start], values[None], missing=np.nan)
        cpu, wall = cpu + time.process_time() - begun[0], wall + time.perf_counter() - begun[1]
    begun = time.process_time(), time.perf_counter()
    file.close()
    return cpu + time.process_time() - begun[0], wall + time.perf_counter() - begun[1]


WRITERS = {"ours": write_ours, "pyBigWig": write_theirs, "figwig": write_figwig}


def measure_here(job: Job) -> dict[str, float]:
    """Run a job in this process, bound to its cores; the encoder is loaded beforehand."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job.cores])
    prepare()
    base = smooth_probabilities()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.bw"
        write = WRITERS[job.writer]
        if job.writer == "figwig":  # compiles its loops
            write(path, replace(job, count=STRETCH), base)
        cpu, wall = write(path, job, base)
        size = path.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"cpu": cpu, "wall": wall, "size": size, "peak": peak}


def measure(job: Job, repeats: int = 1) -> dict[str, Any]:
    """Run a job in processes of its own, and return the shortest times."""
    runs = []
    for _ in range(repeats):
        command = [sys.executable, __file__, "--job", json.dumps(asdict(job))]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        result = subprocess.run(
            command, capture_output=True, text=True, check=True, env=environment
        )
        runs.append(json.loads(result.stdout))
    return {name: min(run[name] for run in runs) for name in runs[0]}


def against_others(counts: list[int]) -> None:
    """Values per CPU second, and bytes per value."""
    writers = [name for name in WRITERS if name != "figwig" or importlib.util.find_spec("figwig")]
    print("| values | bits kept | writer | M/s | of ours | B/value |\n|---|---|---|---|---|---|")
    for count in counts:
        for keep_bits in (MANTISSA_BITS, DEFAULT_KEEP_BITS):
            repeats = 3 if count <= BASE else 1
            found = {name: measure(Job(name, count, keep_bits), repeats) for name in writers}
            for name, one in found.items():
                print(
                    f"| {count // MILLION} M | {keep_bits} | {name} "
                    f"| {count / one['cpu'] / MILLION:.2f} "
                    f"| 1/{one['cpu'] / found['ours']['cpu']:.1f} | {one['size'] / count:.2f} |",
                    flush=True,
                )


def keep_bits_table() -> None:
    """What rounding saves and what it costs."""
    base = smooth_probabilities()
    print("\n| bits kept | B/value | of lossless | largest relative error | M values/s |")
    print("|---|---|---|---|---|")
    lossless = measure(Job("ours", BASE))["size"]
    for keep_bits in (*range(5, 13), 14, 16, 18, 20, MANTISSA_BITS):
        found = measure(Job("ours", BASE, keep_bits), repeats=3)
        rounded = base.copy()
        round_mantissa(rounded, keep_bits)
        error = float((np.abs(rounded.astype(np.float64) - base) / base).max())
        print(
            f"| {keep_bits} | {found['size'] / BASE:.2f} | {found['size'] / lossless:.0%} "
            f"| {error:.2g} | {BASE / found['cpu'] / MILLION:.1f} |",
            flush=True,
        )


def ways_to_deflate(values: np.ndarray) -> dict[str, Callable[[], int]]:
    """Functions by name that pack the values block by block and return the number of bytes."""
    starts = np.arange(0, len(values), ITEMS_PER_BLOCK)
    words = values.view(np.uint32)
    blocks = [values[start : start + ITEMS_PER_BLOCK].tobytes() for start in starts]

    def ours() -> int:
        return len(deflate(words, starts, starts + ITEMS_PER_BLOCK).data)

    def general(pack: Callable[[bytes, int], bytes], level: int) -> int:
        return sum(len(pack(block, level)) for block in blocks)

    return {
        "ours": ours,
        "ISA-L 1": partial(general, isal_zlib.compress, 1),
        "ISA-L 3": partial(general, isal_zlib.compress, 3),
        "zlib 1": partial(general, zlib.compress, 1),
        "zlib 6": partial(general, zlib.compress, 6),
    }


def compressors() -> None:
    """Our deflate compared with general ones: a million values, in one process and thread."""
    prepare()
    base = smooth_probabilities()[: 64 * ITEMS_PER_BLOCK]
    print("\n| bits kept | deflate | B/value | M values/s |")
    print("|---|---|---|---|")
    for keep_bits in (MANTISSA_BITS, 10, DEFAULT_KEEP_BITS, 5):
        values = base.copy()
        round_mantissa(values, keep_bits)
        for name, way in ways_to_deflate(values).items():
            seconds = []
            for _ in range(2 if name == "zlib 6" else 9):
                begun = time.process_time()
                size = way()
                seconds.append(time.process_time() - begun)
            speed = len(values) / min(seconds) / MILLION
            print(f"| {keep_bits} | {name} | {size / len(values):.2f} | {speed:.1f} |", flush=True)


def loading() -> None:
    """The cost of compiled loops in a new process, before it encodes."""
    code = (
        "import time; begun = time.perf_counter(); "
        "from regtrack.tracks.bigwig.encode import prepare; prepare(); "
        "print(time.perf_counter() - begun)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        first, second = (
            float(subprocess.check_output([sys.executable, "-c", code], env=environment))
            for _ in range(2)
        )
    print(f"\nThe encoder is compiled in {first:.1f} s, and loaded from then on in {second:.2f} s")


def encode_here(job: Job) -> dict[str, float]:
    """Encode without writing a file, in as many threads as the job has cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: max(job.cores, 2)])
    prepare()
    values = np.resize(smooth_probabilities(), job.count)
    rounds = []
    for _ in range(7 if job.count <= BASE else 1):
        begun = time.perf_counter()
        for _ in encode_all(0, 0, values, keep_bits=job.keep_bits, threads=job.cores):
            pass
        rounds.append(time.perf_counter() - begun)
    return {"wall": float(np.median(rounds))}


def scaling(counts: list[int]) -> None:
    """Encoding in one thread, in two, and in two processes in parallel: what the machine can do.

    The three take turns; the result is the median of seven turns.
    """
    print("\n| values | bits kept | one thread, M/s | two | times | two processes | times |")
    print("|---|---|---|---|---|---|---|")
    for count in counts:
        for keep_bits in (MANTISSA_BITS, DEFAULT_KEEP_BITS):
            turns = np.array([_turn(count, keep_bits) for _ in range(7)])
            one, two, apart = np.median(turns, axis=0)
            times = np.median(turns[:, 1:] / turns[:, :1], axis=0)
            print(
                f"| {count // MILLION} M | {keep_bits} | {one:.1f} | {two:.1f} | {times[0]:.2f} "
                f"| {apart:.1f} | {times[1]:.2f} |",
                flush=True,
            )


def _turn(count: int, keep_bits: int) -> list[float]:
    """Million values per second in one thread, in two, and in two processes."""
    alone, both = (Job("encode", count, keep_bits, cores) for cores in (1, 2))
    with ThreadPoolExecutor(2) as pool:
        pair = list(pool.map(measure, [alone, alone]))
    walls = measure(alone)["wall"], measure(both)["wall"], max(p["wall"] for p in pair) / 2
    return [count / MILLION / wall for wall in walls]


def memory() -> None:
    """Peak memory, including the same 40 MB of input."""
    peaks = [measure(Job("ours", count * MILLION))["peak"] / 2**20 for count in (25, 250)]
    print(f"\nPeak memory at 25 M values {peaks[0]:.0f} MiB, at 250 M {peaks[1]:.0f} MiB: ", end="")
    print(f"{peaks[1] / peaks[0] - 1:+.1%}", flush=True)


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="10 M values only")
    parser.add_argument("--scaling", action="store_true", help="only from one core to two")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        job = Job(**json.loads(options.job))
        print(json.dumps(encode_here(job) if job.writer == "encode" else measure_here(job)))
        return
    if options.scaling:
        scaling([BASE] if options.quick else [BASE, 25 * BASE])
        return
    against_others([BASE] if options.quick else [BASE, 25 * BASE])
    keep_bits_table()
    compressors()
    loading()
    scaling([BASE] if options.quick else [BASE, 25 * BASE])
    if not options.quick:
        memory()


if __name__ == "__main__":
    main()
