"""Speed and memory of saliency, compared with forward passes of the same network.

Each measurement runs in its own process, on random bases and networks with initial weights and the
paper's 919 markers; the best of a few runs counts.

    python scripts/bench_saliency.py                    # everything, a few minutes
    python scripts/bench_saliency.py --megabases 0.2    # the same on less input, as a check
    python scripts/bench_saliency.py --device cuda --megabases 20
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch

from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.machine.cores import cores
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model
from regtrack.predict.copies import to_host
from regtrack.predict.device import pick_device
from regtrack.predict.forward import forward
from regtrack.predict.lending import borrowed
from regtrack.predict.reading import choose_flank
from regtrack.saliency.mutagenesis import mutagenesis
from regtrack.saliency.tracks import TrackSaliency
from regtrack.sweep.compute import passes
from regtrack.sweep.plan import SweepPlan

MARKERS = 919
MODELS = ("cnn7", "dilated", "id-cnn", "bi-lstm")
WINDOW = 25_000
MUTATED = 100  # bp
RUNS = 3


@dataclass(frozen=True)
class Case:
    """One measurement."""

    what: str  # tracks, forward, ism, ism-all or loop
    model: str
    megabases: float
    device: str = "auto"


def best(work: Callable[[], Any], runs: int = RUNS) -> float:
    """Seconds of the fastest run after a warm-up."""
    work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def plan_of(model: TrackModel, length: int) -> SweepPlan:
    """Windows of 25 kb with two flanks, ten of them at once, as `saliency-tracks` runs them."""
    return SweepPlan(
        assembly=Assembly(("chr1",), (length,)),
        targets={"chr1": Intervals.one(0, length)},
        window=WINDOW,
        flank=choose_flank("auto", needed=model.flank and 2 * model.flank, stride=model.stride),
        batch_size=10,
        stride=model.stride,
        fused=model.flank is not None,
    )


def tracks(model: TrackModel, codes: np.ndarray, device: torch.device) -> float:
    """Seconds of gradient x input along a sequence, including flanks."""
    plan, computation = plan_of(model, len(codes)), TrackSaliency(model, [0], device)
    batches = [
        [codes[strip.read_start : strip.read_end] for strip in batch]
        for chunk in plan.chunks
        for batch in plan.batches(chunk)
    ]
    return best(
        lambda: [
            computation(stacked, lengths)
            for rows in batches
            for _, stacked, lengths in passes(rows)
        ]
    )


def seconds_of_pass(model: TrackModel, codes: np.ndarray, device: torch.device) -> float:
    """Seconds of a bare forward pass of one marker along a sequence, without flanks."""
    pieces = np.array_split(codes, max(1, len(codes) // (10 * WINDOW)))
    return best(lambda: [one(model, piece[None], device) for piece in pieces])


def ism(model: TrackModel, device: torch.device, *, share: float) -> float:
    """Seconds per mutant of 100 bp in the middle of a window, of which some outputs count."""
    codes, middle = bases(WINDOW), WINDOW // 2
    outputs = np.zeros(WINDOW, dtype=bool)
    reach = int(share * WINDOW / 2)
    outputs[middle - reach : middle + reach] = True
    stretch = (middle - MUTATED // 2, middle + MUTATED // 2)
    run = best(lambda: mutagenesis(model, codes, outputs, 0, stretch, device=device))
    return run / (3 * MUTATED)


def loop(model: TrackModel, device: torch.device) -> float:
    """Seconds of a forward pass over the same window."""
    codes = bases(WINDOW)[None]
    return best(lambda: one(model, codes, device), 10)


def one(model: TrackModel, codes: np.ndarray, device: torch.device) -> np.ndarray:
    """Logits of one marker, float32."""
    return to_host(forward(model, codes, markers=[0], device=device))


def bases(length: int) -> np.ndarray:
    """Random codes."""
    return np.random.default_rng(0).integers(0, 4, length, dtype=np.uint8)


def run_case(case: Case) -> dict[str, float]:
    """Seconds, and peak memory in MB."""
    torch.manual_seed(0)
    model, device = build_model(case.model, MARKERS), pick_device(case.device)
    codes = bases(int(case.megabases * 1e6))
    with borrowed(model, device):
        if case.what == "tracks":
            seconds = tracks(model, codes, device)
        elif case.what == "forward":
            seconds = seconds_of_pass(model, codes, device)
        elif case.what == "loop":
            seconds = loop(model, device)
        else:
            seconds = ism(model, device, share=1.0 if case.what == "ism-all" else 0.02)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mb": peak}


def measure(case: Case) -> dict[str, float]:
    """A case in a process of its own."""
    command = [sys.executable, __file__, "--case", json.dumps(asdict(case))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def report(case: Case) -> None:
    """One network: tracks against three forward passes, mutants against a loop, and memory."""
    found = {
        what: measure(replace(case, what=what))
        for what in ("tracks", "forward", "ism", "ism-all", "loop")
    }
    seconds = {what: value["seconds"] for what, value in found.items()}
    longer = measure(replace(case, what="tracks", megabases=4 * case.megabases))
    grown = longer["peak_mb"] / found["tracks"]["peak_mb"] - 1
    print(
        f"{case.model:8} tracks {case.megabases / seconds['tracks']:6.2f} Mbp/s, "
        f"{3 * seconds['forward'] / seconds['tracks']:.2f} of three forward passes (aim: 0.5); "
        f"{found['tracks']['peak_mb']:,.0f} MB, four times as long {grown:+.0%}\n"
        f"{'':8} mutants {1 / seconds['ism']:8,.0f} /s, {seconds['loop'] / seconds['ism']:.0f} "
        f"times a loop (aim: 10) for 500 outputs, {found['ism']['peak_mb']:,.0f} MB; "
        f"{1 / seconds['ism-all']:8,.0f} /s, {seconds['loop'] / seconds['ism-all']:.0f} times "
        f"for all outputs of the window, {found['ism-all']['peak_mb']:,.0f} MB",
        flush=True,
    )


def main() -> None:
    """Parse, and measure all or one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabases", type=float, default=1)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(run_case(Case(**json.loads(options.case)))))
        return
    print(f"{pick_device(options.device)}, torch {torch.__version__}, {cores()} cores")
    for model in options.models:
        report(Case("tracks", model, options.megabases, options.device))


if __name__ == "__main__":
    main()
