"""The resident memory of a block of code."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from regtrack.machine.allocator import release_free
from regtrack.machine.resident import forget_peak, resident_memory, resident_peak


@pytest.mark.skipif(sys.platform != "linux", reason="the peak can be reset on Linux alone")
def test_the_peak_is_that_of_a_block() -> None:
    release_free()
    forget_peak()
    before = resident_memory()
    block = np.ones(40_000_000, dtype=np.uint8)
    taken = resident_peak() - before
    del block
    assert 38_000_000 < taken < 60_000_000
    release_free()
    forget_peak()
    assert resident_peak() - before < 30_000_000
