"""The pool of readers: few open files, none outdated, shared by threads."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from small_tracks import write_bigwig

from regtrack.errors import TrackError
from regtrack.tracks.binning import base_values
from regtrack.tracks.pool import ReaderPool


def constant(path: Path, value: float, length: int = 1000) -> Path:
    return write_bigwig(path, {"c": np.full(length, value, dtype=np.float32)})


def read(pool: ReaderPool, path: Path) -> float:
    with pool.borrow(path) as raw:
        return float(base_values(raw, "c", 0, 1)[0])


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def open_of(paths: list[Path]) -> int:
    """How often these files are open; others of this process may be closed meanwhile."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one of this folder itself
            found += descriptor.readlink() in paths
    return found


@pytest.fixture
def make(tmp_path: Path) -> Callable[[int], list[Path]]:
    return lambda count: [constant(tmp_path / f"{at}.bw", at) for at in range(count)]


def test_no_more_files_stay_open_than_allowed(make: Callable[[int], list[Path]]) -> None:
    paths, pool = make(9), ReaderPool(open_files=3)
    for _ in range(2):
        assert [read(pool, path) for path in paths] == list(range(9))
        assert len(pool) == 3
        assert open_of(paths) == 3
    pool.close()
    assert open_of(paths) == 0


@pytest.mark.parametrize("kept_open", [None, 1_000], ids=["by default", "as many as there may be"])
def test_many_tracks_are_read_under_a_low_limit_of_open_files(
    make: Callable[[int], list[Path]], kept_open: int | None
) -> None:
    paths, (soft, hard) = make(80), resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = open_files() + 20
    kept: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        pool = ReaderPool(kept_open)
        assert [read(pool, path) for path in paths] == list(range(80))
        # connections may take all that is left: idle files make room
        with suppress(OSError):
            while True:
                kept.append(os.open("/dev/null", os.O_RDONLY))
        if kept:  # else the idle files of the pool are all
            os.close(kept.pop())
        assert [read(pool, path) for path in paths[::-1]] == list(range(80))[::-1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for file in kept:
            os.close(file)
        pool.close()


def test_lent_files_stay_open(make: Callable[[int], list[Path]]) -> None:
    paths, pool, before = make(3), ReaderPool(open_files=1), open_files()
    with pool.borrow(paths[0]) as first, pool.borrow(paths[1]) as second:
        read(pool, paths[2])
        pool.close()
        assert base_values(first, "c", 0, 1) == 0
        assert base_values(second, "c", 0, 1) == 1
    assert open_files() == before


def test_a_replaced_file_is_reopened_and_a_removed_one_reported(tmp_path: Path) -> None:
    path, pool = constant(tmp_path / "t.bw", 1), ReaderPool()
    with pool.borrow(path) as old:
        constant(tmp_path / "new.bw", 2).replace(path)
        assert read(pool, path) == 2
        assert base_values(old, "c", 5, 6) == 1
    path.unlink()
    with pytest.raises(TrackError, match=r"t\.bw can no longer be read"):
        read(pool, path)


def test_threads_share_readers(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    values = random.random((6, 80_000), dtype=np.float32)
    paths = [write_bigwig(tmp_path / f"{at}.bw", {"c": row}) for at, row in enumerate(values)]
    pool = ReaderPool(open_files=2)
    tasks = [(int(at), int(low)) for at, low in random.integers(0, (6, 70_000), (300, 2))]

    def right(task: tuple[int, int]) -> bool:
        at, low = task
        with pool.borrow(paths[at]) as raw:
            found = base_values(raw, "c", low, low + 9_000)
        return np.array_equal(found, values[at, low : low + 9_000])

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(right, tasks))
