"""Third-party bigWig readers with one signature, so that a test can use them all.

`python bigwig_readers.py READER FILE...` reads in a separate process, since some readers crash.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

HERE = Path(__file__).parent
STATISTICS = ("mean", "min", "max", "coverage")

# by chromosome, one value per base, NaN if absent
Track = dict[str, npt.NDArray[np.float32]]
# by statistic, one number per bin
Bins = dict[str, npt.NDArray[np.float64]]


def read_pybigwig(path: Path) -> Track:
    import pyBigWig

    with pyBigWig.open(str(path)) as file:
        return {c: file.values(c, 0, n, numpy=True) for c, n in file.chroms().items()}


def bins_pybigwig(path: Path, chrom: str, end: int, count: int) -> Bins:
    import pyBigWig

    with pyBigWig.open(str(path)) as file:
        return {
            name: np.array(file.stats(chrom, 0, end, type=name, nBins=count), dtype=np.float64)
            for name in STATISTICS
        }


def read_pybigtools(path: Path) -> Track:
    import pybigtools

    with pybigtools.open(str(path)) as file:
        return {c: file.values(c, 0, n, fillna=None) for c, n in file.chroms().items()}


def bins_pybigtools(path: Path, chrom: str, end: int, count: int) -> Bins:
    import pybigtools

    with pybigtools.open(str(path)) as file:
        return {
            name: file.values(chrom, 0, end, bins=count, summary=name, exact=False, fillna=None)
            for name in ("mean", "min", "max")  # tests compare coverage in its zoom records
        }


def read_bx(path: Path) -> Track:
    from bx.bbi.bigwig_file import BigWigFile

    sizes = _sizes(path)  # bx-python has no list of chromosomes
    with path.open("rb") as stream:
        file = BigWigFile(stream)
        found = {c: file.get_as_array(c.encode(), 0, n) for c, n in sizes.items()}
    return {c: np.full(sizes[c], np.nan) if v is None else v for c, v in found.items()}


def bins_bx(path: Path, chrom: str, end: int, count: int) -> Bins:
    from bx.bbi.bigwig_file import BigWigFile

    # for bins without values it divides 0 by 0, and gives infinity as minimum and maximum
    with path.open("rb") as stream, np.errstate(invalid="ignore"):
        bins = BigWigFile(stream).query(chrom, 0, end, count)
    found = {name: np.array([one[name] for one in bins]) for name in STATISTICS}
    empty = found["coverage"] == 0
    return {name: np.where(empty, np.nan, numbers) for name, numbers in found.items()}


def read_pybbi(path: Path) -> Track:
    import bbi

    with bbi.open(str(path)) as file:
        sizes = dict(file.chromsizes)
        return {c: file.fetch(c, 0, n, missing=np.nan) for c, n in sizes.items()}


def bins_pybbi(path: Path, chrom: str, end: int, count: int) -> Bins:
    import bbi

    with bbi.open(str(path)) as file:
        words = {**{name: name for name in STATISTICS}, "coverage": "cov"}
        return {
            name: file.fetch(chrom, 0, end, bins=count, missing=np.nan, summary=word)
            for name, word in words.items()
        }


def read_gmod(paths: Sequence[Path], bases_per_pixel: int = 1) -> list[dict[str, Any]]:
    """Files read by @gmod/bbi; see read.mjs."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / "@gmod" / "bbi").is_dir():
        message = f"no node, or no @gmod/bbi: npm ci --prefix {HERE}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    command = [node, str(HERE / "read.mjs"), str(bases_per_pixel), *map(str, paths)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def gmod_track(chroms: dict[str, Any]) -> Track:
    """A result of `read_gmod` as one value per base."""
    track = {}
    for chrom, found in chroms.items():
        track[chrom] = np.full(found["length"], np.nan, dtype=np.float32)
        for start, end, value, *_ in found["drawn"]:
            track[chrom][start:end] = value
    return track


READERS: dict[str, Callable[[Path], Track]] = {
    "pyBigWig": read_pybigwig,
    "pybigtools": read_pybigtools,
    "bx-python": read_bx,
    "pybbi": read_pybbi,
}
BIN_READERS: dict[str, Callable[[Path, str, int, int], Bins]] = {
    "pyBigWig": bins_pybigwig,
    "pybigtools": bins_pybigtools,
    "bx-python": bins_bx,
    "pybbi": bins_pybbi,
}


def _sizes(path: Path) -> dict[str, int]:
    import pybigtools

    with pybigtools.open(str(path)) as file:
        return dict(file.chroms())


def covered_apart(reader: str, paths: Sequence[Path]) -> list[dict[str, int]]:
    """Number of bases with a value per file and chromosome, read in a separate process."""
    command = [sys.executable, __file__, reader, *map(str, paths)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, f"{reader}: status {result.returncode}: {result.stderr[-500:]}"
    return [json.loads(line) for line in result.stdout.splitlines()]


if __name__ == "__main__":
    for name in sys.argv[2:]:
        track = READERS[sys.argv[1]](Path(name))
        print(json.dumps({c: int((~np.isnan(values)).sum()) for c, values in track.items()}))
