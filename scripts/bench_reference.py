"""Time the reference: indexing and reading a chromosome, from a plain FASTA and from bgzip.

The sequence is random and wrapped in lines of 50 bases. Times are seconds, the best of three; bgzip
should take at most twice as long as plain. The last line is what pyfaidx takes for the plain file
by itself.

    python scripts/bench_reference.py
    python scripts/bench_reference.py --megabases 5    # the same on less input, as a check
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyfaidx
from Bio import bgzf

from regtrack.genome.reference import Reference
from regtrack.genome.sequence import encode

WIDTH = 50
RUNS = 3


def write(folder: Path, bases: int) -> tuple[Path, Path]:
    """A random chromosome as a plain FASTA and as bgzip."""
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    lines = letters[np.random.default_rng(1).integers(0, 4, (bases // WIDTH, WIDTH))]
    text = b">chr1\n" + np.pad(lines, ((0, 0), (0, 1)), constant_values=ord("\n")).tobytes()
    plain, packed = folder / "plain.fa", folder / "bgzip.fa.gz"
    plain.write_bytes(text)
    with bgzf.BgzfWriter(str(packed), compresslevel=1) as out:  # type: ignore[no-untyped-call]
        out.write(text)
    return plain, packed


def seconds(work: Callable[[Path], object], path: Path) -> float:
    """Of the fastest of three runs."""
    found = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work(path)
        found.append(time.perf_counter() - begun)
    return min(found)


def index(path: Path) -> None:
    """Open a FASTA that has no index."""
    for suffix in (".fai", ".gzi"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    Reference(path).close()


def open_again(path: Path) -> None:
    """Open a FASTA that has one, which is looked up in the file."""
    Reference(path).close()


def read(path: Path) -> None:
    """Read the whole chromosome."""
    with Reference(path) as reference:
        reference.codes("chr1", 0, reference.assembly.total)


def index_by_pyfaidx(path: Path) -> None:
    """As `index`, by pyfaidx alone."""
    Path(f"{path}.fai").unlink(missing_ok=True)
    pyfaidx.Fasta(str(path)).close()


def read_by_pyfaidx(path: Path) -> None:
    """As `read`, by pyfaidx alone."""
    with pyfaidx.Fasta(str(path), as_raw=True) as fasta:
        encode(str(fasta["chr1"][:]))


def main() -> None:
    """Print a table of seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabases", type=float, default=150)
    bases = int(parser.parse_args().megabases * 1e6)
    with TemporaryDirectory() as folder:
        plain, packed = write(Path(folder), bases)
        print(f"{bases / 1e6:,.0f} Mb           plain    bgzip    ratio")
        for name, work in (("index", index), ("open again", open_again), ("read", read)):
            one, other = seconds(work, plain), seconds(work, packed)
            print(f"{name:14} {one:8.2f} {other:8.2f} {other / one:8.2f}")
        for name, work in (("index", index_by_pyfaidx), ("read", read_by_pyfaidx)):
            print(f"{name} by pyfaidx {seconds(work, plain):8.2f}")


if __name__ == "__main__":
    main()
