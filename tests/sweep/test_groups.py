"""Tracks that are joined at once: every thread has some, and few files are open."""

from __future__ import annotations

import pytest

from regtrack.sweep import assemble


@pytest.mark.parametrize(
    ("count", "threads", "limit", "longest"),
    [(919, 2, 1 << 20, 32), (919, 2, 256, 32), (919, 8, 256, 12), (8, 2, 1024, 4), (1, 8, 64, 1)],
)
def test_groups_cover_all_tracks_within_the_limit(
    count: int, threads: int, limit: int, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "_files_at_most", lambda: limit)
    groups = assemble._groups(count, threads)
    assert [marker for group in groups for marker in group] == list(range(count))
    assert max(map(len, groups)) == longest
