"""Speed of a sweep, compared with the bare forward pass, and where the time goes.

Each measurement runs in its own process. The sequence is the real 10 Mb if REGTRACK_REAL_DATA is
set, and otherwise random bases of the same length.

    python scripts/bench_sweep.py                    # everything, about half an hour
    python scripts/bench_sweep.py --megabases 1      # the same on 1 Mb, as a check
    python scripts/bench_sweep.py --device cuda --megabases 100
    python scripts/bench_sweep.py --contigs          # only many short contigs against a long one
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import torch

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.genome.assembly import Assembly
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import decode
from regtrack.labels.marker import Marker
from regtrack.machine.cores import cores
from regtrack.models.registry import build_model
from regtrack.predict.copies import Scores, to_host
from regtrack.predict.device import pick_device
from regtrack.sweep import assemble, encoding, engine, on_device
from regtrack.sweep.compute import Reading, Scorer, read
from regtrack.sweep.encoding import Encoding, prepare_encoder
from regtrack.sweep.job import Job, open_job
from regtrack.sweep.request import Compute, Selection, SweepRequest
from regtrack.sweep.run import run_sweep

MARKERS = 919
HG19 = 3_095_677_412  # bp of its 24 chromosomes and chrM


@dataclass(frozen=True)
class Case:
    """One measurement."""

    what: str  # sweep, whole, forward, pybigwig, profile or host
    megabases: float
    markers: int = 8
    precision: str = "fp32"
    device: str = "auto"
    model: str = "dilated"
    contigs: int = 1  # of equal length


def make_inputs(folder: Path, case: Case) -> SweepRequest:
    """A checkpoint with the paper's 919 markers, and a reference."""
    fasta = folder / f"{case.megabases:g}-{case.contigs}.fa"
    if not fasta.exists():
        sequence = _sequence(int(case.megabases * 1e6))
        length = len(sequence) // case.contigs
        with fasta.open("w") as file:
            for number in range(case.contigs):
                at = number * length
                file.write(f">chr{number + 1}\n{sequence[at : at + length]}\n")
    path = folder / f"{case.model}.safetensors"
    if not path.exists():
        torch.manual_seed(0)
        markers = tuple(Marker(f"m{number:03d}", "TF", "x", "y") for number in range(MARKERS))
        model = build_model(case.model, MARKERS)
        assembly = Assembly(("chr1",), (int(case.megabases * 1e6),))
        save_checkpoint(path, Checkpoint(model, markers, assembly, 25_000, {}))
    return SweepRequest(path, fasta, folder / "tracks", any_assembly=True)


def _sequence(length: int) -> str:
    """The real bases from the first base other than N, repeated; or random ones."""
    real = Path(os.environ.get("REGTRACK_REAL_DATA", "")) / "hg38-chr1-10mb/chr1_hg38_10M.fa.gz"
    if real.is_file():
        with Reference(real) as reference:
            codes = reference.codes("chr1", 10_000, reference.assembly.total)
    else:
        codes = np.random.default_rng(0).integers(0, 4, min(length, 10_000_000), dtype=np.uint8)
    return decode(np.resize(codes, length))


def run_case(folder: Path, case: Case) -> dict[str, Any]:
    """Seconds from the first window to the last file, and peak memory."""
    request = replace(
        make_inputs(folder, case),
        selection=Selection(markers=[f"m{number:03d}" for number in range(case.markers)]),
        compute=Compute(precision=case.precision, device=case.device),
    )
    work: dict[str, Callable[[SweepRequest], dict[str, Any]]] = {
        "sweep": sweep, "whole": whole, "forward": forward, "pybigwig": pybigwig,
        "profile": profile, "host": host,
    }  # fmt: skip
    found = work[case.what](request)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"mbps": case.megabases / found["seconds"], "peak_mb": peak, **found}


def sweep(request: SweepRequest) -> dict[str, Any]:
    """The whole sweep."""
    summary = run_sweep(request)
    return {"seconds": summary.seconds, "bytes_per_value": summary.size / _values(request)}


def whole(request: SweepRequest) -> dict[str, Any]:
    """The whole command once the encoder is loaded, with its plan, timed pass and forecast."""
    prepare_encoder()
    forecasts: list[float] = []
    start = time.perf_counter()
    run_sweep(request, announce=lambda forecast: forecasts.append(forecast.seconds))
    return {"seconds": time.perf_counter() - start, "forecast": forecasts[0]}


def forward(request: SweepRequest) -> dict[str, Any]:
    """Only the model, over the same strips."""
    with _ready(request) as (job, batches):
        start = time.perf_counter()
        for codes in batches:
            to_host(job.computation(codes))
        return {"seconds": time.perf_counter() - start}


def pybigwig(request: SweepRequest) -> dict[str, Any]:
    """The model over the same strips, then pyBigWig."""
    with _ready(request) as (job, batches), tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        files = [pyBigWig.open(f"{folder}/{marker.name}.bw", "w") for marker in job.markers]
        for file in files:
            file.addHeader(list(zip(*_lengths(job), strict=True)))
        strips = [strip for chunk in job.plan.chunks for (strip,) in job.plan.batches(chunk)]
        for strip, codes in zip(strips, batches, strict=True):
            values = to_host(job.computation(codes))[0][:, strip.crop]
            for file, row in zip(files, values, strict=True):
                file.addEntries("chr1", strip.start, values=row, span=1, step=1)
        for file in files:
            file.close()
        return {"seconds": time.perf_counter() - start}


def profile(request: SweepRequest) -> dict[str, Any]:
    """Time in each part of the sweep, over all threads."""
    spent: dict[str, float] = defaultdict(float)

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                spent[name] += time.perf_counter() - start

        return run

    replaced: tuple[tuple[str, object, str], ...] = (
        ("reading", engine, "read"),
        ("encoding", encoding, "encode_rows"),
        ("rounding", encoding, "store_rows"),
        ("shards", engine, "write_shard"),
        ("model", Scorer, "__call__"),
        ("joining", assemble, "_join"),
    )
    for part, owner, name in replaced:
        setattr(owner, name, timed(part, getattr(owner, name)))
    summary = run_sweep(request)
    return {"seconds": summary.seconds, "parts": dict(spent)}


def host(request: SweepRequest) -> dict[str, Any]:
    """Everything but the model: the work left to the processor if a GPU took no time.

    This times reading, encoding, shards and joining, and on the CPU also absence and rounding,
    which is in place as of a network's own values. For another device, which does these two before
    the copy, the scores are rounded already. Scores are copied where a base is absent.
    """
    with open_job(request) as job:
        length, on_cpu = job.plan.bases_at_once, job.computation.device.type == "cpu"
    scores = _stand_in(len(request.selection.markers), length)
    if not on_cpu:
        scores = on_device.round_mantissa(scores, request.storage.keep_bits)
        Encoding.finish = _already_finished  # type: ignore[method-assign,assignment]

    def prepared(_: Scorer, codes: np.ndarray, _lengths: None = None) -> torch.Tensor:
        found = scores[:, :, : codes.shape[1]]
        return found.clone() if (codes > 3).any() else found

    Scorer.__call__ = prepared  # type: ignore[method-assign,assignment]
    return sweep(request)


def _stand_in(markers: int, length: int) -> torch.Tensor:
    """Random scores (1, M, L) that vary along the sequence about as a network's do."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(1, markers, length, generator=generator)
    smooth = torch.nn.functional.avg_pool1d(noise, 64, stride=1, padding=32)
    with torch.inference_mode():
        return (8 * smooth - 3).sigmoid()


def _already_finished(_encoding: Encoding, reading: Reading, values: torch.Tensor) -> Scores:
    """Replaces `Encoding.finish`: scores already rounded, and absent where they must be."""
    if not reading.present.all():
        values = values.masked_fill(~torch.as_tensor(reading.present), torch.nan)
    return to_host(values)


@contextmanager
def _ready(request: SweepRequest) -> Iterator[tuple[Job, list[np.ndarray]]]:
    """A warmed-up job, and every batch of it as codes."""
    with open_job(request) as job:
        batches = [
            np.stack(read(job.plan, job.reference, batch).codes)
            for chunk in job.plan.chunks
            for batch in job.plan.batches(chunk)
        ]
        to_host(job.computation(batches[0]))
        yield job, batches


def _lengths(job: Job) -> tuple[tuple[str, ...], tuple[int, ...]]:
    return job.plan.assembly.names, job.plan.assembly.lengths


def _values(request: SweepRequest) -> int:
    return Reference(request.reference).assembly.total * len(request.selection.markers)


def measure(folder: Path, case: Case) -> dict[str, Any]:
    """Run a case in its own process, and print the result."""
    shutil.rmtree(folder / "tracks", ignore_errors=True)
    command = [sys.executable, __file__, "--case", json.dumps(asdict(case))]
    command += ["--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{case.what:9} {case.megabases:6g} Mb {case.markers:4} markers {case.precision} "
        f"{found['mbps']:8.2f} Mbp/s {found['peak_mb']:8,.0f} MB",
        flush=True,
    )
    return found


def report(folder: Path, megabases: float, device: str, counts: list[int]) -> None:
    """Everything, in one run."""
    base = Case("sweep", megabases, device=device)
    for precision in ("fp32", "bf16"):
        print(f"\n8 markers, {precision}, against the bare forward pass")
        case = replace(base, precision=precision)
        swept, bare, theirs = (
            measure(folder, replace(case, what=what)) for what in ("sweep", "forward", "pybigwig")
        )
        print(f"of the forward pass: {swept['mbps'] / bare['mbps']:.2f} (aim: 0.8)")
        print(f"of forward, then pyBigWig: {swept['mbps'] / theirs['mbps']:.2f} (aim: 3)")
        print(f"all of hg19 at this speed: {HG19 / 1e6 / swept['mbps'] / 60:,.1f} min")
    print("\nmemory by length of the chromosome")
    short, long = (measure(folder, replace(base, megabases=megabases * times)) for times in (1, 4))
    print(f"four times as long: {long['peak_mb'] / short['peak_mb'] - 1:+.1%} (aim: within 10 %)")
    print("\nby number of markers")
    for markers in counts:
        for precision in ("fp32", "bf16"):
            # about as many values for each, so that many markers do not take hours
            size = min(megabases, max(2, megabases * 8 / markers))
            measure(folder, replace(base, megabases=size, markers=markers, precision=precision))
    compare_contigs(folder, megabases, device)
    print("\nwhere the time goes, seconds of each part's own threads")
    parts = measure(folder, replace(base, what="profile"))
    for name, seconds in parts["parts"].items():
        print(f"{name:9} {seconds:8.2f} of {parts['seconds']:.2f}")
    print("\nwithout the model, as if a GPU took no time")
    quick = measure(folder, replace(base, what="host"))
    print(f"all of hg19 in {HG19 / 1e6 / quick['mbps'] / 60:,.1f} min on {cores()} cores")


def compare_contigs(folder: Path, megabases: float, device: str) -> None:
    """Many short contigs against one of as many bases, and the forecasts of both."""
    print("\ncontigs of 500 bp against one of as many bases, one marker, whole command")
    many = int(megabases * 1e6) // 500
    for model in ("cnn1", "dilated"):
        case = Case("whole", megabases, markers=1, device=device, model=model)
        one, all_ = (measure(folder, replace(case, contigs=count)) for count in (1, many))
        print(f"{model}: {all_['seconds'] / one['seconds']:.1f} times as long (aim: 3)")
        for what, found in (("one", one), (f"{many:,}", all_)):
            print(f"{what}: {found['forecast'] / found['seconds']:.1f} of it forecast (aim: 0.5-2)")


def main() -> None:
    """Parse, and measure all or one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabases", type=float, default=10)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--contigs", action="store_true", help="only many short ones against one")
    parser.add_argument("--markers", type=int, nargs="+", default=[1, 8, 64, MARKERS])
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(run_case(options.folder, Case(**json.loads(options.case)))))
        return
    print(f"{pick_device(options.device)}, torch {torch.__version__}, {cores()} cores")
    with tempfile.TemporaryDirectory() as folder:
        if options.contigs:
            compare_contigs(Path(folder), options.megabases, options.device)
        else:
            report(Path(folder), options.megabases, options.device, options.markers)


if __name__ == "__main__":
    main()
