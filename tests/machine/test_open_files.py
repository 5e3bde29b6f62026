"""The limit of open files is raised, and never lowered."""

from __future__ import annotations

import resource

import pytest

from regtrack.machine.open_files import allow_open_files


@pytest.mark.parametrize(
    ("limits", "expected"),
    [((256, 1_000), 1_000), ((256, 100_000), 8_192), ((20_000, 20_000), 20_000)],
)
def test_the_limit_is_raised(
    limits: tuple[int, int], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = list(limits)
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(now))
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: now.__setitem__(slice(2), wanted))
    assert allow_open_files() == expected
    assert now[1] == limits[1]


def test_a_refusal_leaves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1_000))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert allow_open_files() == 256
