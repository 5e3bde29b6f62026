"""A dataset of the paper's size: time, memory and disk of its build, and the speed of reading it.

The input has the lengths of hg19's 24 chromosomes, random bases, and 919 narrowPeak files with 40
million peaks in all. The default is a tenth of it: every chromosome and every file a tenth as long.

    python scripts/bench_build.py                     # a tenth; about a minute of a core
    python scripts/bench_build.py --share 1           # all of it; 5 GB of disk
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from regtrack.dataset.build import build_dataset
from regtrack.dataset.loader import make_loader
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.machine.cores import cores

# bp of chr1 to chr22, chrX and chrY of hg19
LENGTHS = (
    249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022,
    141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210,
    78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566,
)  # fmt: skip
NAMES = (*(f"chr{number}" for number in range(1, 23)), "chrX", "chrY")
FILES, PEAKS = 919, 40_000_000
CATEGORIES = (690, 104, 125)  # TF, histone and DNase of the paper
WIDTH = 50  # bases on a line
GAP = 10_000  # N at the start of each chromosome (bp)


def make_inputs(folder: Path, share: float) -> tuple[Path, Path]:
    """The reference and the markers table, with its peak files."""
    random = np.random.default_rng(0)
    lengths = [int(length * share) for length in LENGTHS]
    reference = folder / "reference.fa"
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    with reference.open("wb") as file:
        for name, length in zip(NAMES, lengths, strict=True):
            rows = -(-length // WIDTH)
            bases = np.full((rows, WIDTH + 1), ord("\n"), np.uint8)
            bases[:, :WIDTH] = letters[random.integers(0, 4, (rows, WIDTH), np.uint8)]
            bases[: GAP // WIDTH, :WIDTH] = ord("N")
            text = bases.tobytes()[: length + length // WIDTH]
            file.write(f">{name}\n".encode() + text.rstrip(b"\n") + b"\n")
    (folder / "peaks").mkdir()
    categories = np.repeat(["TF", "histone", "DNase"], CATEGORIES)
    lines = ["file\tcategory\tbiosample\ttarget"]
    for number, category in enumerate(categories.tolist()):
        path = Path("peaks") / f"{number:03d}.narrowPeak.gz"
        with gzip.open(folder / path, "wt", compresslevel=1) as out:
            out.write(peaks(random, lengths, round(PEAKS * share / FILES)))
        lines.append(f"{path}\t{category}\tcell{number}\ttarget{number}")
    table = folder / "markers.tsv"
    table.write_text("\n".join(lines) + "\n")
    return reference, table


def peaks(random: np.random.Generator, lengths: list[int], count: int) -> str:
    """The lines of a peak file, in order, as many per base on each chromosome."""
    parts = []
    for name, length in zip(NAMES, lengths, strict=True):
        here = round(count * length / sum(lengths))
        starts = np.sort(random.integers(GAP, length - 2_000, here))
        sizes = random.integers(150, 2_000, here)
        parts += [
            f"{name}\t{start}\t{start + size}\t.\t0\t.\t9.5\t-1\t-1\t75\n"
            for start, size in zip(starts.tolist(), sizes.tolist(), strict=True)
        ]
    return "".join(parts)


def build(folder: Path) -> dict[str, float]:
    """Build the dataset in this process; what it took."""
    began, spec = time.perf_counter(), DatasetSpec(split=SplitSpec(kind="block"))
    build_dataset(folder / "reference.fa", folder / "markers.tsv", folder / "data", spec=spec)
    used = resource.getrusage(resource.RUSAGE_SELF)
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = sum(path.stat().st_size for path in (folder / "data").iterdir())
    return {
        "seconds": time.perf_counter() - began,
        "cpu": sum(one.ru_utime + one.ru_stime for one in (used, others)),
        "peak_mb": max(used.ru_maxrss, others.ru_maxrss) / 1024,
        "disk_mb": size / 1e6,
    }


def read(folder: Path) -> dict[str, float]:
    """Read 2,000 training windows in this process; what it took."""
    dataset = Dataset.open(folder / "data")
    loader = make_loader(
        dataset, "train", batch_size=8, seed=0, epoch=0, shuffle=True, reverse_complement=True,
        max_shift=10_000, limit=2_000,
    )  # fmt: skip
    began, used, bases = time.perf_counter(), time.process_time(), 0
    for batch in loader:
        bases += batch.codes.numel()
    cpu = time.process_time() - used
    return {"mbps": bases / 1e6 / (time.perf_counter() - began), "mb_per_cpu": bases / 1e6 / cpu}


def measure(folder: Path, what: str) -> dict[str, float]:
    """Run a part in a process of its own."""
    command = [sys.executable, __file__, "--part", what, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Make the input, build, read, and print what each took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--share", type=float, default=0.1, help="of hg19 and of the peaks")
    parser.add_argument("--part", choices=["build", "read"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        print(json.dumps({"build": build, "read": read}[args.part](args.folder)))
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_inputs(folder, args.share)
        bases, count = sum(LENGTHS) * args.share, PEAKS * args.share
        print(f"{bases / 1e6:,.0f} Mb, {FILES} files, {count / 1e6:.1f} million peaks")
        built = measure(folder, "build")
        print(
            f"build: {built['seconds']:.1f} s on {cores()} cores, {built['cpu']:.1f} s of "
            f"processor time, {built['peak_mb']:,.0f} MB of memory, {built['disk_mb']:,.0f} MB of "
            "disk"
        )
        found = measure(folder, "read")
        print(
            f"loader: {found['mbps']:,.0f} million bases per second in one process, "
            f"{found['mb_per_cpu']:,.0f} per second of processor time"
        )


if __name__ == "__main__":
    main()
