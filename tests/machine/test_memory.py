"""Work that does not fit into memory is refused."""

from __future__ import annotations

import pytest

from regtrack.errors import OutOfMemoryError
from regtrack.machine import memory
from regtrack.machine.memory import check_memory, usable_memory


def test_work_larger_than_memory_is_refused() -> None:
    check_memory(1 << 20)
    with pytest.raises(OutOfMemoryError, match="smaller `batch_size`"):
        check_memory(1 << 60)


def test_memory_is_the_lowest_limit_of_the_control_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_limits", lambda: iter([5000, 3000, 1 << 62]))
    assert usable_memory() == 3000
    monkeypatch.setattr(memory, "memory_limits", lambda: iter([1 << 62]))
    assert 3000 < usable_memory() < 1 << 62  # the machine's
