"""A cache in memory whose size is bounded."""

from __future__ import annotations

import threading

from regtrack.compare.bounded_cache import BoundedCache


def test_the_cache_keeps_the_latest_up_to_its_room() -> None:
    made: list[int] = []
    cache: BoundedCache[bytes] = BoundedCache(100, len)
    for key in (1, 2, 3, 1, 4):
        cache.get(key, lambda key=key: made.append(key) or bytes(30))  # type: ignore[misc]
    assert made == [1, 2, 3, 4]
    assert len(cache) == 3
    cache.get(2, lambda: made.append(2) or bytes(30))
    assert made[-1] == 2


def test_the_cache_keeps_one_however_large() -> None:
    cache: BoundedCache[bytes] = BoundedCache(10, len)
    assert len(cache.get("a", lambda: bytes(50))) == 50
    assert len(cache) == 1


def test_threads_share_a_cache() -> None:
    cache: BoundedCache[int] = BoundedCache(50, lambda _: 1)
    found: list[bool] = []

    def work() -> None:
        found.append(all(cache.get(key, lambda key=key: key * 2) == key * 2 for key in range(200)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4
    assert len(cache) == 50
