"""The encoder's compiled loops stay within the bounds of their arrays.

Normally compiled loops do not check indices, so one out of bounds would overwrite memory. Here they
are compiled with bounds checks.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HUNT = """
import numpy as np
from regtrack.tracks.bigwig.deflate.streams import deflate
from regtrack.tracks.bigwig.encode import encode
from test_streams import KINDS, words
from bigwig_tracks import pieces

rng = np.random.default_rng(0)
for pieces_at_once in (1, 2, 500):  # so short that what a stream needs beside them is the most
    for size in range(1, 6):
        lefts = np.arange(pieces_at_once) * size
        values = rng.integers(0, 2**32, pieces_at_once * size, dtype=np.uint32)
        deflate(values, lefts, lefts + size)
for count in [1, 2, 3, 4, 5, 63, 64, 65, 66, 16_382, 16_383, 16_384, 16_385, 33_000]:
    for kind in KINDS:
        for record in (0, 1, 3, 8, 8_191):
            values = words(kind, count, count)
            ahead = np.zeros((1, count % 7), np.uint32)
            deflate(values, [0], [count], ahead, record=record)
for count in rng.integers(1, 40_000, 50).tolist():
    values, resolution = pieces(rng, count), int(rng.choice([1, 10, 200]))
    start = int(rng.integers(0, 500)) * resolution
    short = int(rng.integers(0, resolution))
    encode(0, start, values, resolution=resolution, end=start + count * resolution - short)
print("in bounds")
"""


@pytest.fixture
def compiled(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder for the checked machine code, which is compiled again when its sources change."""
    kept: pytest.Cache | None = getattr(request.config, "cache", None)
    return tmp_path if kept is None else kept.mkdir("bounds-checked")


@pytest.mark.slow
def test_no_index_is_out_of_bounds(compiled: Path) -> None:
    tests = Path(__file__).parent / "deflate", Path(__file__).parents[2] / "readers"
    environment = {
        **os.environ,
        "NUMBA_BOUNDSCHECK": "1",
        "NUMBA_CACHE_DIR": str(compiled),
        "PYTHONPATH": os.pathsep.join([*map(str, tests), *sys.path]),
    }
    result = subprocess.run(
        [sys.executable, "-c", HUNT], capture_output=True, text=True, check=False, env=environment
    )
    assert (result.returncode, result.stdout) == (0, "in bounds\n"), result.stderr
