"""Tracks that are joined at once: every thread has some, and few files are open."""

from __future__ import annotations

import pytest

from regtrack.sweep import joining


@pytest.mark.parametrize(
    ("count", "cores", "limit", "expected"),
    [
        (919, 1, 1 << 20, (2, 32)),
        (919, 1, 256, (2, 32)),
        (919, 3, 256, (4, 24)),
        (919, 100, 256, (8, 12)),
        (8, 1, 1024, (2, 4)),
        (1, 7, 64, (8, 1)),
    ],
)
def test_groups_cover_all_tracks_within_the_limit(
    count: int, cores: int, limit: int, expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "_files_at_most", lambda: limit)
    monkeypatch.setattr(joining, "cores", lambda: cores)
    assert joining._group_size(count) == expected
    groups = joining._groups(range(count), expected[1])
    assert [marker for group in groups for marker in group] == list(range(count))
    assert max(map(len, groups)) == expected[1]
