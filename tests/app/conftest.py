"""The small labelled genome that every test of the dashboard looks at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from small_world import World, make_world

from app.sources import Sources


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def sources(world: World) -> Iterator[Sources]:
    found = world.open()
    yield found
    found.pool.close()
