"""The cache next to a sweep: computed once, and again if an input changes or the file is bad."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from regtrack.compare import cache
from regtrack.compare.cache import FOLDER, Arrays, cached
from regtrack.errors import TrackError


class Counter:
    """Makes arrays, and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Arrays:
        self.calls += 1
        return {"x": np.arange(3), "y": np.array(np.nan)}


@pytest.fixture
def track(tmp_path: Path) -> Path:
    path = tmp_path / "t.bw"
    path.write_bytes(b"1234")
    return path


def test_the_same_question_is_computed_once(tmp_path: Path, track: Path) -> None:
    make = Counter()
    for _ in range(3):
        found = cached(tmp_path, ["q", 1, None], [track], make)
        np.testing.assert_array_equal(found["x"], [0, 1, 2])
        assert np.isnan(found["y"])
    assert make.calls == 1
    cached(tmp_path, ["q", 2, None], [track], make)
    assert make.calls == 2
    track.write_bytes(b"12345")
    cached(tmp_path, ["q", 1, None], [track], make)
    assert make.calls == 3
    assert len(list((tmp_path / FOLDER).iterdir())) == 3


def test_a_bad_file_is_computed_again(tmp_path: Path, track: Path) -> None:
    make = Counter()
    cached(tmp_path, ["q"], [track], make)
    (file,) = (tmp_path / FOLDER).iterdir()
    for content in (b"", b"PK\x03\x04 cut", file.read_bytes()[:100]):
        file.write_bytes(content)
        np.testing.assert_array_equal(cached(tmp_path, ["q"], [track], make)["x"], [0, 1, 2])
    assert make.calls == 4


def test_the_users_cache_is_used_if_the_sweep_is_not_writable(
    tmp_path: Path, track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGTRACK_CACHE", str(tmp_path / "mine"))
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    make = Counter()
    for _ in range(2):
        cached(tmp_path, ["q"], [track], make)
    assert make.calls == 1
    assert len(list((tmp_path / "mine" / "comparison").iterdir())) == 1


def test_old_files_are_removed_when_the_cache_is_full(
    tmp_path: Path, track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Counter()
    cached(tmp_path, [0], [track], make)
    (file,) = (tmp_path / FOLDER).iterdir()
    monkeypatch.setattr(cache, "_ROOM", 3 * file.stat().st_size)
    for number in range(1, 6):
        cached(tmp_path, [number], [track], make)
    assert len(list((tmp_path / FOLDER).iterdir())) == 3
    cached(tmp_path, [5], [track], make)
    assert make.calls == 6


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match=r"gone\.bw can no longer be read; restore it"):
        cached(tmp_path, [], [tmp_path / "gone.bw"], Counter())
