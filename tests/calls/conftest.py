"""What the tests of calls share."""

from __future__ import annotations

import pytest
from small_lab import Lab, make_lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A calibrated network, and what it predicts for its genome."""
    return make_lab(tmp_path_factory.mktemp("lab"))
