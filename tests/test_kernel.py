"""Compiled loops: what is kept on disk, and what happens where nothing can be."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from regtrack.kernel import kernel

SOURCE = """
from regtrack.kernel import kernel

@kernel
def twice(values):
    for i in range(len(values)):
        values[i] *= 2
"""


def surroundings() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_a_kernel_runs_where_nothing_can_be_kept() -> None:
    scope: dict[str, object] = {}
    exec(SOURCE, scope)  # of no file, so that it has no folder for its machine code
    values = np.arange(3.0)
    scope["twice"](values)  # type: ignore[operator]
    assert values.tolist() == [0, 2, 4]


def test_machine_code_is_kept_and_made_anew_when_its_file_changes(tmp_path: Path) -> None:
    (tmp_path / "kept.py").write_text(SOURCE)
    code = (
        "import numpy, kept; v = numpy.ones(1); kept.twice(v); "
        "print(v[0], sum(kept.twice.stats.cache_hits.values()))"
    )

    def run() -> str:
        result = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
            env=surroundings(),
        )  # fmt: skip
        return result.stdout.strip()

    assert [run(), run()] == ["2.0 0", "2.0 1"]
    (tmp_path / "kept.py").write_text(SOURCE.replace("*= 2", "*= 30"))
    assert run() == "30.0 0"


@pytest.mark.parametrize("trouble", ["empty index", "full disk"])
def test_disk_trouble_costs_time_and_no_more(tmp_path: Path, trouble: str) -> None:
    (tmp_path / "kept.py").write_text(SOURCE)
    cache = tmp_path / "cache"
    run = """
import numpy, kept
values = numpy.ones(1)
kept.twice(values)
print(values[0])
"""
    if trouble == "full disk":
        run = (
            """
import numba.core.caching as caching
def full(*_):
    raise OSError(28, "No space left on device")
caching.IndexDataCacheFile._save_index = full
"""
            + run
        )
    for _ in range(2):
        result = subprocess.run(
            [sys.executable, "-c", run], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**surroundings(), "NUMBA_CACHE_DIR": str(cache)},
        )  # fmt: skip
        assert (result.returncode, result.stdout) == (0, "2.0\n"), result.stderr
        for index in cache.rglob("*.nbi"):
            index.write_bytes(b"")


@kernel
def _walk(seen: np.ndarray, steps: int) -> None:
    seen[0] = 1
    place = 1
    for _ in range(steps):
        place ^= place << 13
        place ^= place >> 7
        place ^= place << 17
    seen[1] = place | 1


def test_a_kernel_lets_go_of_the_interpreter_lock() -> None:
    seen = np.zeros(2, dtype=np.int64)
    _walk(seen, 1)  # compiled

    def met_in_the_middle() -> bool:
        seen[:] = 0
        thread = threading.Thread(target=_walk, args=(seen, 50_000_000))
        thread.start()
        while seen[0] == 0:
            pass
        running = seen[1] == 0  # seen from a thread that holds the lock
        thread.join()
        return bool(running)

    # on a busy machine this thread may sleep for as long as a walk takes, but not every time
    assert any(met_in_the_middle() for _ in range(20))
