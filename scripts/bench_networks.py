"""A network that is not regtrack's: its sweep, its bare forward pass, and tiles written by hand.

By hand means windows of 5 kb in batches, one-hot in NumPy, and pyBigWig or figwig. Each measurement
runs in its own process, one way after another and all of them again, of which the best counts.
Seconds are of CPU time, user and system and of child processes, so that other work on the machine
counts little.

    python scripts/bench_networks.py                  # two networks, 2 Mb, some minutes
    python scripts/bench_networks.py --megabases 0.5  # the same on less, as a check
    python scripts/bench_networks.py --networks convolution --megabases 10 --rounds 1
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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import torch
from torch import Tensor, nn

from regtrack.adapters.spliceai import SpliceAI
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, decode
from regtrack.predict.opening import open_network
from regtrack.predict.plain import PlainNetwork, as_network
from regtrack.sweep.encoding import prepare_encoder
from regtrack.sweep.run import predict_genome

TRACKS = {"spliceai": 2, "convolution": 8}
WAYS = ("forward", "sweep", "pyBigWig", "figwig")
_WINDOW, _BATCH = 5_000, 8


class Convolution(nn.Module):
    """A light network: one-hot (B, 4, L) to (B, 8, L - 40), in 22 kFLOP per base."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv1d(4, 64, 41), nn.Conv1d(64, TRACKS["convolution"], 1)

    def forward(self, x: Tensor) -> Tensor:
        """Values, floats (B, 8, L - 40), of one-hot sequence (B, 4, L)."""
        found: Tensor = self.last(torch.relu(self.first(x)))
        return found


def make_network(name: str) -> PlainNetwork:
    """A network with random weights."""
    torch.manual_seed(0)
    if name == "spliceai":
        return as_network(
            SpliceAI(80), ["acceptor", "donor"], name=name, crop=40, reach=40,
            activation="softmax", channels=[1, 2],
        )  # fmt: skip
    names = [f"t{number:02d}" for number in range(TRACKS[name])]
    return as_network(Convolution(), names, name=name, crop=20, reach=20, activation="sigmoid")


def sequence(megabases: float) -> Codes:
    """Real bases if REGTRACK_REAL_DATA is set, at most 9 Mb, else random ones."""
    length = int(megabases * 1e6)
    real = Path(os.environ.get("REGTRACK_REAL_DATA", "")) / "hg38-chr1-10mb/chr1_hg38_10M.fa.gz"
    if real.is_file():
        with Reference(real) as reference:
            return reference.codes("chr1", 1_000_000, 1_000_000 + length)
    return np.random.default_rng(0).integers(0, 4, length, dtype=np.uint8)


def forward(network: PlainNetwork, codes: Codes) -> None:
    """The network alone, on stretches as long as those of the sweep."""
    crop, rows = network.description.cropped[0], list(range(len(network.description.outputs)))
    padded = torch.as_tensor(np.pad(codes, crop, constant_values=4))
    with torch.inference_mode():
        for start in range(0, len(codes), 250_000):
            network(padded[None, start : start + 250_000 + 2 * crop], rows)


def tiles(network: PlainNetwork, codes: Codes) -> Iterator[tuple[int, np.ndarray]]:
    """Start and values (tracks, bp) of one window after another, as scripts compute them."""
    crop = network.description.cropped[0]
    padded = np.pad(codes, (crop, crop + _WINDOW), constant_values=4)
    letters = np.concatenate([np.eye(4), np.zeros((1, 4))]).astype(np.float32)
    starts = list(range(0, len(codes), _WINDOW))
    for first in range(0, len(starts), _BATCH):
        chosen = starts[first : first + _BATCH]
        one_hot = np.stack([letters[padded[at : at + _WINDOW + 2 * crop]] for at in chosen])
        with torch.inference_mode():
            found = network.module(torch.from_numpy(one_hot).transpose(1, 2).contiguous())
            softmax = network.activation == "softmax"
            found = found.softmax(1)[:, 1:] if softmax else found.sigmoid()
        for at, values in zip(chosen, found.numpy(), strict=True):
            yield at, values[:, : len(codes) - at]


def by_pybigwig(network: PlainNetwork, codes: Codes, folder: Path) -> None:
    """Tiles by pyBigWig."""
    names = [track.name for track in network.description.outputs]
    files = [pyBigWig.open(str(folder / f"{name}.bw"), "w") for name in names]
    for file in files:
        file.addHeader([("chr1", len(codes))])
    for at, values in tiles(network, codes):
        for file, row in zip(files, values, strict=True):
            file.addEntries("chr1", at, values=row, span=1, step=1)
    for file in files:
        file.close()


def by_figwig(network: PlainNetwork, codes: Codes, folder: Path) -> None:
    """Tiles by figwig."""
    figwig: Any = importlib.import_module("figwig")
    names = [track.name for track in network.description.outputs]
    files = [figwig.BigWigWriter(folder / f"{name}.bw", {"chr1": len(codes)}, n_jobs=1)
             for name in names]  # fmt: skip
    for at, values in tiles(network, codes):
        for file, row in zip(files, values, strict=True):
            file.write(["chr1"], [at], np.ascontiguousarray(row)[None], missing=np.nan)
    for file in files:
        file.close()


def measure_here(name: str, way: str, megabases: float) -> dict[str, float]:
    """CPU and wall seconds of one way; what is compiled once is compiled beforehand."""
    network, codes = make_network(name).eval(), sequence(megabases)
    prepare_encoder()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        fasta = folder / "r.fa"
        fasta.write_text(f">chr1\n{decode(codes)}\n")
        open_network(network)
        if way == "figwig":
            by_figwig(network, codes[: 2 * _WINDOW], folder)
        cpu, wall = _cpu(), time.perf_counter()
        if way == "forward":
            forward(network, codes)
        elif way == "sweep":
            predict_genome(network, fasta, folder / "tracks")
        else:
            {"pyBigWig": by_pybigwig, "figwig": by_figwig}[way](network, codes, folder)
        return {"cpu": _cpu() - cpu, "wall": time.perf_counter() - wall}


def _cpu() -> float:
    """Seconds of this process and of those that it started and that have ended."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(name: str, way: str, megabases: float) -> dict[str, float]:
    """The same in a process of its own."""
    job = json.dumps([name, way, megabases])
    command = [sys.executable, __file__, "--job", job]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print a line per network: CPU seconds, and ratios to the sweep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabases", type=float, default=2.0)
    parser.add_argument("--networks", nargs="+", choices=TRACKS, default=list(TRACKS))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        print(json.dumps(measure_here(*json.loads(given.job))))
        return
    ways = [way for way in WAYS if way != "figwig" or importlib.util.find_spec("figwig")]
    print("| network | tracks | way | CPU s | wall s | ns of CPU per value | of the sweep's CPU |")
    print("|---|---|---|---|---|---|---|")
    for name in given.networks:
        values = TRACKS[name] * given.megabases * 1e6
        rounds = [
            {way: measure(name, way, given.megabases) for way in ways} for _ in range(given.rounds)
        ]
        best = {way: min((one[way] for one in rounds), key=lambda t: t["cpu"]) for way in ways}
        for way, times in best.items():
            cpu, wall = times["cpu"], times["wall"]
            print(
                f"| {name} | {TRACKS[name]} | {way} | {cpu:.1f} | {wall:.1f} "
                f"| {cpu / values * 1e9:,.0f} | {cpu / best['sweep']['cpu']:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
