"""Threads: results in order, and a signal at any moment ends the wait and every thread."""

from __future__ import annotations

import gc
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from struck_locks import struck

from regtrack.machine.threads import Task, Threads, as_ended, wait_for


class Ended(BaseException):
    """What the handler of a signal raises here."""


@pytest.fixture(params=["SIGINT", "SIGTERM", "SIGHUP"])
def number(request: pytest.FixtureRequest) -> Iterator[int]:
    """A signal whose handler raises `Ended`."""

    def end(_number: int, _frame: object) -> None:
        raise Ended

    number = int(signal.Signals[request.param])
    before = signal.signal(number, end)
    yield number
    signal.signal(number, before)


def squares(pool: Threads, count: int) -> list[int]:
    """Some work by every way that there is to wait for it."""

    def square(value: int) -> int:
        time.sleep(0.001)
        return value * value

    in_order = list(pool.ahead(square, range(count), 2))
    tasks = [pool.submit(square, value) for value in range(count)]
    ended = sorted(task.result() for task in as_ended(tasks))
    wait_for(tasks)
    assert ended == in_order == [task.result() for task in tasks]
    return in_order


def test_a_signal_with_any_lock_taken_ends_all_threads(number: int) -> None:
    before = threading.active_count()
    for lock in range(1_000):
        try:
            with struck(number, lock) as left, Threads(2) as pool:
                squares(pool, 3)
        except Ended:
            assert not left
        else:
            assert left  # no lock is taken so often, so each has been tried
            break
        assert threading.active_count() == before
    assert 20 < lock < 1_000


def test_a_signal_acts_while_work_goes_on(number: int) -> None:
    go_on = threading.Event()
    waits: list[Callable[[Task[bool]], object]] = [
        lambda task: task.result(),
        lambda task: wait_for([task]),
        lambda task: list(as_ended([task])),
    ]
    for wait in waits:
        go_on.clear()
        with pytest.raises(Ended), Threads(1) as pool:
            task = pool.submit(go_on.wait, 60)
            threading.Timer(0.05, signal.pthread_kill, (threading.get_ident(), number)).start()
            try:
                wait(task)
            finally:
                assert not go_on.is_set()
                go_on.set()
        assert task.result()


def test_handlers_are_as_before(number: int) -> None:
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with Threads(2) as pool:
        assert squares(pool, 10) == [value * value for value in range(10)]
    assert handlers == [
        signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    ]


def test_an_error_is_that_of_the_work() -> None:
    done: list[int] = []

    def work(value: int) -> None:
        if value == 1:
            raise ValueError(value)
        done.append(value)

    with pytest.raises(ValueError, match="1"), Threads(1) as pool:
        list(pool.ahead(work, range(100), 50))
    assert 0 in done


def test_what_is_not_begun_is_dropped() -> None:
    begun, go_on = threading.Event(), threading.Event()
    done: list[int] = []

    def work(value: int) -> None:
        begun.set()
        assert go_on.wait(60)
        done.append(value)

    with pytest.raises(KeyError), Threads(1) as pool:
        for value in range(100):
            pool.submit(work, value)
        assert begun.wait(60)
        threading.Timer(0.2, go_on.set).start()
        raise KeyError
    assert done == [0]


def test_an_error_keeps_nothing_alive() -> None:
    held: list[weakref.ref[threading.Event]] = []

    def work(_: int) -> None:
        file = threading.Event()  # as an open file, which must be closed at once
        held.append(weakref.ref(file))
        raise ValueError

    gc.disable()
    try:
        with Threads(1) as pool, suppress(ValueError):
            pool.submit(work, 0).result()
        with Threads(1) as pool, suppress(ValueError):
            list(pool.ahead(work, range(3), 1))
        assert held
        assert [one() for one in held] == [None] * len(held)
    finally:
        gc.enable()


def test_reading_ahead_is_limited() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        return item

    with Threads(1) as pool:
        results = pool.ahead(work, range(50), 2)
        for expected in range(50):
            assert next(results) == expected
            assert len(begun) <= expected + 3


def test_threads_are_prepared_and_used_in_other_threads() -> None:
    prepared: list[str] = []
    found: list[list[int]] = []

    def whole() -> None:
        with Threads(2, lambda: prepared.append(threading.current_thread().name)) as pool:
            found.append(squares(pool, 4))

    other = threading.Thread(target=whole)
    other.start()
    other.join()
    assert found == [[0, 1, 4, 9]]
    assert 1 <= len(set(prepared)) == len(prepared) <= 2
