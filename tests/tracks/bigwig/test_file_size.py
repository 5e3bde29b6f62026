"""Upper bounds of the size of a track on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.file_size import bytes_per_file, bytes_per_value
from regtrack.tracks.bigwig.rounding import round_mantissa


@pytest.mark.parametrize("keep_bits", [1, 4, 7, 8, 15, 23])
@pytest.mark.parametrize("resolution", [1, 10, 100])
def test_noise_stays_below_the_bound(tmp_path: Path, keep_bits: int, resolution: int) -> None:
    noise = np.exp(np.random.default_rng(0).normal(size=200_000) * 5).astype(np.float32)
    round_mantissa(noise, keep_bits)
    assembly = Assembly(("c",), (len(noise) * resolution,))
    with create_bigwig(tmp_path / "t.bw", assembly, resolution=resolution) as file:
        file.write("c", 0, noise)
    bound = bytes_per_value(keep_bits, resolution) * len(noise)
    size = (tmp_path / "t.bw").stat().st_size
    assert 0.5 * bound < size <= bound + 4096


@pytest.mark.parametrize("chroms", [1, 25, 640])
@pytest.mark.parametrize("length", [10_000, 250_000_000])
def test_a_file_of_few_values_stays_below_the_bound(
    tmp_path: Path, chroms: int, length: int
) -> None:
    assembly = Assembly(tuple(f"chr{n}" for n in range(chroms)), (length,) * chroms)
    with create_bigwig(tmp_path / "t.bw", assembly, resolution=1) as file:
        file.write("chr0", 0, np.ones(10, dtype=np.float32))
    bound = bytes_per_file(assembly, 1)
    assert 0.9 * bound < (tmp_path / "t.bw").stat().st_size <= bound + 10 * bytes_per_value(23, 1)
